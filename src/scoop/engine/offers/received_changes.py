"""Changes that the program has made since a worker imported it. The worker makes them, too, before its next task."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import Any

from ...errors import in_words
from ...wire import codec, main_classes
from ...wire.messages import EVERYWHERE, Message
from .. import runtime
from ..process.signal_safety import calls_program, indivisible
from ..travel.main_globals import AS_IMPORTED, CHANGED, DELETED
from ..travel.reloads import RELOADED, reload
from .everywhere import answer

__all__ = ["ReceivedChanges"]

_log = logging.getLogger("scoop.run")

_NOTHING = object()


class ReceivedChanges:
    """Globals of the main script, and modules that were loaded anew: what has come and is not done yet."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self.calls: dict[str, bytes] = {}
        """The same of calls that each worker makes: see everywhere.py."""
        self._send = send
        self.waiting: dict[str, bytes] = {}
        """By the names of the constants that they have come as, their pickles."""
        self._imports: dict[str, Any] = {}  # what the globals were that the program has changed
        self._lock = RLock()

    def note(self, constant: str, data: bytes) -> None:
        """Take in a constant, if it tells of a change. The I/O thread calls."""
        if constant.startswith(EVERYWHERE):
            self.calls[constant] = data
        elif constant.startswith((CHANGED, RELOADED)):
            self.waiting[constant] = data

    @calls_program
    def apply(self) -> None:
        """Do all that has come. Called by the thread that is to run a task, before that begins."""
        for constant, data in [*self.waiting.items()]:
            if constant.startswith(RELOADED):
                self._end(constant, data)
                reload(constant.removeprefix(RELOADED))
            else:
                self._bind(constant, data)
        while self.calls:
            with suppress(KeyError):  # another thread was faster
                self._send(answer(*self.calls.popitem()))

    def _bind(self, constant: str, data: bytes) -> None:
        name = constant.removeprefix(CHANGED)
        try:
            value = _NOTHING if data in (AS_IMPORTED, DELETED) else codec.loads(data)
        except BaseException as problem:  # the program's code may raise anything
            if runtime.has_struck(problem):
                raise
            self._end(constant, data)
            words = "scoop: the global %r of the main script could not be rebuilt on a worker (%s)"
            _log.warning(words, name, in_words(problem))
        else:
            self._end(constant, data, (name, value))

    @indivisible
    def _end(self, constant: str, data: bytes, bound: tuple[str, Any] | None = None) -> None:
        """Wait no more for a change, and bind a global, unless something newer has come meanwhile."""
        with self._lock:
            if self.waiting.get(constant) is data:
                del self.waiting[constant]
                if bound is not None:
                    self._set(*bound, put_back=data == AS_IMPORTED)

    def _set(self, name: str, value: Any, put_back: bool) -> None:
        before = self._imports.setdefault(name, main_classes.value_at(name, _NOTHING))
        if put_back:
            value = before
        if value is _NOTHING:
            main_classes.unbind(name)
        else:
            main_classes.bind(name, value)
