"""The fibers (greenlets) of one thread: which one runs, which ones wait, and which one goes on when.

A caller that waits for something elsewhere *suspends*: its fiber is set aside with its whole stack, and a *runner*
fiber goes on with other work on the same thread. The thread that ends what the caller waits for *resumes* it: puts it
in line, and the next runner that is between two tasks switches to it.
"""

from _contextvars import Context, copy_context
from collections import deque
from collections.abc import Callable
from typing import Protocol

from greenlet import GreenletExit, getcurrent, greenlet

from ..process.signal_safety import indivisible
from .frame_room import with_room_for_frames
from .streams import Streams
from .task_context import leave_event_loop, reenter_event_loop

__all__ = ["LONGEST_SLEEP", "Fibers", "Suspension", "WakeEvent"]

SPARE_RUNNERS = 8
"""Runners kept for reuse: making one costs about 8 us, taking one up again 0.4 us; each keeps some 20 KB."""

LONGEST_SLEEP = 1.0
"""Seconds that a thread sleeps at a time. Python sees a signal that came just as it fell asleep when it wakes."""


class WakeEvent(Protocol):
    """How a thread sleeps when there is nothing to do: see ThreadEvent; the simulation has its own."""

    def sleep(self, timeout: float | None = None) -> None: ...
    def set(self) -> None: ...


def _always() -> bool:
    return True


class Suspension:
    """One suspension of one fiber. It is resumed at most once, however many threads wake it.

    Parameters:
        fibers: of its thread.
        is_over: whether the fiber has something to do when it is resumed. False for one that only would sleep again.
        deadline: the moment at which that changes; None if it is only changed by a nudge.
    """

    __slots__ = ("asleep", "deadline", "fiber", "fibers", "is_over")

    def __init__(
        self, fibers: "Fibers", is_over: Callable[[], bool] = _always, deadline: float | None = None
    ) -> None:
        self.fibers = fibers
        self.fiber = getcurrent()
        self.asleep = False
        self.is_over = is_over
        self.deadline = deadline

    @indivisible  # a finalizer that waited here, on the same fiber, would take the wake-up that is meant for it
    def suspend(self) -> None:
        """Leave the thread to others until ``wake`` is called; return when it is this fiber's turn again."""
        self.asleep = True
        try:
            self.fibers.switch_away()
        finally:
            self.asleep = False  # also when an exception was thrown in: no runner may resume this fiber twice

    def wake(self) -> None:
        """Put the suspended fiber in line. Callable from any thread, any number of times."""
        self.fibers.in_line.append(self)
        self.fibers.nudge()


class Fibers:
    """The fibers of one thread, and its sleep.

    ``step`` is what a runner does between switches: run one task, or sleep.
    """

    def __init__(self, event: WakeEvent, step: Callable[["Fibers"], None]) -> None:
        self.event = event
        self.in_line: deque[Suspension] = deque()  # suspended fibers that can go on
        self.sleeping = False
        self.resume_soon: Callable[[], object] | None = None  # while coroutines wait in an event loop of this thread
        self.suspended = 0
        self.closed = False  # the program has ended: runners that are unwound stop
        self._step = step
        self._streams = Streams()
        self._spares: list[greenlet] = []
        self.native = getcurrent()
        # A greenlet starts with the recursion depth of the one that starts it. The starter is started here, where
        # the stack is shallow, and starts all runners: so each has the whole recursion limit to itself.
        self._starter = greenlet(self._start_runners)
        self._starter.switch()

    @indivisible
    def switch_away(self) -> None:
        """Set the current fiber aside and let a runner take the thread."""
        if self.closed:
            raise GreenletExit  # no runner would ever come back to this fiber: unwind it
        self.suspended += 1
        loop, streams = leave_event_loop(), self._streams.leave()
        try:
            (self._spares.pop() if self._spares else self._starter).switch()
        finally:
            self._streams.enter(streams)
            reenter_event_loop(loop)
            self.suspended -= 1

    @indivisible
    def give_way(self, is_over: Callable[[], bool] = _always, deadline: float | None = None) -> None:
        """Let those in line go on first: only this thread can resume them, and the caller may wait for them.

        A caller that is about to sleep again says what its sleep is for: see Suspension. Of several such callers on
        one thread the last one sleeps for all. Else they would give way to each other all the time.
        """
        if self.in_line:
            suspension = Suspension(self, is_over, deadline)
            self.in_line.append(suspension)
            suspension.suspend()

    def context(self) -> Context:
        """Return a copy of the thread's own context variables: tasks see what the program has set at its top."""
        try:
            found = self.native.gr_context
        except ValueError:  # it runs, in another thread than the caller's
            found = None
        return copy_context() if found is None else found.copy()

    def nudge(self) -> None:
        """Wake the thread if it sleeps. Callable from any thread."""
        # The sleeper sets the flag first and looks for work second; the thread that brings work puts it in place
        # first and reads the flag second. So at least one of the two sees the other.
        if self.sleeping:
            self.event.set()
        elif self.resume_soon is not None:
            self.resume_soon()

    def first_deadline(self, deadline: float | None) -> float | None:
        """Return the earliest of ``deadline`` and those of the fibers in line; None if there is none."""
        known = [deadline, *(each.deadline for each in self.in_line.copy())]
        return min((each for each in known if each is not None), default=None)

    def sleep_unless(self, work: Callable[[], object], timeout: float | None = None) -> None:
        """Sleep until nudged or for ``timeout`` seconds, unless a fiber in line can go on or ``work()`` is true."""
        self.sleeping = True
        try:
            if not any(each.is_over() for each in self.in_line.copy()) and not work():
                self.event.sleep(timeout)
        finally:
            self.sleeping = False

    def sleep_again(self) -> None:
        """Have a sleep look anew that was broken into by another wait, which may have taken its wake-up."""
        self.sleeping = True
        self.event.set()

    def end(self) -> None:
        """End the fibers that wait to be used again, where a process goes on without their thread, which calls."""
        me = getcurrent()
        for fiber in {*self._spares, self._starter} - {me}:  # the caller is among them where another has ended last
            if not fiber.dead:
                fiber.parent = me  # where it goes when it ends
                fiber.throw()

    def run_forever(self) -> None:
        """Be a runner on the current stack: what a worker's main thread does, all its life."""
        self._run()

    def _start_runners(self) -> None:
        self.native.switch()
        while not self.closed:
            runner = greenlet(self._run)
            runner.gr_context = self.context()
            runner.switch()

    @with_room_for_frames
    def _run(self) -> None:
        me = getcurrent()
        goes_on = True
        while goes_on and not self.closed:
            try:
                while not self.in_line and not self.closed:
                    self._streams.look()
                    self._step(self)
            except GreenletExit:
                raise
            except BaseException as error:  # a signal's: meant for the program, whichever fiber ran when it came
                if me is self.native:
                    raise
                self._spares.append(me)
                self.native.throw(error)
                continue
            goes_on = self._resume_next(me)

    @indivisible
    def _resume_next(self, me: greenlet) -> bool:
        """Have the first fiber in line go on in place of this runner; return whether this one is kept for reuse."""
        suspension = self.in_line.popleft() if self.in_line else None
        if suspension is None or not suspension.asleep:
            return True
        suspension.asleep = False
        if len(self._spares) >= SPARE_RUNNERS and me is not self.native:
            me.parent = suspension.fiber  # where a greenlet goes when it ends
            return False
        self._spares.append(me)
        suspension.fiber.switch()
        return True
