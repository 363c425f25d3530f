"""One map over inputs whose number is known, while it goes on: the only place that knows what became of its rows.

Every row is in one of these states, and goes through them from left to right:

    unbegun ──take_front──> in a running slice ──> arrived ──pop──> consumed
       │  ^                        │ split             ^
       │  └────────────────────────┘                   │
       └──steal──> in a stolen chunk, elsewhere ───────┘
              <──cannot travel──┘ └──its worker died: sent again, row by row

All changes happen under one lock, for no longer than a few lines; no code of the program's runs under it. So the
consumer, helper threads, and the thread that gives rows away share a map without any other agreement. A map that is
cancelled has no unbegun rows, and gets none back.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import RLock
from typing import Any

from ..engine.deadlock import Awaited
from ..engine.outbox import InFlight
from ..engine.signal_safety import indivisible
from ..engine.task import TaskOptions
from ..errors import describe_call
from ..tuning import TUNING
from ..wire.messages import Message
from .arrivals import Arrivals
from .map_scheduler import MapScheduler
from .row_functions import Columns, MapRows
from .row_ranges import RowRanges, divide
from .running_slice import RunningSlice
from .segment import AnySegment, PackedSegment, Segment
from .steal_policy import Situation, plan_steal
from .stolen_chunk import StolenChunk

__all__ = ["MapInProgress"]


class MapInProgress:
    """A map in progress.

    Parameters:
        scheduler: of this process.
        rows: what is done to rows.
        columns: the inputs, at least one row.
        options: of its tasks.
        first_rows: how many rows to begin with, where it is not known what they take.
        notify: called when rows have arrived. Takes no time; callable from any thread.
    """

    def __init__(
        self,
        scheduler: MapScheduler,
        rows: MapRows,
        columns: Columns,
        options: TaskOptions,
        notify: Callable[[], None],
        first_rows: int = 1,
        first_seconds: float = TUNING.first_slice_seconds,
    ) -> None:
        total = min(map(len, columns))
        self._scheduler = scheduler
        self._rows = rows
        self._columns = columns
        self._options = options
        self._notify = notify
        self._lock = RLock()  # reentrant: the garbage collector may cancel the map at any moment
        self._unbegun = RowRanges(range(total))
        self._kept = RowRanges()  # rows that have not begun either, and cannot travel
        self._slices: set[RunningSlice] = set()
        self._chunks: set[StolenChunk] = set()
        self._arrived = Arrivals()
        self._end = total  # no row from here on is wanted
        self._cancelled = False
        # What must not run twice is sent singly: else, when one row has killed its worker, others would be lost too.
        self._most_in_chunk = 1 if self.retries_of(options) == 0 else scheduler.most_tasks
        self._seconds_per_row = cost = scheduler.costs.seconds(rows.function)  # None if that is not known
        if cost and total * cost < TUNING.worth_giving_seconds:
            first_rows = total  # no worker that waits would get any of it
        elif cost:
            first_rows = max(first_rows, min(int(first_seconds / cost), total // scheduler.size))
        self._slice_rows = max(1, min(first_rows, TUNING.most_slice_rows))
        self._started = self._at_hand_until = scheduler.clock()
        scheduler.ready.tasks[self] = True
        scheduler.wake_if_idle()

    @property
    def function(self) -> Callable[..., Any]:
        """What is called on each row."""
        return self._rows.function

    @property
    @indivisible
    def is_consumed(self) -> bool:
        """Whether all rows that are wanted were consumed."""
        with self._lock:
            return self._cancelled or self._arrived.are_consumed_to(self._end)

    # -- for the consumer ---------------------------------------------------------------------------------------

    @indivisible
    def pop_next(self) -> AnySegment | None:
        """Take out the next results in order, if they are there."""
        with self._lock:
            return self._arrived.pop_next()

    @indivisible
    def pop_any(self) -> AnySegment | None:
        """Take out results, those that arrived first, if any are there."""
        with self._lock:
            return self._arrived.pop_first()

    def has_next(self) -> bool:
        """Return whether the next results in order are there."""
        return self._arrived.has_next()

    def has_any(self) -> bool:
        """Return whether any results are there."""
        return bool(self._arrived)

    def collect_finished(self) -> None:
        """Have results arrive of rows that have ended while the loop over their slice goes on."""
        for running in [*self._slices]:
            if running.has_news() and (segment := running.take_results()) is not None:
                self._deliver(segment)

    def has_unreported(self) -> bool:
        """Return whether collect_finished() would find any."""
        return any(running.has_news() for running in [*self._slices])

    @indivisible
    def awaited(self, in_order: bool) -> list[Awaited]:
        """Return what the consumer waits for: the next row in order, or any."""
        with self._lock:
            found = [
                Awaited(running.fiber, lambda running=running: self._describe(running.span.start))  # type: ignore[misc]
                for running in self._slices
                if not in_order or self._arrived.next_row in running.span
            ]
            elsewhere = [Awaited(None, str)] if self._chunks or self._unbegun or self._kept else []
            return found if in_order and found else found + elsewhere

    @indivisible
    def cancel(self) -> None:
        """Let nothing more of it begin, anywhere."""
        with self._lock:
            self._cancelled = True
            self._drop_unbegun(0)
            self._arrived.clear()
            chunks = [*self._chunks]
        for chunk in chunks:
            chunk.cancel()
        self._notify()  # a consumer that waits is to hear that nothing more will come

    # -- running rows here --------------------------------------------------------------------------------------

    def run_next(self) -> bool:
        """Run the next rows that have not begun; return whether there were any for this process."""
        running = self._take_front()
        if running is None:
            return False
        if self._is_worth_giving():
            self._scheduler.heed_flags()
        self._run(running)
        return True

    @indivisible
    def _take_front(self) -> RunningSlice | None:
        """Begin a slice of the first unbegun rows."""
        with self._lock:
            kept_only = self._scheduler.runs_nothing_itself or not self._unbegun
            ranges = self._kept if kept_only else self._unbegun
            if not ranges:
                return None
            most = len(ranges.first())
            count = min(most, self._rows_of_slice(most))
            (rows,) = ranges.take(count, from_front=True)
            if count > 1:  # before the map leaves the table: a process with rows to split is never taken for idle
                self._scheduler.ready.running[self] = True
            self._note_unbegun()
            now, cost = self._scheduler.clock(), self._seconds_per_row or 0.0
            running = RunningSlice(self._rows, self._columns, rows, now, cost)
            self._slices.add(running)
            self._started, self._at_hand_until = now, now + cost * count
            return running

    def _rows_of_slice(self, rows: int) -> int:
        # Shorter ones before the end, for the workers that will be idle then. But none so short that it would have
        # ended before the I/O thread had its turn.
        cost = self._seconds_per_row
        least = int(TUNING.unknown_rows_stay_seconds / cost) + 1 if cost else rows
        return min(self._slice_rows, max(least, (rows + 1) // 2))

    def _run(self, running: RunningSlice) -> None:
        error: BaseException | None = None
        try:
            error = running.run()
        except BaseException as struck:  # by a signal handler: it is the row's, and goes on to the program
            error = struck
            raise
        finally:
            segment = running.last_segment(error)
            self._learn(running)
            self._end_slice(running)
            self._deliver(segment)
            del error

    @indivisible
    def _end_slice(self, running: RunningSlice) -> None:
        with self._lock:
            self._slices.discard(running)
            if not [each for each in self._slices if len(each.span) > 1]:
                self._scheduler.ready.running.pop(self, None)

    def _learn(self, running: RunningSlice) -> None:
        """Remember what rows take, and how many the next slice is to have."""
        seconds = self._scheduler.clock() - running.started
        count, costs = running.count or 1, self._scheduler.costs
        # Less is mostly the price of the slice itself.
        if self._seconds_per_row is None or seconds > TUNING.first_slice_seconds / 2:
            self._note_seconds(seconds / count)
        if costs.bytes(self._rows.function) >= TUNING.heavy_bytes:
            self._slice_rows = 1
            return
        growth, aim = TUNING.slice_growth, TUNING.slice_seconds
        rows = int(aim * count / seconds) if seconds * growth > aim else growth * count
        self._slice_rows = max(1, min(rows, growth * count, TUNING.most_slice_rows))

    def _note_seconds(self, seconds: float) -> None:
        self._seconds_per_row = seconds
        self._scheduler.costs.note_seconds(self._rows.function, seconds)

    def _is_worth_giving(self) -> bool:
        """Return whether what has not begun may last long enough: the I/O thread looks later at what is short."""
        seconds = self.seconds_left()
        return seconds is None or seconds > TUNING.worth_giving_seconds

    # -- giving rows away ---------------------------------------------------------------------------------------

    @indivisible
    def steal(self, wanted: int) -> Sequence[InFlight]:
        """Take rows for other workers, of which so many wait; none if that is not worth it."""
        with self._lock:
            if not self._unbegun:
                return self._steal_from_slices()
            plan = plan_steal(self._situation(wanted), TUNING)
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
        return None if cost is None else cost * len(self._unbegun)

    def _situation(self, wanted: int) -> Situation:
        scheduler, function = self._scheduler, self._rows.function
        now = scheduler.clock()
        return Situation(
            len(self._unbegun),
            self._seconds_per_row,
            scheduler.costs.bytes(function),
            scheduler.size,
            wanted,
            now - self._started,
            abs(self._at_hand_until - now) if self._slices else 0.0,
            scheduler.runs_nothing_itself,
        )

    def _steal_from_slices(self) -> list[InFlight]:
        """Split the first slice that has long to go, or has run too long."""
        now = self._scheduler.clock()
        for running in self._slices:
            long = running.seconds_left() > 2 * TUNING.worth_giving_seconds
            if long or now - running.started > TUNING.overdue_seconds:
                rows = running.split()
                if rows:
                    return [self._new_chunk(span) for span in divide(rows, 1, len(rows), self._most_in_chunk)]
        return []

    def _new_chunk(self, span: range, options: TaskOptions | None = None) -> StolenChunk:
        columns = tuple([column[span.start : span.stop] for column in self._columns])
        chunk = StolenChunk(self, self._rows, columns, span, options or self._options)
        self._chunks.add(chunk)
        return chunk

    # -- for stolen chunks --------------------------------------------------------------------------------------

    def is_wanted(self, row: int) -> bool:
        """Return whether the consumer still wants a row."""
        return row < self._end and not self._cancelled

    def chunk_reported(self, segments: Sequence[PackedSegment], seconds_per_row: float | None) -> None:
        """Take in rows, and what one took."""
        if seconds_per_row is not None:
            self._note_seconds(seconds_per_row)
        for segment in segments:
            self._deliver(segment)

    def chunk_failed(self, row: int, error: BaseException) -> None:
        """Take in that a row has failed without a word of its own."""
        self._deliver(Segment(row, 1, [], error))

    @indivisible
    def chunk_ended(self, chunk: StolenChunk) -> None:
        """Forget a chunk."""
        with self._lock:
            self._chunks.discard(chunk)

    @indivisible
    def chunk_stays(self, chunk: StolenChunk, cannot_travel: bool) -> None:
        """Put the rows of a chunk back, among those that cannot travel if its pickling has failed."""
        with self._lock:
            self._chunks.discard(chunk)
            if self._cancelled or chunk.span.start >= self._end:
                return
            (self._kept if cannot_travel else self._unbegun).put_back(chunk.span)
            self._note_unbegun()
        self._scheduler.wake()

    @indivisible
    def resend_singly(self, rows: Sequence[int], retries: int) -> None:
        """Send rows anew whose worker died: singly, so that the row that kills is the only one lost."""
        with self._lock:
            if self._cancelled:
                return
            wanted = [row for row in rows if row < self._end]
            chunks = [self._new_chunk(range(row, row + 1), TaskOptions(retries)) for row in wanted]
        self._scheduler.send_suspects(chunks)

    def retries_of(self, options: TaskOptions) -> int:
        """Return how often a task with these options is handed out again."""
        return self._scheduler.retries if options.retries is None else options.retries

    def send(self, message: Message) -> None:
        """Send a message to the broker."""
        self._scheduler.send(message)

    # -- the rest -----------------------------------------------------------------------------------------------

    @indivisible
    def _deliver(self, segment: AnySegment) -> None:
        """Have results arrive."""
        if not segment.rows:
            return
        failed = segment.failed if isinstance(segment, PackedSegment) else segment.error is not None
        with self._lock:
            if self._cancelled:
                return
            self._arrived.add(segment)
            if failed:
                self._drop_unbegun(segment.start + segment.rows)
            unwanted = [chunk for chunk in self._chunks if chunk.span.start >= self._end] if failed else ()
        for chunk in unwanted:
            chunk.cancel()
        self._notify()

    def _drop_unbegun(self, start: int) -> None:
        """Let no row from ``start`` on begin any more in this process."""
        if start >= self._end:
            return
        self._end = start
        self._unbegun.drop_from(start)
        self._kept.drop_from(start)
        for running in self._slices:
            if running.span.start >= start:
                running.stop()
        self._note_unbegun()

    def _note_unbegun(self) -> None:
        """Be in the tables exactly while there are rows for them. Under the lock, as all that changes those."""
        for table, ranges in (
            (self._scheduler.ready.tasks, self._unbegun),
            (self._scheduler.ready.kept, self._kept),
        ):
            if ranges and self not in table:
                table[self] = True
            elif not ranges:
                table.pop(self, None)

    def _describe(self, row: int) -> str:
        return describe_call(self._rows.function, tuple([column[row] for column in self._columns]), {})
