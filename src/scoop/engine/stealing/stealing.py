"""Giving work away when other workers have none: the work nearest the root, about half of all.

Called by the thread that notices: the main thread at a spawn or between two tasks, or a service thread while the
broker asks.
"""

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from threading import Lock, get_ident
from time import monotonic
from typing import Any, Protocol

from ...tuning import TUNING
from ...wire.messages import Message
from ...wire.status_page import StatusPage
from ..offers.notes import notes_on
from ..offers.outbox import FutureInFlight, InFlight, Outbox
from ..offers.ready_table import ReadyTable
from ..process import instruments
from ..process.signal_safety import indivisible
from ..results.future import Future
from ..results.watchers import callbacks_of
from .inbox import Inbox

__all__ = ["Stealing"]


PACE_JOURNEYS = 5
"""For how many journeys it is counted how fast tasks run: what they took before says little."""


class Victim(Protocol):
    """The parts of the scheduler that stealing needs."""

    @property
    def is_spared(self) -> bool: ...
    def wake(self) -> None: ...
    def is_io_thread(self) -> bool: ...
    def is_unguarded(self) -> bool: ...
    def defer(self, call: Callable[[], object], /) -> None: ...
    def is_about_to_take(self) -> bool: ...
    def tasks_taken(self) -> None: ...
    def look_again(self) -> None: ...
    def run_soon(self, future: Future) -> None: ...
    def is_tiny(self, future: Future) -> bool: ...
    @property
    def own_runs(self) -> int: ...
    def start_helper_if_needed(self) -> None: ...


class Stealing:
    """What one process gives.

    Parameters:
        victim: the scheduler.
        ready: what is on offer.
        inbox, outbox: tasks of others, and the way to other workers.
        send: takes a message to the broker.
        page, worker: the status page, and the number of this worker on it.
        clock: seconds.
    """

    def __init__(
        self,
        victim: Victim,
        ready: ReadyTable,
        inbox: Inbox,
        outbox: Outbox,
        send: Callable[[Message], None],
        page: StatusPage,
        worker: int,
        clock: Callable[[], float],
    ) -> None:
        self._victim = victim
        self._ready = ready
        self._inbox = inbox
        self._outbox = outbox
        self._send = send
        self._page = page
        self._worker = worker
        self._clock = clock
        self.suspects: deque[InFlight] = deque()
        """Tasks that are to be sent, since they have ended a worker, or may do so."""
        self._giving = Lock()
        self._giver = 0  # the thread that has the lock
        self.giver_waits = False
        """Whether the program's code waits within that thread's pickling: until then no other thread can give."""
        self._wanted = 1  # workers that wait, as the last steal request said
        self._last_look = (0, 0, 0)  # which task was the oldest, how many there were, how many had been run
        self._changed_at = 0.0  # when one of these was last seen to have changed
        self._paced_since: tuple[float, int] | None = (
            None  # since when tasks that begin are counted, and how many had
        )

    def steal_requested(self, wanted: int) -> None:
        self._wanted = max(1, wanted)

    def heed_flags(self, least: int = 2) -> None:
        """Do what non-zero flags ask for: wake idle threads of this process, give to other workers.

        By default a lone task is left for a moment: most often it is joined at once, and the I/O thread asks again
        soon. Not where this process will not run it.
        """
        if self._page.is_idle(self._worker):
            self._victim.wake()
        if self._page.is_asked(self._worker) and not self._victim.is_io_thread():
            if self._victim.is_unguarded():
                self._victim.defer(self.give)
            else:
                self.give(1 if self._victim.is_spared else least)

    def is_under_way(self) -> bool:
        """Return whether some thread is giving: what it has taken from the table may not be in flight yet."""
        return self._giving.locked()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have no other thread give meanwhile: so all that was submitted is on offer, or in flight.

        Save one that waits for the program's code within its pickling: that code may wait for the caller.
        """
        is_mine = self._begin_giving_unless_it_waits()
        try:
            yield
        finally:
            if is_mine:
                self._end_giving()

    def _begin_giving_unless_it_waits(self) -> bool:
        while not self._giving.acquire(timeout=TUNING.deliver_after_seconds):
            if self.giver_waits or self._giver == get_ident():
                return False
        self._giver = get_ident()
        return True

    def note_wait(self) -> None:
        """Hear that the calling thread is to sleep, which may be the one that gives."""
        self.giver_waits = self.giver_waits or self._giver == get_ident()

    def _begin_giving(self, wait: bool = False) -> bool:
        if not self._giving.acquire(blocking=wait):
            return False
        self._giver = get_ident()
        return True

    def _end_giving(self) -> None:
        self._giver, self.giver_waits = 0, False
        self._giving.release()
        self._victim.look_again()  # the broker may have been told that tasks are on their way

    def is_wanted(self) -> bool:
        """Return whether others want work. While some thread is giving that is not settled: then they do."""
        if not self._giving.acquire(blocking=False):
            return True  # the flag is clear, and will be set again if there turns out to be nothing that can travel
        try:
            return self._page.is_asked(self._worker) or self._page.is_asked_far(self._worker)
        finally:
            self._giving.release()

    @indivisible
    def give(self, least: int = 1) -> None:
        """Give away what is nearest the root, about half of all, if it is at least so many own tasks."""
        if not self._begin_giving():
            return  # another thread is at it
        try:
            running = least == 1 and self._ready.running
            if not self._inbox.waiting and self._stays():
                return
            if self._page.is_asked(self._worker) and (self._inbox.waiting or len(self._ready) >= least or running):
                # Once asked, once given. Cleared before anything is sent: the broker may answer what is sent by
                # asking again, and that must not be wiped out.
                self._page.ask(self._worker, False)
                if not self._give_half():
                    self._page.ask(self._worker, True)
        finally:
            self._end_giving()

    def _stays(self) -> bool:
        """Return whether the oldest is tiny, and this process is at work on such tasks: it will get to it."""
        oldest = self._ready.oldest(0)
        look = id(oldest), len(self._ready), self._victim.own_runs
        if look != self._last_look:
            self._last_look, self._changed_at = look, self._clock()
        in_time = self._clock() - self._changed_at < TUNING.tiny_tasks_stay_seconds
        return in_time and isinstance(oldest, Future) and self._victim.is_tiny(oldest)

    @indivisible
    def give_far(self) -> None:
        """Give to other machines, if there is anything that is worth the journey."""
        if not self._begin_giving():
            return
        try:
            if self._page.is_asked_far(self._worker) and self._is_worth_a_journey():
                self._page.ask_far(self._worker, False)
                if not self._give_half():
                    self._page.ask_far(self._worker, True)
        finally:
            self._end_giving()

    @indivisible
    def send_suspects(self) -> None:
        """Send the tasks that may end a worker. They must not run here, save if they cannot travel."""
        if not self.suspects:
            return  # they went with others
        left = self._suspects_left()
        self._begin_giving(wait=True)
        try:
            while self._send_batch(left, suspects=True)[0]:
                pass
        finally:
            self._end_giving()

    def _suspects_left(self) -> Iterator[InFlight]:
        with suppress(IndexError):
            while True:
                yield self.suspects.popleft()

    def _give_half(self) -> bool:
        """Give half of the tasks of others, or else of the own; return whether there was anything.

        A process that runs none of its own gives all.
        """
        # A thread that rests wakes and takes one: else the last one could go to and fro for ever.
        kept = self._victim.is_about_to_take()
        own = len(self._ready)
        return self._inbox.give_back(kept) or self._give_own(own if self._victim.is_spared else (own + 1) // 2)

    def _is_worth_a_journey(self) -> bool:
        """Return whether half of what is on offer would last longer than the journey, as fast as tasks ran lately."""
        table: Collection[Any] = self._inbox.waiting or self._ready.tasks
        try:
            oldest = next(iter(table))
        except (StopIteration, RuntimeError):  # nothing is on offer, or another thread is at it
            self._paced_since = None
            return False
        if self._victim.is_spared:
            return True  # it is left to others, whatever it is
        journey: float = TUNING.far_journey_seconds
        if not isinstance(oldest, Future | tuple) and (seconds := oldest.seconds_left()) is not None:
            return bool(seconds > 2 * journey)
        now, begun = self._clock(), self._inbox.begun + self._victim.own_runs
        if self._paced_since is None:
            self._paced_since = now, begun
        seconds, ran = now - self._paced_since[0], max(1, begun - self._paced_since[1])
        if seconds <= journey:
            return False
        is_worth_it = min((len(table) + 1) // 2, TUNING.batch_tasks) * seconds / ran > journey
        if seconds > PACE_JOURNEYS * journey:
            self._paced_since = now, begun
        return is_worth_it

    def _give_own(self, most: int) -> bool:
        """Give the oldest tasks, up to so many; return whether there were any that can travel."""
        tasks = self._oldest(most)
        first = next(tasks, None)
        if first is None:
            return False
        left, room, sent = chain((first,), tasks), TUNING.give_ahead_bytes, False
        while room > 0:
            number, size = self._send_batch(left)
            room -= size
            if not number:
                break
            sent = True
            if size < TUNING.batch_bytes:
                break
        tasks.close()  # which puts back what no batch had room for
        return sent

    def _send_batch(self, tasks: Iterator[InFlight], suspects: bool = False) -> tuple[int, int]:
        since = monotonic()
        batch = self._outbox.pack(tasks)
        for task in batch.stuck:
            self._keep(task)
        if batch.stuck:
            self._victim.start_helper_if_needed()
        if batch.tasks:
            self._victim.tasks_taken()
            for note in notes_on(batch.name, batch.tasks):
                self._send(note)
            offer = batch.offer(suspects)
            if instruments.listener is not None:
                instruments.listener.given(batch.name, [*map(_works, batch.tasks)], batch.size, since)
            self._send(offer)
            for number, task in enumerate(batch.tasks):
                task.sent_as(batch.name, number)
            self._outbox.was_sent(batch.name)
        return len(batch.tasks) + (suspects and len(batch.stuck)), batch.size

    def _keep(self, task: InFlight) -> None:
        if not isinstance(task, FutureInFlight):
            task.cannot_travel()
            return
        future = task.cannot_travel()
        self._ready.keep(future)
        if callbacks_of(future):  # the program may wait for those only, outside of SCOOP
            self._victim.run_soon(future)

    def _oldest(self, most: int) -> Generator[InFlight, None, None]:
        """Take out the oldest tasks, up to so many; or chunks of the oldest map that is worth it."""
        left, place = most, 0
        while left > 0 and (oldest := self._ready.oldest(place)) is not None:
            if not isinstance(oldest, Future):
                if chunks := oldest.steal(self._wanted):
                    yield from oldest.sending(chunks)
                    return
                place += 1
            elif self._ready.claim(oldest):
                left -= 1
                yield FutureInFlight(oldest)
        if left == most:
            yield from self._from_running()

    def _from_running(self) -> Iterator[InFlight]:
        """Split the rows that run here: those that have long to go, or have run too long."""
        for running in [*self._ready.running]:
            if chunks := running.steal(self._wanted):
                yield from running.sending(chunks)
                return


def _works(task: InFlight) -> tuple[object, range | None]:
    """Return the future, or the map and its rows, that an instrument may have marked."""
    return getattr(task, "work", task), getattr(task, "span", None)
