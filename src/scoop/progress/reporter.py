"""The loops of a worker's tasks: they are told to the program's process, a few times a second, which shows them."""

import pickle
from collections.abc import Callable
from threading import Event, RLock, Thread
from time import sleep

from ..tuning import TUNING
from .loops import Loop, LoopState
from .shown import merged

__all__ = ["Reporter", "read_report"]


class Reporter:
    """Tells of loops while some go on, on a thread of its own.

    Parameters:
        who: the name of this process.
        send: takes a report to the program's process.
    """

    def __init__(self, who: tuple[int, int], send: Callable[[bytes], None]) -> None:
        self._who = who
        self._send = send
        self._loops: list[Loop] = []
        self._wanted = Event()
        self._starting = RLock()
        self._thread: Thread | None = None

    def add(self, loop: Loop) -> None:
        """Tell of a loop until it has ended."""
        self._loops.append(loop)
        self._wanted.set()
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="scoop-progress", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            sleep(TUNING.progress_report_seconds)
            self._wanted.clear()
            for loop in [loop for loop in self._loops if loop.is_over()]:
                self._loops.remove(loop)
            self._report()
            if self._loops:
                self._wanted.set()

    def _report(self) -> None:
        states = merged(loop.state() for loop in [*self._loops])
        self._send(pickle.dumps((self._who, [tuple(state) for state in states])))


def read_report(body: bytes) -> tuple[object, list[LoopState]]:
    """Return who has sent a report, and the loops that it tells of."""
    who, states = pickle.loads(body)
    return who, [LoopState(*state) for state in states]
