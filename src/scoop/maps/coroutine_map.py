"""A map of a function that was made by ``async def``: each row is a task of its own, many of which run at a time.

Rows of other maps are gone over one after another. Coroutines only wait, so they are not to wait for each other. They
are tasks as those of ``futures.submit`` are: shared out, bounded, cancelled and tried again like these.
"""

from collections import deque
from collections.abc import Generator, Iterator
from time import monotonic
from typing import Any, Protocol

from ..engine.blocking import Threads, WaitPoint
from ..engine.future import Future, error_of, has_ended, new_task, watch
from ..engine.signal_safety import calls_program
from ..engine.withdrawal import Offers, withdraw
from ..errors import ScoopError, add_note, brief
from ..tuning import TUNING
from .consumer import Point
from .row_functions import MapRows

__all__ = ["CoroutineMap", "CoroutineMapScheduler"]

Row = tuple[Any, ...]


class CoroutineMapScheduler(Threads, Offers, Protocol):
    """What is needed of the scheduler."""

    size: int
    refusal: Exception | None
    is_closed: bool

    def offer(self, future: Future, /) -> None: ...


class CoroutineMap:
    """The rows of one map.

    Parameters:
        scheduler: of this process.
        rows: has the function.
        inputs: yields the arguments of each row.
        ordered: whether results are wanted in the order of the inputs, or each as soon as it is there.
        most: rows that may be read ahead of the consumer; None for some for each worker.
    """

    looks_every_seconds: float | None = None  # no results are there that it has not been told of

    def __init__(
        self, scheduler: CoroutineMapScheduler, rows: MapRows, inputs: Iterator[Row], ordered: bool, most: int | None
    ) -> None:
        self._point: Point = WaitPoint(scheduler)
        self._scheduler = scheduler
        self._function, self._options = rows.function, rows.options
        self._unread = enumerate(inputs)
        self._ordered = ordered
        self._most = 2 * TUNING.most_coroutines * scheduler.size if most is None else most
        self._rows: dict[Future, tuple[int, Row]] = {}  # that were read, and whose results were not taken
        self._queue: deque[Future] = deque()  # of these: in order, or else those that have ended
        self._problem: Exception | None = None  # what the inputs raised, in place of the next one
        try:
            self._read()
        except BaseException:  # Ctrl-C while they are read: there will be no map
            self.cancel()
            raise

    def tell(self, point: Point) -> None:
        """Have ``point`` notified when results() can go on."""
        self._point = point

    def is_over(self) -> bool:
        """Return whether results() can go on at once."""
        try:
            return has_ended(self._queue[0])
        except IndexError:
            return not self._rows

    def results(self, deadline: float | None = None) -> Generator[list[Any], None, None]:
        """Yield results, each in a list; raise what failed, in its place: then nothing more begins."""
        try:
            while self._rows:
                self._wait(deadline)
                future = self._queue.popleft()
                number, row = self._rows.pop(future)
                if (error := error_of(future)) is not None:
                    if not isinstance(error, ScoopError):
                        _note_input(error, number, row)
                    __tracebackhide__ = True  # notebooks and pytest show no frame that has this
                    raise error
                self._read()
                yield [future.result()]
                del future
            if self._problem is not None:
                raise self._problem
        finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
            self.cancel()

    def cancel(self) -> None:
        """Let nothing more begin, and cancel what has."""
        self._unread = enumerate(())
        unwanted, self._rows = self._rows, {}
        self._queue.clear()
        # After the run nothing begins. The interpreter may be ending, so that not even our modules are whole.
        if unwanted and not self._scheduler.is_closed:
            withdraw(self._scheduler, unwanted)
            self._point.notify()

    def collect_finished(self) -> None:
        """Do nothing: it is told of each result."""

    def _wait(self, deadline: float | None) -> None:
        while not self.is_over():
            if deadline is not None and monotonic() >= deadline:
                raise TimeoutError("no result came within the timeout of the map; what has not begun is cancelled")
            self._point.block(self.is_over, deadline, prompt=True)

    @calls_program
    def _read(self) -> None:
        """Read rows, as far ahead as may be, and have them begin."""
        while len(self._rows) < self._most and self._problem is None:
            try:
                number, row = next(self._unread)
            except StopIteration:
                return
            except Exception as problem:  # in its turn: after the results of the inputs before it
                self._problem = problem
                return
            self._begin(number, row)

    def _begin(self, number: int, row: Row) -> None:
        if self._scheduler.refusal is not None:  # no row could run any more
            self._problem = self._scheduler.refusal.with_traceback(None)
            return
        future = new_task(self._function, row, {}, self._options)
        self._rows[future] = number, row
        if self._ordered:
            self._queue.append(future)
        watch(future, self._has_ended)
        self._scheduler.offer(future)

    def _has_ended(self, future: Future) -> None:
        if not self._ordered and future in self._rows:
            self._queue.append(future)
        if self.is_over():
            self._point.notify()


@calls_program
def _note_input(error: BaseException, number: int, row: Row) -> None:
    add_note(error, f"input {number} of the map: {brief(row if len(row) > 1 else row[0])}")
