"""The greenlets of one thread: who runs, who waits, and who goes on when.

A caller that waits for what is elsewhere *suspends*: its greenlet is set aside with its whole stack, and a
*runner* greenlet goes on with other work on the same thread. Whoever ends what it waits for, in any thread,
*resumes* it: puts it in line, and the next runner that is between two tasks switches to it.
"""

from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Protocol

from greenlet import GreenletExit, getcurrent, greenlet

__all__ = ["NAP", "Bell", "Hub", "Sleeper"]

SPARE_RUNNERS = 8
"""Runners kept for reuse: making one costs about 8 us, taking one up again 0.4 us; each keeps some 20 KB."""

NAP = 1.0
"""Seconds that a thread sleeps at a time: a signal that came just as it fell asleep, python sees when it wakes."""


class Bell(Protocol):
    """How a thread sleeps when there is nothing to do: see ThreadBell; the simulation has its own."""

    def sleep(self, timeout: float | None = None) -> None:
        """Sleep until rung, or for ``timeout`` seconds. A ring that came first is not lost."""

    def ring(self) -> None:
        """Wake the sleeper, or spare it its next sleep."""


class Sleeper:
    """One suspension of one greenlet. It is resumed at most once, however many threads ring for it."""

    __slots__ = ("asleep", "greenlet", "hub")

    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self.greenlet = getcurrent()
        self.asleep = False

    def suspend(self) -> None:
        """Leave the thread to others until ``wake`` is called; return when it is our turn again."""
        self.asleep = True
        try:
            self.hub.switch_away()
        finally:
            self.asleep = False  # also when KeyboardInterrupt was thrown in: nobody is to resume us twice

    def wake(self) -> None:
        """Put the suspended greenlet in line. Callable from any thread, any number of times."""
        self.hub.in_line.append(self)
        self.hub.nudge()


class Hub:
    """The greenlets of one thread, and its sleep.

    ``step`` is what a runner does between switches: run one task, or sleep.
    """

    def __init__(self, bell: Bell, step: Callable[["Hub"], None]) -> None:
        self.bell = bell
        self.in_line: deque[Sleeper] = deque()  # suspended greenlets that can go on
        self.sleeping = False
        self.suspended = 0
        self.closed = False  # the program has ended: runners that are unwound stop
        self._step = step
        self._spares: list[greenlet] = []
        self._native = getcurrent()
        # A greenlet starts with the recursion depth of whoever starts it. The breeder is started here, where
        # the stack is shallow, and starts all runners: so every one has the whole recursion limit to itself.
        self._breeder = greenlet(self._breed)
        self._breeder.switch()

    def switch_away(self) -> None:
        """Set the current greenlet aside and let a runner take the thread."""
        if self.closed:
            raise GreenletExit  # nobody would ever come back to us: unwind
        self.suspended += 1
        try:
            (self._spares.pop() if self._spares else self._breeder).switch()
        finally:
            self.suspended -= 1

    def give_way(self) -> None:
        """Let those in line go on first: only this thread can resume them, and the caller may wait for them."""
        if self.in_line:
            sleeper = Sleeper(self)
            self.in_line.append(sleeper)
            sleeper.suspend()

    def context(self) -> Context:
        """Return a copy of the thread's own context variables: tasks see what the program has set at its top."""
        try:
            found = self._native.gr_context
        except ValueError:  # it runs, in another thread than ours
            found = None
        return copy_context() if found is None else found.copy()

    def nudge(self) -> None:
        """Wake the thread if it sleeps. Callable from any thread."""
        # Whoever sleeps sets the flag first and looks for work second; whoever brings work brings it first
        # and reads the flag second. So one of the two sees the other.
        if self.sleeping:
            self.bell.ring()

    def sleep_unless(self, work: Callable[[], object], timeout: float | None = None) -> None:
        """Sleep until nudged or for ``timeout`` seconds, unless someone is in line or ``work()`` is true."""
        self.sleeping = True
        try:
            if not self.in_line and not work():
                self.bell.sleep(timeout)
        finally:
            self.sleeping = False

    def run_forever(self) -> None:
        """Be a runner on the current stack: what a worker's main thread does, all its life."""
        self._run()

    def _breed(self) -> None:
        self._native.switch()
        while not self.closed:
            runner = greenlet(self._run)
            runner.gr_context = self.context()
            runner.switch()

    def _run(self) -> None:
        me = getcurrent()
        while not self.closed:
            try:
                while not self.in_line and not self.closed:
                    self._step(self)
            except GreenletExit:
                raise
            except BaseException as error:  # a signal's: meant for the program, whoever happened to run when it came
                if me is self._native:
                    raise
                self._spares.append(me)
                self._native.throw(error)
                continue
            sleeper = self.in_line.popleft() if self.in_line else None
            if sleeper is None or not sleeper.asleep:
                continue
            sleeper.asleep = False
            if len(self._spares) >= SPARE_RUNNERS and me is not self._native:
                me.parent = sleeper.greenlet  # where a greenlet goes when it ends
                return
            self._spares.append(me)
            sleeper.greenlet.switch()
