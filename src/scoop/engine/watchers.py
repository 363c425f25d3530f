"""What is called when a future ends: callbacks of the program's, and callers that wait."""

from collections.abc import Callable
from threading import RLock
from typing import Any

from .callbacks import Callback, Deferred, tell_all
from .signal_safety import indivisible

__all__ = ["Watched", "Watcher", "add_watcher", "callbacks_of", "take_watchers", "tell_watchers", "unwatch"]

Watcher = Callable[[Any], None]
"""Is called with the future that has ended."""

_watching = RLock()
"""Guards the watchers of all futures. Reentrant: the collector may close a map, and so cancel, at any moment."""


class Watched:
    """What can be watched. Futures by the million have no watchers: then there is no list either."""

    __slots__ = ("_watchers",)

    _watchers: list[Watcher] | None


@indivisible
def callbacks_of(watched: Watched) -> list[Callback]:
    with _watching:
        return [watcher for watcher in watched._watchers or () if isinstance(watcher, Callback)]


@indivisible
def add_watcher(watched: Watched, watcher: Watcher) -> None:
    """Add a watcher. Only then look whether the future has ended: see watch() in future.py."""
    with _watching:
        if watched._watchers is None:
            watched._watchers = []
        watched._watchers.append(watcher)


@indivisible
def unwatch(watched: Watched, watcher: Watcher) -> None:
    with _watching:
        if watched._watchers is not None and watcher in watched._watchers:
            watched._watchers.remove(watcher)


@indivisible
def take_watchers(watched: Watched) -> list[Watcher]:
    """Take all watchers out: whoever gets them is to tell them, so each is told once."""
    with _watching:
        watchers, watched._watchers = watched._watchers or [], None
    return watchers


def tell_watchers(watched: Watched, deferred: Deferred | None = None) -> None:
    """Tell the watchers of a future that has ended. With ``deferred``, run no code of the program's."""
    watchers = take_watchers(watched)
    # The program's callbacks first: the thread that waits for this future finds them done.
    watchers.sort(key=lambda watcher: not isinstance(watcher, Callback))
    if deferred is not None and watchers and isinstance(watchers[0], Callback):
        deferred.defer(lambda: tell_all(watched, watchers))
    else:
        tell_all(watched, watchers)
