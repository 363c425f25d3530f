"""The results of a map for ``async for``: see futures.amap, which alone imports this, since it needs asyncio."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from time import monotonic
from typing import Any, TypeVar

from ..engine.loops.loop_waits import LoopScheduler, LoopWaits, loop_waits
from ..engine.tasks.async_function import is_async
from .consumer import Source

__all__ = ["AsyncResults", "serially"]

T = TypeVar("T")


class AsyncResults(AsyncIterator[T]):
    """The results of a map that goes on, as they are there. Waiting for them does not block the event loop.

    When it is closed, or forgotten, or a wait for it is cancelled, nothing more of the map begins.
    """

    def __init__(self, scheduler: LoopScheduler, source: Source, deadline: float | None) -> None:
        self._scheduler = scheduler
        self._source = source
        self._deadline = deadline
        self._lists = source.results(deadline)
        self._at_hand: deque[T] = deque()

    async def __anext__(self) -> T:
        while not self._at_hand:
            try:
                if not self._source.is_over():
                    await self._arrival()
                found = next(self._lists, None)
            except BaseException:
                self._close()
                raise
            if found is None:
                raise StopAsyncIteration
            self._at_hand.extend(found)
        return self._at_hand.popleft()

    async def aclose(self) -> None:
        """Cancel what has not begun."""
        self._close()

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        self._at_hand.clear()
        self._lists.close()
        self._source.cancel()

    async def _arrival(self) -> None:
        """Return when there are results, or the deadline has passed."""
        waits = loop_waits(self._scheduler)
        point = _LoopPoint(waits)
        self._source.tell(point)
        waits.begin()
        try:
            while not (self._source.is_over() or _has_passed(self._deadline)):
                await point.wait(self._seconds_to_wait())
                self._source.collect_finished()
        finally:
            waits.end()

    def _seconds_to_wait(self) -> float | None:
        left = None if self._deadline is None else self._deadline - monotonic()
        return min((each for each in (left, self._source.looks_every_seconds) if each is not None), default=None)


async def serially(func: Callable[..., Any], iterables: Iterable[Iterable[Any]]) -> AsyncIterator[Any]:
    """Yield what ``func`` returns for each row, where there are no workers."""
    for row in zip(*iterables, strict=False):
        yield await func(*row) if is_async(func) else func(*row)


class _LoopPoint:
    """Where a coroutine waits until something has happened: what WaitPoint is for other callers."""

    def __init__(self, waits: LoopWaits) -> None:
        self._waits = waits
        self._event = asyncio.Event()
        self.is_awaited = True  # or may be soon

    def notify(self) -> None:
        """Wake the coroutine. Callable from any thread."""
        self._waits.calls.add(self._event.set)

    def block(self, *_: Any, **__: Any) -> None:
        """Never block the thread: results are at hand when they are asked for."""

    async def wait(self, seconds: float | None) -> None:
        """Return when it was notified since the last time, or after ``seconds``."""
        timer = seconds is not None and asyncio.get_running_loop().call_later(seconds, self._event.set)
        try:
            await self._event.wait()
        finally:
            self._event.clear()
            if timer:
                timer.cancel()


def _has_passed(deadline: float | None) -> bool:
    return deadline is not None and deadline <= monotonic()
