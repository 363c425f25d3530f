"""What one process tells the broker of its idleness, and how its threads sleep meanwhile.

    busy         some work is left, or a thread will find some without the broker, or goes over rows of a map
                 behind which others wait that another process could have
    partly idle  no work is left, but some thread is still at a task, which may make some
    idle         no work is left, and no thread is at a task

The broker must be able to rely on a word of idleness: to feed this process, and to know when the run has ended. So
all that a word rests on, and the sending of it, happens under one lock. An *epoch* counts what may have made a word
untrue: a thread that wants to sleep speaks first if the epoch has changed since the last word.

README.md has the argument why no word is ever lost or untrue.
"""

from collections.abc import Callable, Iterable
from threading import RLock
from typing import Protocol

from ...wire.messages import Busy, Idle, Message, ProgramEnded
from ...wire.status_page import StatusPage
from ..process.signal_safety import indivisible
from .fibers import Fibers, Suspension

__all__ = ["IdleTracker"]


class Work(Protocol):
    """The parts of the scheduler that the tracker needs."""

    def has_work(self) -> bool: ...
    def is_busy_with_some(self) -> bool: ...
    def leaves_work_to_others(self) -> bool: ...
    def helpers_at_rest(self) -> bool: ...
    def never_sent_any(self) -> bool: ...
    def all_fibers(self) -> Iterable[Fibers]: ...
    def wake(self) -> None: ...


class IdleTracker:
    """How idle one process is.

    Parameters:
        work: the scheduler.
        native: the fibers of the main thread.
        send: takes a message to the broker.
        page, worker: the status page, and the number of this worker on it.
    """

    def __init__(
        self, work: Work, native: Fibers, send: Callable[[Message], None], page: StatusPage, worker: int
    ) -> None:
        self._work = work
        self._native = native
        self._send = send
        self._page = page
        self._worker = worker
        self._lock = RLock()
        self._seen = 0  # messages taken in
        self._epoch = 0  # changes with all that may make the last word untrue
        self._spoken_in = -1  # the epoch of the last word
        self._last_work = object()  # another one each time that work begins
        self._broker_was_told = False  # the broker may take this process for idle
        self._said_partly = False
        self._resting: set[Fibers] = set()
        self.rising: set[Fibers] = set()
        """Threads that have rested and have not looked for work since: each may be about to take a task."""
        self._finishing = False  # the program has ended, and only waits for the work that is left
        self._await_starts = False
        self._has_finished = False
        self._on_finish: Callable[[], None] = _not_waiting

    def rest(self, fibers: Fibers) -> None:
        """Tell the broker that this thread is idle, and sleep until there may be something to do."""
        self._begin_rest(fibers)
        work = self._last_work
        try:
            self._speak()
            epoch = self._spoken_in
            # What has come since makes the word void: then not to sleep, but to look, and speak again.
            fibers.sleep_unless(lambda: self._epoch != epoch or self._last_work is not work or self._work.has_work())
        finally:
            self._end_rest(fibers)

    @indivisible
    def _begin_rest(self, fibers: Fibers) -> None:
        with self._lock:
            self._resting.add(fibers)
            self.rising.add(fibers)
            self._page.set_idle(self._worker, True)

    @indivisible
    def _end_rest(self, fibers: Fibers) -> None:
        with self._lock:
            self._resting.discard(fibers)
            if fibers.in_line:
                self.rising.discard(fibers)  # it goes on with what was suspended, and takes nothing
            self._page.set_idle(self._worker, bool(self._resting))
            self.rise(fibers)

    @indivisible
    def rise(self, fibers: Fibers) -> None:
        """After a rest that no message has ended: tell the broker, which cannot know.

        Also where there is no work, but no thread rests any more. With no idle thread the idle byte is clear, so a
        later spawn wakes no worker, and Busy would never be sent.
        """
        with self._lock:
            if self._broker_was_told and (fibers.in_line or not self._resting or self._work.has_work()):
                self._broker_was_told = False
                self._epoch += 1
                self._send(Busy())
                self._work.wake()

    @indivisible
    def message_arrived(self) -> None:
        """Count a message from the broker. It makes void what was said: the broker will hear anew."""
        with self._lock:
            self._seen += 1
            self._epoch += 1
            self._broker_was_told = False

    def work_began(self) -> None:
        """Wake the threads that rest, since this process has work. They look, and speak anew if it is gone again."""
        self._last_work = object()  # under no lock: a finalizer may call, within a lock of another part
        self._work.wake()

    def look_again(self) -> None:
        """Have an idle thread speak anew, if what was said may have been less than the truth by now."""
        if self._said_partly:
            self._speak_anew()
            self._native.nudge()

    @indivisible
    def _speak_anew(self) -> None:
        with self._lock:
            self._epoch += 1

    def is_resting(self, fibers: Fibers) -> bool:
        """Return whether the thread of ``fibers`` sleeps for want of work."""
        return fibers in self._resting

    def drain(self, await_starts: bool, is_over: Callable[[], bool]) -> None:
        """Rest and work until the broker says that all work has ended, and ``is_over()`` agrees.

        Workers that are still starting have nothing to do, and are waited for only if ``await_starts``.
        """
        suspension = Suspension(self._native)
        self._on_finish = suspension.wake
        self._await_starts = await_starts
        self._finishing = True
        while True:
            if not self._has_finished:
                self._speak_anew()
                suspension.suspend()
            if is_over():
                break
            self._has_finished = False

    def finish(self) -> None:
        """Hear that all work has ended, or that there is no use in waiting for it."""
        self._has_finished = True
        self._on_finish()

    @indivisible
    def _speak(self) -> None:
        """Tell the broker how idle this process is as of all that it has delivered, once an epoch."""
        with self._lock:
            if self._spoken_in == self._epoch and not self._said_partly:
                return
            self._said_partly = True  # before the look: a helper thread that comes to rest meanwhile sees it
            if self._work.has_work():
                self._spoken_in = -1
                return
            self._spoken_in = self._epoch
            if self._work.is_busy_with_some():
                return  # to the broker this process is busy: it would not be asked to give, if it said a word
            at_rest = self._native in self._resting and self._work.helpers_at_rest()
            partly = not at_rest or any(fibers.in_line for fibers in self._work.all_fibers())
            partly = partly or self._work.leaves_work_to_others()
            self._said_partly = partly
            if self._finishing and not (partly or self._await_starts) and self._work.never_sent_any():
                self.finish()  # all work begins here, so there is none elsewhere: the broker need not be asked
                return
            self._broker_was_told = True
            if self._finishing and not partly:
                self._send(ProgramEnded(self._seen, self._await_starts))
            else:
                self._send(Idle(self._seen, partly))


def _not_waiting() -> None:
    """Stand in for the wake-up call of a program that has not ended."""
