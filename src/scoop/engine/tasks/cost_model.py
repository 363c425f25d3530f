"""How long calls of each function took lately, and how much data they carried: a new map begins with these."""

from functools import partial
from types import FunctionType, MethodType
from typing import Any

from ...tuning import TUNING
from ...wire.wrapper import Wrapper
from .async_function import AsyncFunction

__all__ = ["CostModel"]

_TINY = TUNING.tiny_task_seconds

MOST = 1024
"""Functions that are remembered; then all are forgotten, which costs a map each."""


class CostModel:
    """Seconds a call, and bytes, of functions that were mapped in this process."""

    def __init__(self) -> None:
        self._seconds: dict[Any, float] = {}
        self._bytes: dict[Any, float] = {}
        self._tiny: set[Any] = set()

    def is_tiny(self, function: Any) -> bool:
        """Return whether a call of ``function`` is known to take less than it would cost to give it away."""
        return _code_of(function) in self._tiny

    def seconds(self, function: Any) -> float | None:
        """Return what a call of ``function`` took; None if that is not known."""
        return self._seconds.get(_code_of(function))

    def note_seconds(self, function: Any, seconds: float) -> None:
        """Remember what a call of ``function`` took, on average, a moment ago."""
        self._note(_code_of(function), seconds)

    def note_call(self, function: Any, seconds: float) -> None:
        """Remember what one call took. Calls of a function differ: one that was long counts for a while."""
        code = _code_of(function)
        if seconds < _TINY and code in self._tiny:
            return  # by how much is of no interest
        known = self._seconds.get(code)
        if known is not None and seconds < 0.9 * known:
            seconds = 0.9 * known
        if known is None or (known < _TINY) != (seconds < _TINY):
            self._note(code, seconds)
        else:
            self._seconds[code] = seconds

    def _note(self, code: Any, seconds: float) -> None:
        if code not in self._seconds and len(self._seconds) >= MOST:
            self._seconds.clear()
            self._bytes.clear()
            self._tiny.clear()
        self._seconds[code] = seconds
        if seconds < _TINY:
            self._tiny.add(code)
        else:
            self._tiny.discard(code)

    def bytes(self, function: Any) -> float:
        """Return how many bytes a call of ``function`` took with it, or brought back; 0 if it never went anywhere."""
        return self._bytes.get(_code_of(function), 0.0)

    def note_bytes(self, function: Any, size: float) -> None:
        """Remember that a call of ``function`` took so many bytes with it, or brought them back: the most counts."""
        code = _code_of(function)
        if size > self._bytes.get(code, 0.0):
            self._bytes[code] = size


def _code_of(function: Any) -> Any:
    """Return what is the same for all functions that run the same code, and keeps none of their data alive.

    By types alone: the I/O thread calls, and an attribute of a callable object may be code of the program's.
    """
    if type(function) is FunctionType:
        return function.__code__  # most often
    while type(function) in (partial, AsyncFunction):
        function = function.func
    if type(function) is MethodType:
        function = function.__func__
    if isinstance(function, Wrapper):
        return _code_of(function.function)
    return function.__code__ if type(function) is FunctionType else type(function)
