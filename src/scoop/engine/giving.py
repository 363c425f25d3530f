"""Giving work away: when somebody is hungry, what is nearest the root, about half of all.

Called by whoever notices: the main thread at a spawn or between two tasks, the link for as long as the broker asks.
"""

from collections.abc import Collection, Iterator
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..wire.messages import SUSPECT, Kind
from .exports import MOST_BYTES, MOST_TASKS
from .future import READY, Future
from .sweep import OVERDUE, WORTH, Sweep

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Giving"]

JOURNEY = 0.02
"""Seconds of work that are worth a journey to another machine: it takes some milliseconds each way."""

AHEAD = 32 << 20
"""Bytes of large tasks that are given at a time, in several parcels: so who gets the first need not wait for more."""


class Giving:
    """What one process gives."""

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._ready = scheduler.ready
        self._giving = Lock()
        self._seen: tuple[Any, float, int] | None = None  # what was the oldest on offer, since when, of how many

    def attend(self, least: int = 2) -> None:
        """Do what a non-zero hunger cell asks for: wake our own idle threads, give to other workers.

        By default a lone own task is left for a moment: most often it is joined at once, and the link asks
        again soon. Not where nobody will run it.
        """
        if self._scheduler.board.is_idle(self._scheduler.slot):
            self._scheduler.wake()
        if self._scheduler.asked():
            self.give(1 if self._scheduler.spared else least)

    def is_at_it(self) -> bool:
        """Return whether some thread is giving: what it has taken from the table may not be on the books yet."""
        return self._giving.locked()

    def is_wanted(self) -> bool:
        """Return whether others want work of ours. While some thread is giving that is not settled: then they do."""
        if not self._giving.acquire(blocking=False):
            return True  # the cell is cleared, and set again if there turns out to be nothing that can travel
        try:
            return self._scheduler.asked() or self._scheduler.asked_far()
        finally:
            self._giving.release()

    def give(self, least: int = 1) -> None:
        """Give away what is nearest the root, about half of all, if it is at least so many own tasks."""
        if not self._giving.acquire(blocking=False):
            return  # another thread is at it
        try:
            if not self._scheduler.asked():
                return  # another thread has given since the caller looked
            slices = self._scheduler.slices and not self._ready and least == 1
            if self._scheduler.imports.waiting or len(self._ready) >= least or slices:
                # Once asked, once given. Cleared before anything is sent: the broker may answer what we send
                # by asking again, and that must not be wiped out.
                self._scheduler.board.ask(self._scheduler.slot, False)
                if not self._give_half():
                    self._scheduler.board.ask(self._scheduler.slot, True)
        finally:
            self._giving.release()

    def give_far(self) -> None:
        """Give to other machines, if there is anything that is worth the journey."""
        if not self._giving.acquire(blocking=False):
            return
        try:
            if self._scheduler.asked_far() and self._is_worth_a_journey():
                self._scheduler.board.ask_far(self._scheduler.slot, False)
                if not self._give_half():
                    self._scheduler.board.ask_far(self._scheduler.slot, True)
        finally:
            self._giving.release()

    def _give_half(self) -> bool:
        """Give half of the errands, or else of the own tasks; return whether there was anything."""
        # Who rests has not woken yet, and takes one then: else the last one could go to and fro, and never be run.
        kept = self._scheduler.board.is_idle(self._scheduler.slot)
        return self._scheduler.imports.give_back(kept) or self._give_own((len(self._ready) + 1) // 2)

    def _is_worth_a_journey(self) -> bool:
        """Return whether half of what is on offer would last longer than the journey, by how fast it went lately."""
        table: Collection[Any] = self._scheduler.imports.waiting or self._ready
        try:
            oldest = next(iter(table))
        except (StopIteration, RuntimeError):  # nothing is on offer, or another thread is at it
            self._seen = None
            return False
        if self._scheduler.spared:
            return True  # it is left to others, whatever it is
        if isinstance(oldest, Sweep) and (seconds := oldest.rest_seconds()) is not None:
            return seconds > 2 * JOURNEY
        now, count = self._scheduler.clock(), len(table)
        if self._seen is None or self._seen[0] is not oldest:
            self._seen = oldest, now, count
            return False
        age, gone = now - self._seen[1], max(1, self._seen[2] - count)
        return age > JOURNEY and min((count + 1) // 2, MOST_TASKS) * age / gone > JOURNEY

    def _give_own(self, most: int) -> bool:
        """Give the oldest tasks, up to so many; return whether there were any that can travel."""
        given, room, sent = self._oldest(most), AHEAD, False
        while room > 0:
            number, size = self._give_parcel(given)
            room -= size
            if not number:
                break
            sent = True
            if size < MOST_BYTES:
                break
        return sent

    def _give_parcel(self, given: Iterator[Future]) -> tuple[int, int]:
        """Send one parcel; return of how many tasks, and bytes."""
        parcel, retries, body, cargo, stuck = self._scheduler.exports.pack(given)
        for future in stuck:
            future._state = READY
            self._scheduler.homebound[future] = True
        for future in stuck:
            if future._has_callbacks(future._watchers):  # the program may only wait for those, outside of SCOOP
                self._scheduler.polling.run_soon(future)
        if stuck:
            self._scheduler.deputies.take_heart()
        if retries:
            self._scheduler.polling.taken()
            self._scheduler.send(Kind.PARCEL, parcel, retries, body, cargo)
        return len(retries), len(body) + (cargo.size if cargo else 0)

    def _oldest(self, most: int) -> Iterator[Future]:
        """Take out the oldest tasks, up to so many, or half of the oldest map."""
        if not self._ready:
            yield from self._cut_slices()
        for _ in range(most):
            try:
                oldest = self._ready.popitem(last=False)[0]
            except KeyError:  # the main thread was faster
                return
            if isinstance(oldest, Sweep):
                if not oldest.is_worth_giving():
                    self._ready[oldest] = True
                    continue
                pieces = oldest.split()
                for piece in reversed(pieces):  # there may be no room for all of them in one parcel
                    self._ready[piece] = True
                    self._ready.move_to_end(piece, last=False)
                yield from self._oldest(len(pieces))
                return
            yield oldest

    def send_suspects(self, given: Iterator[Future]) -> None:
        """Send tasks that may have killed a worker: they must not run here."""
        while True:
            parcel, retries, body, cargo, stuck = self._scheduler.exports.pack(given)
            for future in stuck:
                future._state = READY
                self._scheduler.homebound[future] = True
            if retries:
                self._scheduler.send(Kind.PARCEL, parcel, [times | SUSPECT for times in retries], body, cargo)
            elif not stuck:
                return

    def _cut_slices(self) -> Iterator[Future]:
        """Take from a slice that has long to go, or has run too long; the oldest that has any row left to take."""
        for part, function in list(self._scheduler.slices.items()):
            if part.rest_seconds() > 2 * WORTH or self._scheduler.clock() - part.started > OVERDUE:
                tail = part.cut(function)
                if tail is not None:
                    yield tail
                    return
