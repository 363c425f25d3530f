"""What the program's calls do with a map: iterate over its results, in order or as they arrive; reduce, or scan them.

Inputs are cut into windows. A reduction or a scan is a map whose results are reduced or accumulated where they are
computed; only sums travel. A scan is a parallel prefix in two passes: the first accumulates each part from its own
start, the second puts the sum of all that stands before a part in front of its elements. So the operation is called
about twice as often as serially, on as many processors as there are.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial, reduce
from itertools import accumulate, chain, islice, repeat
from operator import itemgetter
from sys import modules
from typing import Any, NoReturn, cast

from ..engine import runtime
from ..engine.offers.limited_offers import check
from ..engine.process.signal_safety import calls_program
from ..engine.tasks.async_function import AsyncFunction
from ..engine.tasks.places import number
from ..engine.tasks.task import PLAIN
from ..engine.threads.blocking import deadline_after
from ..progress.loops import Loop, ending
from ..tuning import TUNING
from .consumer import Consumer, Point, Source
from .counted_map import CountedMap, loop_over, told_rows
from .map_in_progress import MapInProgress
from .map_scheduler import MapScheduler
from .presentation import PLAIN_RESULTS, Presentation, note_input
from .row_functions import Columns, MapRows, Operation, ReduceRows, ScanRows
from .segment import Segment

__all__ = ["MapScheduler", "map_reduce", "map_scan", "read_columns", "start", "start_map"]

_SLICED = (list, tuple, range, str, bytes)


class Inputs:
    """The inputs of one map, as windows: a single one where their number is known, else one after another.

    The sizes are those of futures.map.
    """

    looks_every_seconds: float | None = TUNING.deliver_after_seconds
    """Between two looks for results that only collect_finished() finds; None if there are none such."""

    def __init__(
        self,
        scheduler: MapScheduler,
        rows: MapRows,
        iterables: tuple[Iterable[Any], ...],
        ordered: bool = True,
        buffersize: int | None = None,
        chunksize: int | None = None,
        *,
        loop: Loop | None = None,
    ) -> None:
        self.presentation: Presentation | None = None  # of the results; None: they are yielded as they are
        self._scheduler = scheduler
        self._rows = rows
        rows.take_place()
        self._chunksize = chunksize or 1
        self._new_window = MapInProgress if loop is None else partial(CountedMap, loop)
        self._consumer = Consumer(scheduler, ordered)
        self._windows = self._consumer.maps  # not used up
        self._rows_added = 0
        self._problem: Exception | None = None  # what the inputs raised, in place of the next one
        self._unread: Iterator[Any] = iter(())
        self._width = len(iterables)
        self._depth = 0  # windows that are read ahead: none, if all inputs are at hand
        leave = rows.options is not PLAIN and rows.options.leaves
        if leave:
            check(scheduler, rows.function, rows.options)
        # Rows that leave are all sent away as they are read: so not too many at once.
        told = told_rows(iterables) if buffersize is None and not leave else None
        if told is not None and all(map(_can_be_sliced, iterables)):
            if told:
                self._add(_copied(iterables))
        else:
            self._most = TUNING.most_read_ahead if buffersize is None else max(1, buffersize // 2)
            self._ahead = min(self._most, TUNING.read_ahead * scheduler.size // 2)
            self._depth = 1 if buffersize == 1 else 2
            self._read_at = scheduler.clock()
            # Iterated over once, and not asked again after its end: who knows what it would say.
            self._unread = islice(iterables[0] if self._width == 1 else zip(*iterables, strict=False), None)
            try:
                self._read(told)
            except BaseException:  # Ctrl-C while they are read: there will be no map
                self.cancel()
                raise

    def results(self, deadline: float | None = None, noted: bool = True) -> Generator[list[Any], None, None]:
        """Yield results in lists; raise what failed, in its place: then nothing more begins.

        ``noted``: an exception is to say at which input a call has raised it.
        """
        try:
            while (segment := self._next(deadline)) is not None:
                if segment.values:
                    show = self.presentation
                    yield segment.values if show is None else show.show(segment, self._consumer.source)
                if segment.error is not None:
                    if segment.by_call and noted and (source := self._consumer.source) is not None:
                        row = segment.start + segment.rows - 1
                        note_input(segment.error, source.offset + row, source.inputs_of(row))
                    __tracebackhide__ = True  # notebooks and pytest show no frame that has this
                    raise segment.error
                del segment
        finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
            self.cancel()

    def tell(self, point: Point) -> None:
        """Have ``point`` notified when results() can go on."""
        self._consumer.point = point

    def is_over(self) -> bool:
        """Return whether results() can go on at once."""
        return self._consumer.is_over()

    def collect_finished(self) -> None:
        """Have results arrive of rows that have ended while the loop over their slice goes on."""
        for window in self._windows:
            window.collect_finished()

    def cancel(self) -> None:
        """Let nothing more begin."""
        self._unread = iter(())
        # After the run nothing begins. The interpreter may be ending, so that not even our modules are whole.
        if not self._scheduler.is_closed:
            self._consumer.close()

    def _next(self, deadline: float | None) -> Segment | None:
        """Return the next results; None at the end. Raise what the inputs raised, in its place."""
        segment = self._consumer.next(deadline)
        while self._drop_consumed():
            self._read()
            if segment is None:
                segment = self._consumer.next(deadline)
        if segment is None and self._problem is not None:
            raise self._problem
        return segment

    def _drop_consumed(self) -> bool:
        """Let go of a window whose results were all taken; return whether there was one."""
        for window in self._windows:
            if window.is_consumed:
                self._windows.remove(window)
                return True
        return False

    @calls_program
    def _read(self, told: int | None = None) -> None:
        """Read windows, as far ahead as may be. The first has as many rows as were ``told``, if any were."""
        while len(self._windows) < self._depth and self._problem is None:
            now = self._scheduler.clock()
            if now - self._read_at < TUNING.read_ahead_seconds:
                self._ahead = min(2 * self._ahead, self._most)
            self._read_at = now
            rows: list[Any] = []
            most, told = told or self._ahead, None
            try:
                rows.extend(islice(self._unread, most))
            except Exception as problem:  # in its turn: after the results of the inputs before it
                self._problem = problem
            if not rows:
                return
            if self._scheduler.refusal is not None:  # no row could run any more
                self._problem = self._scheduler.refusal
                return
            self._add((rows,) if self._width == 1 else _transposed(rows, self._width))

    def _add(self, columns: Columns) -> None:
        if self._rows.is_numbered:
            columns = number(columns, self._rows_added)
        window = self._new_window(self._scheduler, self._rows, columns, self._consumer.notify, self._chunksize)
        window.offset, self._rows_added = self._rows_added, self._rows_added + window.total
        self._windows.append(window)
        if priority := self._rows.options.priority:
            self._scheduler.ready.urgent.add(window, priority)


def read_columns(iterables: tuple[Iterable[Any], ...]) -> Columns:
    """Return the inputs of a map, read to their end."""
    if all(map(_can_be_sliced, iterables)):
        return _copied(iterables)
    return _transposed([*zip(*iterables, strict=False)], len(iterables))


def _can_be_sliced(iterable: Any) -> bool:
    """Return whether slices have what iterating gives. A subclass may iterate over something else."""
    cls = type(iterable)
    return cls in _SLICED or (cls is getattr(modules.get("numpy"), "ndarray", None) and iterable.ndim > 0)


def _copied(iterables: tuple[Any, ...]) -> Columns:
    """Return inputs that the program will not change; those that are large and no lists, as they are."""
    return tuple([[*iterable] if type(iterable) is list else iterable for iterable in iterables])


def _transposed(rows: list[tuple[Any, ...]], width: int) -> Columns:
    return tuple([[*map(itemgetter(place), rows)] for place in range(width)])


class Results(chain[Any]):
    """The results of a map, an iterator that runs in C: what it is given are lists."""

    inputs: Source
    lists: Generator[list[Any], None, None]
    kept: object  # what is to live as long as they are wanted

    def close(self) -> None:
        """Cancel what has not begun."""
        self.lists.close()
        self.inputs.cancel()
        for _ in self:  # to its end: what it has at hand is not wanted either
            pass  # and without any name of this module: the interpreter may be ending

    def __aiter__(self) -> NoReturn:
        raise TypeError("`async for` cannot take the results of this map: start it with futures.amap(), or use `for`")


def start_map(
    scheduler: MapScheduler,
    func: Callable[..., Any],
    iterables: Any,
    timeout: float | None,
    ordered: bool,
    *sizes: int | None,
    must_travel: bool = False,
    show: Presentation = PLAIN_RESULTS,
) -> Results:
    """Start a map now; return its results, in the order of the inputs, or each as soon as it is there.

    ``must_travel``: what cannot travel fails, instead of running in this process.
    """
    deadline = deadline_after(timeout)
    loop = None if show.progress is None else loop_over(show.progress, iterables)
    inputs = start(scheduler, func, iterables, ordered, *sizes, must_travel=must_travel, show=show, loop=loop)
    lists = inputs.results(deadline) if loop is None else ending(loop, inputs.results(deadline))
    results = cast(Results, Results.from_iterable(map(_letting_go, lists) if must_travel else lists))
    results.inputs, results.lists = inputs, lists
    return results


def _letting_go(values: list[Any]) -> Iterator[Any]:
    """Iterate over a list, which lets go of each value: the program may be done with it before it takes the next."""
    values.reverse()
    return map(values.pop, repeat(-1, len(values)))


def start(
    scheduler: MapScheduler,
    func: Callable[..., Any],
    iterables: Any,
    ordered: bool,
    *sizes: int | None,
    must_travel: bool = False,
    show: Presentation = PLAIN_RESULTS,
    loop: Loop | None = None,
) -> Source:
    """Start a map now; return it. See start_map(). ``loop``: counts its rows, if one does."""
    rows = show.rows(func, must_travel)
    presentation = None if show.is_plain else show
    if isinstance(rows.function, AsyncFunction):
        from .coroutine_map import start_coroutines  # which few programs need

        check(scheduler, rows.function, rows.options)
        buffersize = sizes[0] if sizes else None
        return start_coroutines(scheduler, rows, iterables, ordered, buffersize, loop, presentation)
    inputs = Inputs(scheduler, rows, iterables, ordered, *sizes, loop=loop)
    inputs.presentation = presentation
    return inputs


def map_reduce(func: Callable[..., Any], op: Operation, *iterables: Iterable[Any]) -> Any:
    """Reduce ``func(*row)`` over all rows, keeping their order: ``op`` need not commute."""
    scheduler = cast(MapScheduler, runtime.need("futures.mapReduce()"))
    inputs = Inputs(scheduler, ReduceRows(func, op), iterables)
    __tracebackhide__ = True
    sums: list[Any] = []
    for found in inputs.results():
        sums = [reduce(op, sums + found)]
    if not sums:
        raise TypeError("mapReduce() of empty iterable: there is nothing to reduce, and no initial value")
    return sums[0]


def map_scan(func: Callable[..., Any], op: Operation, *iterables: Iterable[Any]) -> list[Any]:
    """Return all prefixes of ``func(*row)`` over all rows, put together by ``op``, which need not commute."""
    scheduler = cast(MapScheduler, runtime.need("futures.mapScan()"))
    __tracebackhide__ = True
    parts = [*chain.from_iterable(Inputs(scheduler, ScanRows(func, op), iterables).results())]
    if not parts:
        raise TypeError("mapScan() of empty iterable: there is nothing to reduce, and no initial value")
    before = [*accumulate((each[-1] for each in parts[:-1]), op)]
    shifted = Inputs(scheduler, MapRows(partial(_shift, op)), (before, parts[1:])).results(noted=False)
    return [*chain(parts[0], *chain.from_iterable(shifted))]


def _shift(op: Operation, before: Any, elements: list[Any]) -> list[Any]:
    return list(map(partial(op, before), elements))
