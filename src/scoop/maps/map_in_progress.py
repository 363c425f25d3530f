"""One map over inputs whose number is known, while it goes on: the only place that knows what became of its rows.

README.md draws the states of a row. All changes happen under one lock, for no longer than a few lines; no code of the
program's runs under it. So the consumer, helper threads, and the thread that gives rows away share a map without any
other agreement. A map that is cancelled has no unbegun rows, and gets none back.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import inf
from threading import RLock
from typing import Any

from ..engine.offers.outbox import InFlight
from ..engine.process.instruments import offered
from ..engine.process.signal_safety import calls_program, indivisible
from ..engine.tasks.task import PLAIN, TaskOptions
from ..engine.threads.deadlock import Awaited
from ..tuning import TUNING
from .map_scheduler import MapScheduler
from .row_functions import NOT_BEGUN, Columns, MapRows
from .row_ranges import RowRanges, divide
from .running_slice import RunningSlice, run_slice
from .running_slices import RunningSlices
from .segment import AnySegment, Segment
from .steal_policy import Situation, plan_steal
from .stolen_chunk import StolenChunk

__all__ = ["MapInProgress"]


class MapInProgress:
    """A map in progress over ``columns``, at least one row. Any thread calls ``notify`` when rows have arrived.

    The first slice has ``first_rows`` rows, where it is not known what they take; else it lasts ``first_seconds``.
    ``stays``: no row is given away.
    """

    begins_coroutines = False

    def __init__(
        self,
        scheduler: MapScheduler,
        rows: MapRows,
        columns: Columns,
        notify: Callable[[], None],
        first_rows: int = 1,
        first_seconds: float = TUNING.first_slice_seconds,
        options: TaskOptions | None = None,
        stays: bool = False,
    ) -> None:
        self.total = total = min(map(len, columns))
        self.withdrawn, self.offset = False, 0  # the offset of its rows in the program's map, if it is a window
        self.function = rows.function
        self.send = scheduler.send
        self._scheduler = scheduler
        self._rows = rows
        self._options = options or rows.options
        self._columns = columns
        self._notify = notify
        self._lock = RLock()  # reentrant: the garbage collector may cancel the map at any moment
        self._unbegun = RowRanges([range(total)])
        self._kept = RowRanges()  # rows that have not begun either, and cannot travel
        self._slices = RunningSlices()
        self._stays = stays
        self._chunks: set[StolenChunk] = set()
        self._arrived: dict[int, AnySegment] = {}  # by their first row, in the order in which they came
        self._unconsumed = RowRanges([range(total)])
        self._end = total  # no row from here on is wanted; 0 once the map is cancelled
        self._is_stopped = False
        self.retries = scheduler.retries if self._options.retries is None else self._options.retries
        # What must not run twice is sent singly: else, when one row has killed its worker, others would be lost too.
        self._most_in_chunk = scheduler.most_tasks if self.retries else 1
        self._seconds_per_row = cost = scheduler.costs.seconds(rows.function)  # None if that is not known
        if cost and total * cost < TUNING.worth_giving_seconds:
            first_rows = total  # no worker that waits would get any of it
        elif cost:
            first_rows = max(first_rows, min(int(first_seconds / cost), total // scheduler.size))
        self._slice_rows = max(1, min(first_rows, TUNING.most_slice_rows))
        self._started = self._at_hand_until = scheduler.clock()
        offered(self)
        if self._options is not PLAIN and self._options.leaves:  # none may run in this process, which a row might end
            all_rows, self._unbegun = self._unbegun, RowRanges()
            self._send_singly(all_rows, self._options)
            return
        if stays:
            self._unbegun, self._kept = self._kept, self._unbegun
        (scheduler.ready.kept if stays else scheduler.ready.tasks)[self] = True
        scheduler.wake_if_idle()

    # -- for the consumer ---------------------------------------------------------------------------------------

    @property
    def is_consumed(self) -> bool:
        """Whether all rows that are wanted were consumed."""
        return not self._unconsumed  # one step of the interpreter, as all that changes it

    @indivisible
    def pop(self, in_order: bool) -> AnySegment | None:
        """Take out the next results in order, or else those that arrived first; None if they are not there."""
        with self._lock:
            start = self._unconsumed.first().start if in_order else next(iter(self._arrived), -1)
            segment = self._arrived.pop(start, None)
            if segment is not None:
                self._unconsumed.drop(start, start + segment.rows)
            return segment

    def has_arrived(self, in_order: bool) -> bool:
        """Return whether pop() would find any."""
        return self._unconsumed.first().start in self._arrived if in_order else bool(self._arrived)

    def collect_finished(self) -> None:
        """Have results arrive of rows that have ended while the loop over their slice goes on."""
        for running in self._slices:
            if (segment := running.take_results()) is not None:
                self.deliver(segment)

    def has_unreported(self) -> bool:
        """Return whether collect_finished() would find any."""
        return any(running.has_news() for running in self._slices)

    @indivisible
    def awaited(self, in_order: bool) -> list[Awaited]:
        """Return what the consumer waits for: the next row in order, or any."""
        with self._lock:
            next_row = self._unconsumed.first().start
            found = [
                Awaited((running.fiber,), partial(self._rows.describe, self._columns, running.span.start))
                for running in self._slices
                if not in_order or next_row in running.span
            ]
            elsewhere = [Awaited((), str)] if self._chunks or self._unbegun or self._kept else []
            return found if in_order and found else found + elsewhere

    @calls_program
    def inputs_of(self, row: int) -> tuple[Any, ...]:
        """Return what the function is called with for a row."""
        return tuple([column[row] for column in self._rows.inputs(self._columns)])

    @indivisible
    def cancel(self) -> None:
        """Let nothing more of it begin, anywhere."""
        with self._lock:
            unwanted = self._drop_from(0)
            self._arrived.clear()
        for chunk in unwanted:
            chunk.cancel()
        self._notify()  # a consumer that waits is to hear that nothing more will come

    @indivisible
    def stop(self) -> None:
        """Let no row begin any more, anywhere: NOT_BEGUN arrives in place of those that have not."""
        with self._lock:
            self._is_stopped = True
            unbegun = RowRanges([*self._unbegun, *self._kept, *self._slices.stop_from(0)])
            self._unbegun.clear()
            self._kept.clear()
            self._note_unbegun()
            chunks = [*self._chunks]
        self.put_back(unbegun)
        for chunk in chunks:
            chunk.cancel()

    def withdraw(self) -> None:
        """Cancel it, since the program has ended all that has not begun: the consumer is to hear of that."""
        self.withdrawn = True
        self.cancel()

    def refuse(self, error: Exception) -> None:  # noqa: ARG002
        """Hear that no call is served any more: the consumer that waits finds that out."""
        self._notify()

    # -- running rows here --------------------------------------------------------------------------------------

    def run_next(self, only_kept: bool = False) -> bool:
        """Run the next rows that have not begun, or of these only such as cannot travel; return if there were any."""
        running = self._take_front(only_kept)
        if running is None:
            return False
        seconds = self.seconds_left()
        if seconds is None or seconds > TUNING.worth_giving_seconds:  # else the I/O thread looks later
            self._scheduler.heed_flags()
        error: BaseException | None = None
        started = self._scheduler.clock()
        try:
            error = run_slice(self, running, self._options.context)
        except BaseException as struck:  # by a signal handler: it is the row's, and goes on to the program
            error = struck
            raise
        finally:
            self._learn(running.count or 1, self._scheduler.clock() - started)
            segment = running.last_segment(error)
            self._end_slice(running)
            self.deliver(segment)
            del error
        return True

    @indivisible
    def _end_slice(self, running: RunningSlice) -> None:
        with self._lock:
            self._slices.discard(running)
            self._started = self._scheduler.clock()
            if not self._slices.have_several_rows():
                self._scheduler.ready.running.pop(self, None)

    @indivisible
    def _take_front(self, only_kept: bool) -> RunningSlice | None:
        with self._lock:
            ranges = self._kept if only_kept or not self._unbegun else self._unbegun
            if not ranges:
                return None
            # Shorter ones before the end, for the workers that will be idle then. But none so short that it would
            # have ended before the I/O thread had its turn.
            most, cost = len(ranges.first()), self._seconds_per_row
            least = int(TUNING.unknown_rows_stay_seconds / cost) + 1 if cost else most
            count = min(most, self._slice_rows, max(least, (most + 1) // 2))
            (span,) = ranges.take(count, from_front=True)
            if count > 1:  # before the map leaves the table: a process with rows to split is never taken for idle
                self._scheduler.ready.running[self] = True
            self._note_unbegun()
            now, cost = self._scheduler.clock(), cost or 0.0
            running = RunningSlice(self._rows, self._columns, span, now, cost)
            self._slices.add(running)
            self._started, self._at_hand_until = now, now + cost * count
            return running

    def _learn(self, count: int, seconds: float) -> None:
        """Remember what rows took, and how many the next slice is to have."""
        known, found = self._seconds_per_row, seconds / count
        # In a short slice most is the price of the slice itself, so there less is nearer to the truth.
        if known is None or found < known or seconds > TUNING.first_slice_seconds / 2:
            self.note_seconds(found)
        most = min(TUNING.slice_growth * count, TUNING.most_slice_rows)
        if self._scheduler.costs.bytes(self.function) >= TUNING.heavy_bytes:
            most = 1
        self._slice_rows = max(1, min(most, int(TUNING.slice_seconds * count / seconds))) if seconds > 0 else most

    def has_rows_in_slices(self) -> bool:
        """Return whether rows that have not begun are in slices that run here."""
        return self._slices.rows_left() > 0

    @indivisible
    def take_back(self, overdue: bool) -> bool:
        """Take rows back from a slice that waits within a call, or is overdue; return whether there were any."""
        with self._lock:
            slices, process = self._slices, self._scheduler
            if rows := slices.end_overdue(process.clock()) if overdue else slices.split_suspended(process.waits):
                (self._kept if self._stays else self._unbegun).put_back(rows)
                self._note_unbegun()
            return bool(rows)

    # -- giving rows away ---------------------------------------------------------------------------------------

    @indivisible
    def steal(self, wanted: int) -> Sequence[InFlight]:
        """Take rows for other workers, of which so many wait; none if that is not worth it."""
        with self._lock:
            scheduler, now = self._scheduler, self._scheduler.clock()
            if not self._unbegun:
                rows = self._slices.split_long(now)
                return [self._new_chunk(span) for span in divide(rows, 1, len(rows) or 1, self._most_in_chunk)]
            situation = Situation(
                self._unbegun.count_rows(),
                self._seconds_per_row,
                scheduler.costs.bytes(self.function),
                scheduler.size,
                wanted,
                inf if scheduler.is_spared else now - self._started,
                abs(self._at_hand_until - now) if self._slices else 0.0,
                bool(self._slices),
                scheduler.leaves_tasks,
            )
            plan = plan_steal(situation, TUNING)
            ranges = self._unbegun.take(plan.rows, plan.from_front)
            self._note_unbegun()
            spans = [span for rows in ranges for span in divide(rows, plan.pieces, plan.rows, self._most_in_chunk)]
            return [self._new_chunk(span) for span in spans]

    def sending(self, chunks: Sequence[InFlight]) -> Iterator[InFlight]:
        """Yield what was stolen; put back what is not taken from the iterator."""
        left = [chunk for chunk in reversed(chunks) if isinstance(chunk, StolenChunk)]
        try:
            while left:
                yield left.pop()
        finally:
            for chunk in left:
                self.chunk_stays(chunk, cannot_travel=False)

    def seconds_left(self) -> float | None:
        """Return how long the rows that have not begun would take this process alone; None if that is not known."""
        cost = self._seconds_per_row
        return None if cost is None else cost * self._unbegun.count_rows()

    def _new_chunk(self, span: range, options: TaskOptions | None = None) -> StolenChunk:
        columns = tuple([column[span.start : span.stop] for column in self._columns])
        chunk = StolenChunk(self, self._rows, columns, span, options or self._options)
        self._chunks.add(chunk)
        return chunk

    # -- for stolen chunks --------------------------------------------------------------------------------------

    def note_seconds(self, seconds_per_row: float) -> None:
        """Remember what a row took."""
        self._seconds_per_row = seconds_per_row
        self._scheduler.costs.note_seconds(self.function, seconds_per_row)

    @indivisible
    def chunk_ended(self, chunk: StolenChunk) -> None:
        with self._lock:
            self._chunks.discard(chunk)

    @indivisible
    def chunk_stays(self, chunk: StolenChunk, cannot_travel: bool) -> None:
        """Put the rows of a chunk back, among those that cannot travel if its pickling has failed."""
        self.chunk_ended(chunk)
        self.put_back(RowRanges([chunk.span]), cannot_travel)

    @indivisible
    def put_back(self, ranges: RowRanges, cannot_travel: bool = False) -> None:
        """Let rows begin anew that were sent away, here or anywhere; or none, if the map was stopped meanwhile."""
        with self._lock:
            ranges.drop_from(self._end)
            stopped = [*ranges] if self._is_stopped else []
            for rows in () if stopped else ranges:
                (self._kept if cannot_travel else self._unbegun).put_back(rows)
            self._note_unbegun()
        for rows in stopped:
            self.deliver(Segment(rows.start, len(rows), [NOT_BEGUN] * len(rows)))
        self._scheduler.wake()

    def resend_singly(self, ranges: RowRanges) -> None:
        """Send rows anew whose worker died: singly, so that the row that kills is the only one lost."""
        self._send_singly(ranges, self._options._replace(retries=self.retries - 1, tries_before=1))

    @indivisible
    def _send_singly(self, ranges: RowRanges, options: TaskOptions) -> None:
        with self._lock:
            wanted = [range(row, row + 1) for rows in ranges for row in rows if row < self._end]
            chunks = [] if self._is_stopped else [self._new_chunk(span, options) for span in wanted]
        if chunks:
            self._scheduler.send_suspects(chunks)
        else:
            self.put_back(ranges)

    def fail_rows(self, ranges: RowRanges, error: Exception) -> None:
        """Fail with the first of these rows; a map that goes on after errors sends several of them anew, singly."""
        row = ranges.first().start
        if not self._rows.goes_on or self._scheduler.refusal is not None:
            self.deliver(Segment(row, 1, [], error))
        elif ranges.count_rows() == 1:
            self.deliver(Segment(row, 1, self._rows.failed(error)))
        else:
            self.resend_singly(ranges)

    @indivisible
    def deliver(self, segment: AnySegment) -> None:
        """Have results arrive; none of rows that are not wanted."""
        with self._lock:
            if not segment.rows or segment.start >= self._end:
                return
            self._arrived[segment.start] = segment
            unwanted = self._drop_from(segment.start + segment.rows) if segment.failed else []
        for chunk in unwanted:
            chunk.cancel()
        self._notify()

    def _drop_from(self, start: int) -> list[StolenChunk]:
        """Want no row from ``start`` on, and let none of them begin here; return the chunks to be cancelled."""
        if start >= self._end:
            return []
        self._end = start
        for ranges in (self._unbegun, self._kept, self._unconsumed):
            ranges.drop_from(start)
        self._slices.stop_from(start)
        self._note_unbegun()
        return [chunk for chunk in self._chunks if chunk.span.start >= start]

    def _note_unbegun(self) -> None:
        """Be in the tables exactly while there are rows for them. Under the lock, as all that changes those."""
        ready = self._scheduler.ready
        for table, ranges in ((ready.tasks, self._unbegun), (ready.kept, self._kept)):
            if ranges and self not in table:
                table[self] = True
            elif not ranges:
                table.pop(self, None)
