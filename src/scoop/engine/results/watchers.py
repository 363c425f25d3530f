"""What is called when a future ends: callbacks of the program's, callers that wait, and links to other futures."""

from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any, Generic

from ..process.signal_safety import indivisible
from .callbacks import Callback, Deferred, tell_all
from .result_type import T

__all__ = ["Link", "T", "Watched", "Watcher", "add_watcher", "callbacks_of", "tell_watchers", "unwatch"]

Watcher = Callable[[Any], None]
"""Is called with the future that has ended."""

_watching = RLock()
"""Guards the watchers of all futures. Reentrant: the collector may close a map, and so cancel, at any moment."""


class Link:
    """A watcher through which the end of one future may bring that of another."""

    __slots__ = ()

    def _follow(self, ended: Any, deferred: Deferred | None) -> "Watched | None":
        """Hear that a future has ended; return the one that has ended of it, whose watchers are to be told, too.

        With ``deferred``, runs no code of the program's.
        """
        raise NotImplementedError


class Watched(Link, Generic[T]):
    """An object that can be watched, and may be a link itself: a task is among the watchers of what it waits for.

    Most futures have no watchers, so they have no list of them either.
    """

    __slots__ = ("_watchers",)

    _watchers: "list[Watcher | Link] | None"


@indivisible
def callbacks_of(watched: Watched) -> list[Callback]:
    with _watching:
        return [watcher for watcher in watched._watchers or () if isinstance(watcher, Callback)]


@indivisible
def add_watcher(several: Iterable[Watched], watcher: Watcher | Link) -> None:
    """Add a watcher to each of several. Only then look which of them have ended: see watch() in future.py."""
    with _watching:
        for watched in several:
            if (watchers := watched._watchers) is None:
                watched._watchers = [watcher]
            else:
                watchers.append(watcher)


@indivisible
def unwatch(watched: Watched, watcher: Watcher) -> None:
    with _watching:
        if watched._watchers is not None and watcher in watched._watchers:
            watched._watchers.remove(watcher)


@indivisible
def _take_watchers(watched: Watched) -> list[Watcher | Link]:
    """Take all watchers out. The caller is to tell them, so each is told once."""
    with _watching:
        watchers, watched._watchers = watched._watchers or [], None
    return watchers


def tell_watchers(watched: Watched, deferred: Deferred | None = None) -> None:
    """Tell the watchers of a future that has ended. With ``deferred``, run no code of the program's.

    Links come first, and the futures that end of this one: in a loop, since a chain of them may have any length.
    """
    others: dict[Watched, list[Watcher]] = {}
    ended = [watched]
    for one in ended:  # which grows meanwhile
        for watcher in _take_watchers(one):
            if not isinstance(watcher, Link):
                others.setdefault(one, []).append(watcher)
            elif (further := watcher._follow(one, deferred)) is not None:
                ended.append(further)
    for one, watchers in others.items():
        _tell(one, watchers, deferred)


def _tell(watched: Watched, watchers: list[Watcher], deferred: Deferred | None) -> None:
    # The program's callbacks first: the thread that waits for this future finds them done.
    watchers.sort(key=lambda watcher: not isinstance(watcher, Callback))
    if deferred is not None and isinstance(watchers[0], Callback):
        deferred.defer(lambda: tell_all(watched, watchers))
    else:
        tell_all(watched, watchers)
