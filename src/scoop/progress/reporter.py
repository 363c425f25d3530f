"""The loops of a worker's tasks: they are told to the program's process, a few times a second, which shows them."""

import pickle
from collections.abc import Callable
from threading import Event, RLock, Thread
from time import sleep

from ..tuning import TUNING
from .loops import Loop, LoopState, merged
from .run_counts import ProcessCounts

__all__ = ["Reporter", "read_report"]


class Reporter:
    """Tells of loops while some go on, on a thread of its own.

    Parameters:
        who: the name of this process.
        send: takes a report to the program's process.
        counts: counts the tasks of this process, and is told of all the time; None if nothing counts them.
    """

    def __init__(
        self, who: tuple[int, int], send: Callable[[bytes], None], counts: Callable[[], ProcessCounts] | None = None
    ) -> None:
        self._who = who
        self._send = send
        self._counts = counts
        self._loops: list[Loop] = []
        self._wanted = Event()
        self._starting = RLock()
        self._thread: Thread | None = None
        if counts is not None:
            self._go_on()

    def add(self, loop: Loop) -> None:
        """Tell of a loop until it has ended."""
        self._loops.append(loop)
        self._go_on()

    def report(self) -> bytes:
        """Return what is to be told now."""
        states = merged(loop.state() for loop in [*self._loops])
        counts = None if self._counts is None else self._counts()
        return pickle.dumps((self._who, states, counts))

    def _go_on(self) -> None:
        self._wanted.set()
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="scoop-progress", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        last = b""
        while True:
            self._wanted.wait()
            sleep(TUNING.progress_report_seconds)
            self._wanted.clear()
            for loop in [loop for loop in self._loops if loop.is_over()]:
                self._loops.remove(loop)
            report = self.report()
            if report != last or self._loops:
                self._send(report)
            last = report
            if self._loops or self._counts is not None:
                self._wanted.set()


def read_report(body: bytes) -> tuple[tuple[int, int], list[LoopState], ProcessCounts | None]:
    """Return who has sent a report, the loops that it tells of, and what it has counted."""
    who, states, counts = pickle.loads(body)
    return who, states, counts
