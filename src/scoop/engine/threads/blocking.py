"""How a caller waits until something has happened: by setting its fiber aside, or by letting its thread sleep.

no deadline, on a thread that runs tasks      the fiber is suspended, and the thread does other work
a deadline, or a thread of the program's own  the thread sleeps, and a helper thread works in its place
the program itself, and results are to come   likewise: a thread that runs a task of a second cannot deliver
to it as they arrive                          what comes meanwhile
"""

from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager
from sys import _getframe
from time import monotonic
from typing import Protocol

from greenlet import greenlet

from ...errors import FinalizerError, describe
from ..process import instruments
from ..process.signal_safety import indivisible, interrupts_scoop
from .deadlock import Awaited, Wait, refuse_deadlock
from .fibers import LONGEST_SLEEP, Fibers, Suspension, WakeEvent

__all__ = ["LONGEST_TIMEOUT", "FindAwaited", "Threads", "WaitPoint", "deadline_after"]

LONGEST_TIMEOUT = 1e8
"""Seconds, three years: what a longer timeout is taken for, since clocks and locks do not count further."""

FindAwaited = Callable[[], Sequence[Awaited]]


def deadline_after(timeout: float | None) -> float | None:
    """Return the moment ``timeout`` seconds from now; None, no limit, stays None."""
    try:
        return None if timeout is None else monotonic() + min(max(timeout, 0), LONGEST_TIMEOUT)
    except TypeError:
        raise TypeError(f"timeout must be seconds or None, not {describe(timeout)}") from None


class Threads(Protocol):
    """What a wait needs to know of the threads of its process."""

    @property
    def waits(self) -> MutableMapping[greenlet, Wait]: ...
    def fibers_here(self) -> Fibers | None: ...
    def new_event(self) -> WakeEvent: ...
    def covered(self, fibers: Fibers | None) -> AbstractContextManager[None]: ...
    def start_helper_if_stuck(self) -> None: ...
    def is_program(self, fibers: Fibers | None) -> bool: ...
    def is_io_thread(self) -> bool: ...


class WaitPoint:
    """Where one caller waits, again and again. ``threads``: of this process."""

    def __init__(self, threads: Threads) -> None:
        self.awaited: FindAwaited = tuple
        self._threads = threads
        self._wake: Callable[[], None] = _already_awake

    @property
    def is_awaited(self) -> bool:
        """Whether the caller waits, or is about to: then it looks once more after this has become true."""
        return self._wake is not _already_awake

    def notify(self) -> None:
        """Wake the caller, if it waits. Callable from any thread."""
        self._wake()

    def block(
        self,
        ready: Callable[[], object],
        deadline: float | None = None,
        prompt: bool = False,
        awaited: FindAwaited = tuple,
    ) -> None:
        """Wait until notified, or until the ``deadline``, unless ``ready()`` is true. May return early.

        ``prompt``: the program itself is not to run tasks meanwhile, but to go on as soon as it is notified.
        ``awaited``: returns what the wait is for, for the detection of deadlocks.
        """
        threads, fibers = self._threads, self._threads.fibers_here()
        if threads.is_io_thread() or interrupts_scoop(_getframe()):
            raise FinalizerError  # only a finalizer waits there: no code of ours does
        listener = instruments.listener
        run = None if listener is None else listener.suspended()
        within_sleep = fibers is not None and fibers.sleeping  # a finalizer's wait, or a signal handler's
        self.awaited = awaited
        try:
            if deadline is None and fibers is not None and not (prompt and threads.is_program(fibers)):
                self._suspend(fibers, ready)
            else:
                self._sleep(fibers, ready, deadline)
        finally:
            self._wake, self.awaited = _already_awake, tuple  # or the caller and this keep each other alive
            if listener is not None:
                listener.resumed(run)
            if fibers is not None and within_sleep:
                fibers.sleep_again()

    @indivisible
    def _suspend(self, fibers: Fibers, ready: Callable[[], object]) -> None:
        suspension = Suspension(fibers)
        self._wake = suspension.wake
        self._threads.waits[suspension.fiber] = self
        try:
            if not ready():
                refuse_deadlock(self._threads.waits)
                suspension.suspend()
        finally:
            del self._threads.waits[suspension.fiber]

    def _sleep(self, fibers: Fibers | None, ready: Callable[[], object], deadline: float | None) -> None:
        if _has_passed(deadline):
            if fibers is not None:
                fibers.give_way()
            return
        with self._threads.covered(fibers):
            if fibers is None:
                event = self._threads.new_event()
                self._wake = event.set
                while not ready() and (deadline is None or monotonic() < deadline):
                    event.sleep(_seconds_until(deadline))
                    self._threads.start_helper_if_stuck()
            else:
                self._wake = fibers.nudge
                self._sleep_in_turn(fibers, lambda: bool(ready()) or _has_passed(deadline), deadline)

    def _sleep_in_turn(self, fibers: Fibers, is_over: Callable[[], bool], deadline: float | None) -> None:
        while not is_over():
            fibers.sleep_unless(is_over, _seconds_until(fibers.first_deadline(deadline)))
            fibers.give_way(is_over, deadline)
            self._threads.start_helper_if_stuck()


def _has_passed(deadline: float | None) -> bool:
    return deadline is not None and deadline <= monotonic()


def _seconds_until(deadline: float | None) -> float:
    """Return how long to sleep at a time: no longer than until the next look at the helper threads."""
    left = LONGEST_SLEEP if deadline is None else deadline - monotonic()
    return max(0.0, min(left, LONGEST_SLEEP))


def _already_awake() -> None:
    """Stand in for the wake-up call of a caller that does not wait."""
