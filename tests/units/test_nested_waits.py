"""A wait that a finalizer begins within another wait of the same thread takes no wake-up of the outer one."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import monotonic

import pytest
from greenlet import greenlet

from scoop.engine.threads.blocking import WaitPoint
from scoop.engine.threads.deadlock import Wait
from scoop.engine.threads.fibers import Fibers
from scoop.errors import FinalizerError

LONG = 1000.0


class Event:
    """What a thread sleeps on. A sleep that no thread has ended beforehand would last for ever."""

    def __init__(self) -> None:
        self._is_set = False

    def sleep(self, timeout: float | None = None) -> None:  # noqa: ARG002
        """Return, if the event was set."""
        assert self._is_set, "the thread sleeps, and its wake-up was taken by another wait"
        self._is_set = False

    def set(self) -> None:
        self._is_set = True


def _no_step(_: Fibers) -> None:
    raise AssertionError("the fiber was suspended")


class Threads:
    """A process with one thread."""

    def __init__(self) -> None:
        self.fibers = Fibers(Event(), _no_step)
        self.waits: dict[greenlet, Wait] = {}

    def fibers_here(self) -> Fibers:
        return self.fibers

    def new_event(self) -> Event:
        return Event()

    def covered(self, fibers: Fibers | None) -> AbstractContextManager[None]:  # noqa: ARG002
        return nullcontext()

    def start_helper_if_stuck(self) -> None: ...

    def is_program(self, fibers: Fibers | None) -> bool:  # noqa: ARG002
        return False

    def is_io_thread(self) -> bool:
        return False


def once(call: Callable[[], object], at: int) -> Callable[[], bool]:
    """Return a condition that makes the call when it is looked at for the so many-th time, as a finalizer would."""
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == at:
            call()
        return False

    return look


def test_a_sleep_that_was_broken_into_looks_anew() -> None:
    threads = Threads()
    outer, inner = WaitPoint(threads), WaitPoint(threads)
    ended: list[str] = []

    def both_end() -> bool:
        """Have both waits end as the inner one falls asleep: one wake-up comes for the two."""
        if ended:
            return True
        if threads.fibers.sleeping and inner_looks() > 1:
            ended.append("both")
            outer.notify()
        return False

    looks = 0

    def inner_looks() -> int:
        nonlocal looks
        looks += 1
        return looks

    finalizer = once(lambda: inner.block(both_end, monotonic() + LONG), at=2)  # within the look before the sleep

    def outer_ended() -> bool:
        before = bool(ended)
        finalizer()
        return before

    outer.block(outer_ended, monotonic() + LONG)
    assert ended


def test_no_wait_begins_while_a_fiber_is_being_suspended() -> None:
    threads = Threads()

    def inner() -> None:
        with pytest.raises(FinalizerError):
            WaitPoint(threads).block(lambda: False)
        raise InterruptedError  # that is all

    with pytest.raises(InterruptedError):
        WaitPoint(threads).block(once(inner, at=1))
    assert not threads.waits
