"""The instrument that records: one in each process of a run with ``--trace``.

It keeps what has ended in a list. A thread of its own makes text of that, four times a second, and once of each task
that has been running for so long: it may never end. A thread that has nothing else to do writes, too, before it says
that it is idle. So all that has happened is on its way to the program before the run can end. Where tasks are so
short that text is made more slowly than they end, the thread that runs them makes it itself: so the list stays short.
"""

from _thread import get_ident
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from threading import Event, RLock, Thread
from time import monotonic
from typing import Any

from greenlet import getcurrent, greenlet

from ..engine.process.instruments import Instrument, mark_of, set_mark
from ..engine.process.signal_safety import indivisible
from .briefly import arguments
from .lines import Lines
from .run import Given, Moved, Run

__all__ = ["Recorder"]

WRITE_EVERY_SECONDS = 0.25

SIGN_EVERY_SECONDS = 2.0
"""So often a process whose tasks are running, and do not end, says that it is there."""

MOST_KEPT = 1000
"""Events that wait to be written; beyond that, who makes one more writes them."""

SHORTEST_WAIT_SECONDS = 5e-6
"""Waits that are shorter are none: what was waited for was there."""

_BEYOND_TASKS = Run(0, None)
"""What stands for the program itself, and for its own threads."""


class Recorder(Instrument):
    """Records what happens in this process.

    Parameters:
        lines: makes text of it.
        write: takes the text.
        characters: of each task's arguments; 0 is none.
    """

    def __init__(self, lines: Lines, write: Callable[[bytes], object], characters: int) -> None:
        self._lines = lines
        self._write = write
        self._characters = characters
        self._ids = count(1)
        self._runs: dict[greenlet, Run] = {}  # by fiber, the innermost that runs there
        self._ended: list[Run | Given | Moved] = []
        self._writing = RLock()  # reentrant: a finalizer may strike while text is made
        self._closed = Event()
        self._thread = Thread(target=self._write_now_and_then, name="scoop-trace", daemon=True)

    # -- tasks ----------------------------------------------------------------------------------------------------

    def offered(self, work: object) -> None:
        run = self._runs.get(getcurrent(), _BEYOND_TASKS)
        set_mark(work, (run.number, monotonic()))

    def started(
        self, work: object, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Run:
        # As _begin, without a call: this is most of what the shortest tasks pay.
        run = Run(next(self._ids), mark_of(work))
        runs, fiber = self._runs, getcurrent()
        if fiber in runs:
            run.below = runs[fiber]
        runs[fiber] = run
        run.function = function
        if self._characters:
            # A lone number is not made into text yet: of the shortest tasks that were a good part.
            plain = len(args) == 1 and type(args[0]) is int and not kwargs
            run.arguments = args[0] if plain else arguments(args, kwargs, self._characters)
        run.started = monotonic()
        return run

    def taken(self, batch: int, number: int, size: int) -> Run:
        run = self._begin(None)
        run.name = batch, number
        run.received = size
        run.taken = run.started = monotonic()
        return run

    def rebuilt(
        self, run: Run, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], rows: int
    ) -> None:
        run.function = function
        run.chunk = rows
        if self._characters and not rows:
            run.arguments = arguments(args, kwargs, self._characters)
        run.started = monotonic()

    def ended(self, run: Run, ok: bool, size: int = 0) -> None:
        run.ended = monotonic()
        if not ok:
            run.ok = False
        if size:
            run.sent = size
        self._end(run)

    def rows_started(self, work: object, function: Callable[..., Any], first: int, count: int) -> Run:
        run = self._begin(mark_of(work))
        run.function = function
        run.rows = range(first, first + count)
        run.started = monotonic()
        return run

    def rows_ended(self, run: Run, count: int, ok: bool) -> None:
        run.ended = monotonic()
        run.ok = ok
        run.rows = run.rows[: count + (not ok)]
        self._end(run)

    def suspended(self) -> tuple[Run, float] | None:
        run = self._runs.get(getcurrent())
        return None if run is None else (run, monotonic())

    def resumed(self, run: tuple[Run, float] | None) -> None:
        if run is not None:
            waiting, since = run
            now = monotonic()
            if now - since > SHORTEST_WAIT_SECONDS:
                waiting.waits = [*waiting.waits, (since, now)]

    def _begin(self, mark: Any) -> Run:
        run = Run(next(self._ids), mark)
        fiber = getcurrent()
        run.below = self._runs.get(fiber)
        self._runs[fiber] = run
        return run

    def _end(self, run: Run) -> None:
        below, fiber = run.below, getcurrent()
        if below is None:
            self._runs.pop(fiber, None)
        else:
            self._runs[fiber] = below
            del run.below  # it is kept for a while, and that need not be
            if run.waits:
                below.waits = [*below.waits, *run.waits]
        run.thread = get_ident()
        self._ended.append(run)
        if len(self._ended) > MOST_KEPT:
            self.write()

    # -- journeys -------------------------------------------------------------------------------------------------

    def given(self, batch: int, works: Sequence[tuple[object, range | None]], size: int, since: float) -> None:
        marks = [(mark_of(work) or (0, since), rows) for work, rows in works]
        self._ended.append(Given(batch, marks, size, since, monotonic(), get_ident()))

    def received(self, batch: int, numbers: Sequence[int], size: int) -> None:
        self._ended.append(Moved("received", batch, [*numbers], size, monotonic()))

    def returned(self, batch: int, numbers: Sequence[int], size: int) -> None:
        self._ended.append(Moved("returned", batch, [*numbers], size, monotonic()))

    def lost(self, batch: int, numbers: Sequence[int]) -> None:
        self._ended.append(Moved("lost", batch, [*numbers], 0, monotonic()))

    # -- the process ----------------------------------------------------------------------------------------------

    def up(self) -> None:
        self._write(self._lines.process())
        self._thread.start()

    def begin_program(self) -> Run:
        """Record the program itself as if it were a task, the root of all others; return what ``ended`` is given."""
        run = Run(0, None)
        self._runs[getcurrent()] = run
        run.started = monotonic()
        return run

    def rests(self) -> None:
        self.write()  # if there is nothing, another thread may be about to write the last

    def down(self) -> None:
        self._closed.set()
        self.write()
        self._write(self._lines.end())

    @indivisible
    def write(self) -> None:
        """Have all written that has ended. Callable from any thread."""
        with self._writing:
            ended, self._ended = self._ended, []
            if ended:
                self._write(self._lines.of(ended))

    def _write_now_and_then(self) -> None:
        told = monotonic()
        while not self._closed.wait(WRITE_EVERY_SECONDS):
            if self._ended:
                told = monotonic()
            self.write()
            runs = self._long_runs()
            if runs or (self._runs and monotonic() - told > SIGN_EVERY_SECONDS):
                told = monotonic()
                self._write_open(runs)

    @indivisible
    def _write_open(self, runs: Sequence[Run]) -> None:
        with self._writing:
            self._write(self._lines.still_open(runs))

    def _long_runs(self) -> Sequence[Run]:
        """Return what has been running for a while, and was not told of: the run may be killed before it ends."""
        until, found = monotonic() - WRITE_EVERY_SECONDS, []
        for uppermost in self._runs.copy().values():
            run: Run | None = uppermost
            while run is not None and not run.is_told:
                if 0.0 < run.started < until and (run.function is not None or not run.number):
                    run.is_told = True
                    found.append(run)
                run = run.below
        return found
