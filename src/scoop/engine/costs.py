"""What calls took lately, by function: so that a map need not find out anew how long its items are."""

from functools import partial
from typing import Any

__all__ = ["Costs"]

MOST = 1024
"""Functions that are remembered; then all are forgotten, which costs a map each."""


class Costs:
    """Seconds a call, of functions that were mapped in this process."""

    def __init__(self) -> None:
        self._seconds: dict[Any, float] = {}

    def of(self, function: Any) -> float | None:
        """Return what a call of ``function`` took; None if that is not known."""
        return self._seconds.get(_code_of(function))

    def note(self, function: Any, seconds: float) -> None:
        """Remember what a call of ``function`` took, on average, a moment ago."""
        if len(self._seconds) >= MOST:
            self._seconds.clear()
        self._seconds[_code_of(function)] = seconds


def _code_of(function: Any) -> Any:
    """Return what is the same for all functions that run the same code, and keeps none of their data alive."""
    while isinstance(function, partial):
        function = function.func
    function = getattr(function, "__func__", function)
    return getattr(function, "__code__", type(function))
