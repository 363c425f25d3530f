"""A map of a function that was made by ``async def``: each row is a task of its own, many of which run at a time.

Rows of other maps are gone over one after another. Coroutines only wait, so none is to wait for another. Their
tasks are run, bounded and tried again as those of ``futures.submit`` are. But they begin in the order of the inputs:
so they wait in a queue here, and the map stands in the ready table while there are some.

    read ──> queued ──run_next()──> on offer ──> runs here ───┐
                 └─────steal()────> sent ──────> runs there ──┴──> ended: taken by the consumer
"""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from math import ceil
from threading import RLock
from time import monotonic
from typing import Any, Protocol, cast

from ..engine.offers.outbox import FutureInFlight, InFlight
from ..engine.offers.withdrawal import Offers, withdraw
from ..engine.process.instruments import offered
from ..engine.process.signal_safety import calls_program, indivisible
from ..engine.results import future as f
from ..engine.results.future import Future
from ..engine.tasks.places import of_row
from ..engine.threads.blocking import Threads, WaitPoint
from ..errors import ScoopError
from ..progress.loops import Loop
from ..tuning import TUNING
from .consumer import Point
from .counted_map import told_rows
from .map_scheduler import MapScheduler
from .presentation import Presentation, note_input
from .row_functions import MapRows
from .tolerant_rows import FailedRow

__all__ = ["CoroutineMap", "CoroutineMapScheduler", "fair_share", "start_coroutines"]

Row = tuple[Any, ...]


class CoroutineMapScheduler(Threads, Offers, Protocol):
    """The methods of the scheduler that are needed here."""

    size: int
    refusal: Exception | None
    is_closed: bool

    def heed_flags(self) -> None: ...
    def wake_if_idle(self) -> None: ...
    def run_if_unclaimed(self, future: Future, /) -> bool: ...
    def defer(self, call: Any, /) -> None: ...
    def discard(self, thing: object, /) -> None: ...


class _RowThatMustTravel(FutureInFlight):
    """A row of an executor's map. If it cannot travel it fails, and does not run where the map is."""

    __slots__ = ()

    must_travel = True


class CoroutineMap:
    """The rows of one map.

    Parameters:
        scheduler: of this process.
        rows: has the function.
        inputs: yields the arguments of each row.
        ordered: whether results are wanted in the order of the inputs, or each as soon as it is there.
        most: rows that may be read ahead of the consumer; None for some for each worker.
        loop: counts the rows that have ended, if one does.
    """

    begins_coroutines = True
    looks_every_seconds: float | None = None  # no results are there that it has not been told of

    def __init__(
        self,
        scheduler: CoroutineMapScheduler,
        rows: MapRows,
        inputs: Iterator[Row],
        ordered: bool,
        most: int | None,
        loop: Loop | None = None,
    ) -> None:
        self.presentation: Presentation | None = None  # how results are shown; None if as they are
        self._point: Point = WaitPoint(scheduler)
        self._scheduler = scheduler
        rows.take_place()
        self._function, self._options, self._is_numbered = rows.function, rows.options, rows.is_numbered
        self._in_flight = _RowThatMustTravel if rows.must_travel else FutureInFlight
        self._unread = enumerate(inputs)
        self._ordered = ordered
        self._loop = loop
        self._most = 2 * TUNING.most_coroutines * scheduler.size if most is None else most
        self._rows: dict[Future, tuple[int, Row]] = {}  # that were read, and whose results were not taken
        self._turns: deque[Future] = deque()  # of these: in order, or else those that have ended
        self._queue: deque[Future] = deque()  # of these: those that have not begun
        self._lock = RLock()  # reentrant: the garbage collector may cancel the map at any moment
        self._problem: Exception | None = None  # what the inputs raised, in place of the next one
        try:
            self._read()
        except BaseException:  # Ctrl-C while they are read: there will be no map
            self.cancel()
            raise

    # -- for the consumer: see Source -----------------------------------------------------------------------------

    def tell(self, point: Point) -> None:
        """Have ``point`` notified when results() can go on."""
        self._point = point

    def is_over(self) -> bool:
        """Return whether results() can go on at once."""
        try:
            return f.has_ended(self._turns[0])
        except IndexError:
            return not self._rows

    def results(self, deadline: float | None = None) -> Generator[list[Any], None, None]:
        """Yield results, each in a list; raise what failed, in its place: then nothing more begins."""
        try:
            while self._rows:
                self._wait(deadline)
                future = self._turns.popleft()
                number, row = self._rows.pop(future)
                show, error = self.presentation, f.error_of(future)
                if error is not None and not (show is not None and show.goes_on_after(error)):
                    if not isinstance(error, ScoopError):
                        note_input(error, number, row)
                    __tracebackhide__ = True  # notebooks and pytest show no frame that has this
                    raise error
                self._read()
                value = FailedRow(error) if error is not None else future.result()
                yield [value] if show is None else show.show_row(number, value, row)
                del future, value, error
            if self._problem is not None:
                raise self._problem
        finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
            self.cancel()

    def collect_finished(self) -> None:
        """Do nothing: it is told of each result."""

    def cancel(self) -> None:
        """Let nothing more begin, and cancel what has."""
        self._unread = enumerate(())
        # After the run nothing begins. The interpreter may be ending, so that not even our modules are whole.
        if self._scheduler.is_closed:
            return
        self._cancel_queued()
        unwanted, self._rows = self._rows, {}
        self._turns.clear()
        if unwanted:
            withdraw(self._scheduler, [future for future in unwanted if not future.cancelled()])
            self._point.notify()

    def _wait(self, deadline: float | None) -> None:
        while not self.is_over():
            if deadline is not None and monotonic() >= deadline:
                raise TimeoutError("no result came within the timeout of the map; what has not begun is cancelled")
            self._point.block(self.is_over, deadline, prompt=True)

    # -- reading --------------------------------------------------------------------------------------------------

    @calls_program
    def _read(self) -> None:
        """Read rows, as far ahead as may be, and put them in the queue."""
        count = len(self._rows)
        while len(self._rows) < self._most and self._problem is None:
            try:
                number, row = next(self._unread)
            except StopIteration:
                break
            except Exception as problem:  # in its turn: after the results of the inputs before it
                self._problem = problem
                break
            self._add(number, row)
        if len(self._rows) > count:
            self._scheduler.wake_if_idle()
            self._scheduler.heed_flags()

    def _add(self, number: int, row: Row) -> None:
        options = of_row(self._options, number) if self._is_numbered else self._options
        future = f.new_task(self._function, row, {}, options)
        offered(future)
        self._rows[future] = number, row
        if self._ordered:
            self._turns.append(future)
        f.watch(future, self._has_ended)
        self._put([future])
        self._end_unwanted()

    def _has_ended(self, future: Future) -> None:
        if self._loop is not None:
            self._loop.add(1)
        if not self._ordered and future in self._rows:
            self._turns.append(future)
        if self.is_over():
            self._point.notify()

    # -- the queue: see OpenMap in engine/offers/ready_table.py ---------------------------------

    def run_next(self, only_kept: bool) -> bool:
        """Begin the next row here, if it is not left to others; return whether there was one."""
        future = None if only_kept or self._options.leaves else self._pop()
        if future is None:
            return False
        self._scheduler.ready.tasks[future] = True  # not in this thread's hands alone: a signal may strike
        self._scheduler.heed_flags()
        self._scheduler.run_if_unclaimed(future)
        return True

    def steal(self, wanted: int) -> Sequence[InFlight]:
        """Take rows for other workers, of which so many wait."""
        taken = (self._pop() for _ in range(fair_share(len(self._queue), wanted, self._scheduler.size)))
        return [self._in_flight(future) for future in taken if future is not None]

    def sending(self, chunks: Sequence[InFlight]) -> Iterator[InFlight]:
        """Yield what was stolen; put back what is not taken from the iterator."""
        left = [chunk for chunk in reversed(chunks) if isinstance(chunk, FutureInFlight)]
        try:
            while left:
                yield left.pop()
        finally:
            self._put([chunk.cannot_travel() for chunk in left], in_front=True)
            self._end_unwanted()

    def seconds_left(self) -> float | None:
        """Return how long the rows would take: that is not known."""
        return None

    def withdraw(self) -> None:
        """Cancel what has not begun: the consumer is to hear of that."""
        self._unread = enumerate(())
        self._cancel_queued()

    def refuse(self, error: Exception) -> None:
        """Fail all that has not begun."""
        while (future := self._pop()) is not None:
            f.fail(future, error, self._scheduler, noted=False)

    def _end_unwanted(self) -> None:
        """End what was put into the queue while another thread has emptied it: this thread or that one sees both."""
        if (error := self._scheduler.refusal) is not None:
            self.refuse(error)
        elif not self._rows:
            self._cancel_queued()

    def _cancel_queued(self) -> None:
        while (future := self._pop()) is not None:
            f.cancel_unbegun(future)

    @indivisible
    def _pop(self) -> Future | None:
        """Take out the next row, if there is one: the caller alone decides what becomes of it."""
        with self._lock:
            future = self._queue.popleft() if self._queue else None
            self._note_queued()
            return future

    @indivisible
    def _put(self, futures: Sequence[Future], in_front: bool = False) -> None:
        with self._lock:
            if in_front:
                self._queue.extendleft(futures)
            else:
                self._queue.extend(futures)
            self._note_queued()

    def _note_queued(self) -> None:
        """Be in the table exactly while there are rows in the queue. Under the lock, as all that changes that."""
        table = self._scheduler.ready.tasks
        if not self._queue:
            table.pop(self, None)
        elif self not in table:
            table[self] = True


def fair_share(rows: int, wanted: int, size: int) -> int:
    """Return how many coroutines go to workers that wait: no more than these can run, and some stay for others."""
    return min(rows, wanted * min(TUNING.most_coroutines, ceil(rows / size)))


def start_coroutines(
    scheduler: MapScheduler,
    rows: MapRows,
    iterables: tuple[Iterable[Any], ...],
    ordered: bool,
    buffersize: int | None,
    loop: Loop | None,
    presentation: Presentation | None,
) -> CoroutineMap:
    """Start a map of coroutines now; return it. See iterators.start()."""
    most = told_rows(iterables) if buffersize is None else buffersize
    inputs = zip(*iterables, strict=False)
    started = CoroutineMap(cast(CoroutineMapScheduler, scheduler), rows, inputs, ordered, most, loop)
    started.presentation = presentation
    return started
