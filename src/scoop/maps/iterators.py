"""The iterators that maps return: inputs are cut into windows, results come in order or as they arrive."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from itertools import chain, islice
from typing import Any, cast

from ..engine.blocking import deadline_after
from ..engine.signal_safety import calls_program
from ..engine.task import TaskOptions, split_options
from ..tuning import TUNING
from .consumer import Consumer
from .map_in_progress import MapInProgress
from .map_scheduler import MapThreads
from .row_functions import Columns, MapRows
from .segment import Segment

__all__ = ["Inputs", "as_they_arrive", "in_order"]


class Inputs:
    """The inputs of one map, as windows: a single one where their number is known, else one after another.

    Parameters:
        scheduler: of this process.
        rows: what is done to them.
        options: of the tasks.
        iterables: the inputs, zipped.
        ordered: whether results come in order.
        buffersize: how many may be read ahead, None if that is left to SCOOP.
        chunksize: how many to begin with in one go.
    """

    def __init__(
        self,
        scheduler: MapThreads,
        rows: MapRows,
        options: TaskOptions,
        iterables: tuple[Iterable[Any], ...],
        ordered: bool = True,
        buffersize: int | None = None,
        chunksize: int | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._rows = rows
        self._options = options
        self._chunksize = chunksize or 1
        self._consumer = Consumer(scheduler, ordered)
        self._windows = self._consumer.maps  # not used up
        self._problem: Exception | None = None  # what the inputs raised, in place of the next one
        self._unread: Iterator[Any] = iter(())
        self._single = len(iterables) == 1
        self._most = TUNING.most_read_ahead if buffersize is None else max(1, buffersize // 2)
        self._ahead = min(self._most, TUNING.read_ahead * scheduler.size // 2)
        self._depth = 1 if buffersize == 1 else 2
        self._read_at = scheduler.clock()
        if buffersize is None and all(isinstance(iterable, Sized) for iterable in iterables):
            columns = tuple([_sliceable(iterable) for iterable in iterables])
            if min(map(len, columns)):
                self._add(columns)
        else:
            self._unread = iter(iterables[0]) if self._single else zip(*iterables, strict=False)
            try:
                self._read()
            except BaseException:  # Ctrl-C while they are read: there will be no map
                self.cancel()
                raise

    def next(self, deadline: float | None = None) -> Segment | None:
        """Return the next results; None at the end. Raise what the inputs raised, in its place."""
        segment = self._consumer.next(deadline)
        while self._windows and (used := self._used_window()) is not None:
            self._windows.remove(used)
            self._read()
            if segment is None:
                segment = self._consumer.next(deadline)
        if segment is None and self._problem is not None:
            raise self._problem
        return segment

    def results(self, deadline: float | None = None) -> Iterator[list[Any]]:
        """Yield results in lists; raise what failed, in its place: then nothing more begins."""
        try:
            while (segment := self.next(deadline)) is not None:
                if segment.values:
                    yield segment.values
                if segment.error is not None:
                    raise segment.error
                del segment
        finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
            self.cancel()

    def cancel(self) -> None:
        """Let nothing more begin."""
        self._unread = iter(())
        for window in self._windows:
            window.cancel()
        self._windows.clear()

    def _used_window(self) -> MapInProgress | None:
        return next((window for window in self._windows if window.is_consumed), None)

    @calls_program
    def _read(self) -> None:
        """Read ahead, as far as allowed."""
        while len(self._windows) < self._depth and self._problem is None:
            now = self._scheduler.clock()
            if now - self._read_at < TUNING.read_ahead_seconds:
                self._ahead = min(2 * self._ahead, self._most)
            self._read_at = now
            rows: list[Any] = []
            try:
                rows.extend(islice(self._unread, self._ahead))
            except Exception as problem:  # in its turn: after the results of the inputs before it
                self._problem = problem
            if not rows:
                return
            self._add((rows,) if self._single else tuple(zip(*rows, strict=True)))

    def _add(self, columns: Columns) -> None:
        window = MapInProgress(
            self._scheduler, self._rows, columns, self._options, self._consumer.notify, self._chunksize
        )
        self._windows.append(window)


def _sliceable(iterable: Any) -> Any:
    """Return inputs of which slices can be had: themselves, where they cannot change; views, where they are large."""
    if isinstance(iterable, range | tuple | str | bytes) or type(iterable).__module__ == "numpy":
        return iterable
    return list(iterable)


class Results(chain[Any]):
    """The results of a map, an iterator that runs in C: what it is given are lists."""

    inputs: Inputs
    lists: Generator[list[Any], None, None]

    def close(self) -> None:
        """Cancel what has not begun."""
        self.lists.close()
        self.inputs.cancel()
        deque(self, maxlen=0)  # to its end: what it has at hand is not wanted either


def in_order(
    scheduler: MapThreads, func: Callable[..., Any], iterables: Any, timeout: float | None, *sizes: int | None
) -> Results:
    """Start a map now; return its results, in the order of the inputs."""
    return _start(scheduler, func, iterables, timeout, True, sizes)


def as_they_arrive(
    scheduler: MapThreads, func: Callable[..., Any], iterables: Any, timeout: float | None, *sizes: int | None
) -> Results:
    """Start a map now; return its results, each as soon as it is there."""
    return _start(scheduler, func, iterables, timeout, False, sizes)


def _start(
    scheduler: MapThreads,
    func: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    ordered: bool,
    sizes: tuple[int | None, ...],
) -> Results:
    deadline = deadline_after(timeout)
    function, options = split_options(func)
    inputs = Inputs(scheduler, MapRows(function), options, iterables, ordered, *sizes)
    lists = inputs.results(deadline)
    results = cast(Results, Results.from_iterable(lists))
    results.inputs, results.lists = inputs, cast("Generator[list[Any], None, None]", lists)
    return results
