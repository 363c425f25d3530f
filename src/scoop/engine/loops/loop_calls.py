"""Calls that other threads have for an event loop of asyncio."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

__all__ = ["EventLoop", "LoopCalls"]


class EventLoop(Protocol):
    """The methods of an event loop that are needed here."""

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object: ...


class LoopCalls:
    """Has calls made by an event loop, from any thread. It is woken once for all that come together."""

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._calls: deque[Callable[[], object]] = deque()
        self._is_woken = False

    def add(self, call: Callable[[], object]) -> None:
        """Have the loop make ``call`` soon. Nothing happens if the loop is closed."""
        # The thread that adds puts the call in place first and looks whether the loop is woken second. The loop does
        # these in the other order. So at least one of the two sees the other.
        self._calls.append(call)
        if not self._is_woken:
            self._is_woken = True
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._make)

    def _make(self) -> None:
        self._is_woken = False
        while self._calls:
            self._calls.popleft()()
