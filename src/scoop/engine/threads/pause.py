"""A task that waits for a while, and takes up no worker meanwhile.

In a worker its fiber is set aside, and the thread runs other tasks. One thread wakes all that wait, each at its time.
In the program's own process the thread sleeps, and a helper thread works in its place: so the end of the run waits.
"""

import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from typing import Protocol, cast

from .. import runtime
from ..process.limits import Identity
from ..process.signal_safety import calls_program, indivisible
from .blocking import Threads, WaitPoint

__all__ = ["pause"]


class PausingScheduler(Threads, Protocol):
    """The methods of the scheduler that are needed here."""

    identity: Identity


@calls_program
def pause(seconds: float) -> None:
    """Return after so many seconds."""
    scheduler = cast(PausingScheduler | None, runtime.current)
    if scheduler is None:
        time.sleep(seconds)
        return
    until, point = time.monotonic() + seconds, WaitPoint(scheduler)
    deadline = until if scheduler.identity.is_origin else None
    if deadline is None:
        _alarm.call_at(until, point.notify)
    while time.monotonic() < until:
        point.block(lambda: time.monotonic() >= until, deadline)


class _Alarm:
    """Makes calls at their times, on a thread of its own, which is started when it is first needed."""

    def __init__(self) -> None:
        self._calls: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()
        self._changed = Condition()
        self._thread: Thread | None = None

    @indivisible
    def call_at(self, moment: float, call: Callable[[], object]) -> None:
        with self._changed:
            heappush(self._calls, (moment, next(self._numbers), call))
            if self._thread is None:
                self._thread = Thread(target=self._serve, name="scoop-alarm", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _serve(self) -> None:
        while True:
            for call in self._wait():
                call()

    @indivisible
    def _wait(self) -> list[Callable[[], object]]:
        """Wait for the first call, or another one; return those whose time has come."""
        with self._changed:
            seconds = self._calls[0][0] - time.monotonic() if self._calls else None
            if seconds is None or seconds > 0:
                self._changed.wait(seconds)
            found = []
            while self._calls and self._calls[0][0] <= time.monotonic():
                found.append(heappop(self._calls)[2])
            return found


_alarm = _Alarm()
