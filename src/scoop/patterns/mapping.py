"""Maps: inputs cut into sweeps, results in order or as they come."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from itertools import chain, islice
from typing import Any, cast

from ..engine.mapper import Broken, Columns, Mapper, Outcome
from ..engine.retries import unwrap
from ..engine.scheduler import Scheduler
from ..engine.sweep import Sweep, wait_for_any
from ..engine.waiting import deadline_after

__all__ = ["Inputs", "as_they_come", "in_order"]

WINDOW = 64
"""Inputs read ahead, a worker, of an iterator that does not tell its length, until it is known what they take."""

LONG_ENOUGH = 0.02
"""Seconds that what is read ahead should keep us busy: more is read while it does not."""

MOST_AHEAD = 1 << 16


class Inputs:
    """The inputs of one map, as sweeps: a single one where their number is known, else one after another.

    Parameters:
        scheduler: of this process.
        mapper: what is done to them.
        iterables: the inputs, zipped.
        buffersize: how many may be read ahead, None if that is left to us.
        chunksize: how many to begin with in one go.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        mapper: Mapper,
        retries: int | None,
        iterables: tuple[Iterable[Any], ...],
        buffersize: int | None = None,
        chunksize: int | None = None,
    ) -> None:
        self.scheduler = scheduler
        self.problem: Exception | None = None  # what the inputs raised, in place of the next one
        self.sweeps: deque[Sweep] = deque()  # not used up
        self._mapper = mapper
        self._retries = retries
        self._chunksize = chunksize or 1
        self._rows: Iterator[Any] = iter(())
        self._single = len(iterables) == 1
        self._most = MOST_AHEAD if buffersize is None else max(1, buffersize // 2)
        self._ahead = min(self._most, WINDOW * scheduler.size // 2)
        self._depth = 1 if buffersize == 1 else 2
        self._read_at = scheduler.clock()
        if buffersize is None and all(isinstance(iterable, Sized) for iterable in iterables):
            columns = tuple([_sliceable(iterable) for iterable in iterables])
            if min(map(len, columns)):
                self._add(columns)
        else:
            self._rows = iter(iterables[0]) if self._single else zip(*iterables, strict=False)
            try:
                self.read()
            except BaseException:  # Ctrl-C while they are read: there will be no map
                self.cancel()
                raise

    def read(self) -> None:
        """Read ahead, as far as we may."""
        while len(self.sweeps) < self._depth and self.problem is None:
            now = self.scheduler.clock()
            if now - self._read_at < LONG_ENOUGH:
                self._ahead = min(2 * self._ahead, self._most)
            self._read_at = now
            rows: list[Any] = []
            try:
                rows.extend(islice(self._rows, self._ahead))
            except Exception as problem:  # in its turn: after the results of the inputs before it
                self.problem = problem
            if not rows:
                return
            self._add((rows,) if self._single else tuple(zip(*rows, strict=True)))

    def _add(self, columns: Columns) -> None:
        self.sweeps.append(Sweep(self.scheduler, self._mapper, columns, self._retries, self._chunksize))

    def outcomes(self) -> Iterator[list[Any]]:
        """Yield what has become of each sweep, as one; raise what failed, in its place: then nothing more begins."""
        try:
            while self.sweeps:
                outcome = self.sweeps[0].collect()
                if isinstance(outcome, Broken):
                    raise outcome.error
                yield outcome
                self.sweeps.popleft()
                self.read()
            if self.problem is not None:
                raise self.problem
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Let nothing more begin."""
        self._rows = iter(())
        for sweep in self.sweeps:
            sweep.cancel()
        self.sweeps.clear()


def _sliceable(iterable: Any) -> Any:
    """Return inputs of which slices can be had: themselves, where they cannot change; views, where they are large."""
    if isinstance(iterable, range | tuple | str | bytes) or type(iterable).__module__ == "numpy":
        return iterable
    return list(iterable)


class Results(chain[Any]):
    """The results of a map, an iterator that runs in C: what it is given are lists."""

    inputs: Inputs
    lists: "_Lists"

    def close(self) -> None:
        """Cancel what has not begun."""
        self.lists.close()
        self.inputs.cancel()
        deque(self, maxlen=0)  # to its end: what it has at hand is not wanted either


def in_order(scheduler: Scheduler, func: Callable[..., Any], iterables: Any, timeout: Any, *sizes: Any) -> Results:
    """Start a map now; return its results, in the order of the inputs."""
    return _start(_in_order, scheduler, func, iterables, timeout, sizes)


def as_they_come(
    scheduler: Scheduler, func: Callable[..., Any], iterables: Any, timeout: Any, *sizes: Any
) -> Results:
    """Start a map now; return its results, each as soon as it is there."""
    return _start(_as_they_come, scheduler, func, iterables, timeout, sizes)


_Lists = Generator[list[Any], None, None]


def _start(
    lists: Callable[[Inputs, float | None], _Lists],
    scheduler: Scheduler,
    func: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    sizes: tuple[int | None, ...],
) -> Results:
    deadline = deadline_after(timeout)
    function, retries = unwrap(func)
    inputs = Inputs(scheduler, Mapper(function), retries, iterables, *sizes)
    generator = lists(inputs, deadline)
    results = cast(Results, Results.from_iterable(generator))
    results.inputs, results.lists = inputs, generator
    return results


def _in_order(inputs: Inputs, deadline: float | None) -> _Lists:
    try:
        while inputs.sweeps:
            for outcome in inputs.sweeps[0].in_order(deadline):
                yield from _results(outcome)
            inputs.sweeps.popleft()
            inputs.read()
        if inputs.problem is not None:
            raise inputs.problem
    finally:  # an exception, a timeout, or closed early: what has not begun is not wanted any more
        inputs.cancel()


def _as_they_come(inputs: Inputs, deadline: float | None) -> _Lists:
    try:
        while inputs.sweeps:
            yield from _results(_any(inputs, deadline))
            for sweep in [sweep for sweep in inputs.sweeps if sweep.is_over]:
                inputs.sweeps.remove(sweep)
            inputs.read()
        if inputs.problem is not None:
            raise inputs.problem
    finally:
        inputs.cancel()


def _any(inputs: Inputs, deadline: float | None) -> Outcome:
    while True:
        for sweep in inputs.sweeps:
            ended = sweep.ended()
            if ended is not None:
                return ended
        for sweep in inputs.sweeps:
            outcome = sweep.step(deadline)
            if outcome is not None:
                return outcome
        wait_for_any(list(inputs.sweeps), deadline)


def _results(outcome: Outcome) -> Iterator[list[Any]]:
    if isinstance(outcome, Broken):
        yield outcome.before
        raise outcome.error
    yield outcome
