"""Callbacks of the program's, and the place where the I/O thread leaves what it must not run itself."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .. import runtime
from ..process.unasked import forget_failure

__all__ = ["Callback", "Deferred", "tell_all"]

_log = logging.getLogger("scoop.run")


class Callback:
    """A callback of the program's, kept among the watchers of a future."""

    __slots__ = ("function", "group", "universal")

    def __init__(self, function: Callable[[Any], object], universal: bool, group: object) -> None:
        self.function = function
        self.universal = universal
        self.group = group

    def __call__(self, future: object) -> None:
        forget_failure(future)
        try:
            self.function(future)
        except BaseException as error:
            if runtime.has_struck(error):
                raise
            _log.exception("scoop: a callback raised an exception, which is ignored")


def tell_all(future: object, watchers: Sequence[Callable[[Any], object]]) -> None:
    """Call the watchers of a future that has ended."""
    struck: BaseException | None = None
    for watcher in watchers:
        try:
            watcher(future)
        except BaseException as error:  # of a signal handler: the watchers after this one are to be told first
            struck = error
    if struck is not None:
        raise struck


class Deferred(Protocol):
    """Where the I/O thread leaves what it must not do itself, since it runs no code of the program's."""

    def defer(self, call: Callable[[], object]) -> None: ...
    def discard(self, thing: object) -> None: ...
