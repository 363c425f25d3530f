"""A warning that strangers can cause as often as they like: said at once, and then at most once a minute."""

from collections.abc import Callable
from typing import Protocol

__all__ = ["CallLater", "RepeatedWarning"]


class _Timer(Protocol):
    def cancel(self) -> object: ...


CallLater = Callable[[float, Callable[[], None]], _Timer]
"""Calls a function after so many seconds, as the event loop does."""


class RepeatedWarning:
    """Says the first warning at once. Of those that follow, it says the last one and how many there were.

    ``say`` takes the text; ``call_later`` tells when ``seconds`` have passed since something was said.
    """

    def __init__(self, say: Callable[[str], None], call_later: CallLater, seconds: float) -> None:
        self._say = say
        self._call_later = call_later
        self._seconds = seconds
        self._timer: _Timer | None = None
        self._last = ""
        self._count = 0  # not said yet

    def warn(self, text: str) -> None:
        self._last = text
        self._count += 1
        if self._timer is None:
            self._tell()

    def close(self) -> None:
        """Say what has not been said yet."""
        if self._timer is not None:
            self._timer.cancel()
        if self._count:
            self._say(self._text())
            self._count = 0

    def _tell(self) -> None:
        self._timer = None
        if self._count:
            self._say(self._text())
            self._count = 0
            self._timer = self._call_later(self._seconds, self._tell)

    def _text(self) -> str:
        return (
            self._last
            if self._count == 1
            else f"{self._last} ({self._count} more like this since the last one was printed)"
        )
