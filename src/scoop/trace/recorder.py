"""The instrument that records: one in each process of a run with ``--trace``.

A thread keeps of nearly each task what its line is made of: many lines are made at once in a quarter of the time.
Another thread sends them to the program, four times a second. It also says, once of each task, that it has been
running for so long: it may never end. A thread that has nothing else to do sends, too, before it says that it is
idle. So all that has happened is on its way to the program before the run can end.
"""

from _thread import get_ident
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from threading import Event, RLock, Thread
from time import monotonic_ns
from typing import Any

from greenlet import getcurrent, greenlet

from ..engine.listening import has_returned
from ..engine.process.instruments import Instrument, mark_of
from ..engine.process.signal_safety import indivisible
from ..engine.results.future import Future, call_of, has_succeeded
from .briefly import LONGEST, quoted
from .lines import FIELDS, Lines, of_alike
from .run import Run

__all__ = ["Recorder"]

WRITE_EVERY_SECONDS = 0.25

SIGN_EVERY = 2_000_000_000
"""Nanoseconds. So often a process whose tasks are running, and do not end, says that it is there."""

MOST_KEPT = 1000
"""Lines, or tasks, that wait to be sent; beyond that, who has one more sends them. So memory is bounded."""

SHORTEST_WAIT = 5_000
"""Nanoseconds. Waits that are shorter are none: what was waited for was there."""

_BEYOND_TASKS = Run()
"""What stands for the program itself, and for its own threads."""


class Recorder(Instrument):
    """Records what happens in this process.

    Parameters:
        lines: makes text of it.
        send: takes the text.
        characters: of each task's arguments; 0 is none.
    """

    def __init__(self, lines: Lines, send: Callable[[bytes], object], characters: int) -> None:
        self._lines = lines
        self._send = send
        self._characters = characters
        self._ids = count(1)
        self._runs: dict[greenlet, Run] = {}  # by fiber, the innermost that runs there
        self._kept: list[str] = []
        self._keep = self._kept.append
        self._alike: list[Any] = []  # the fields of tasks whose lines are not made yet: see of_alike()
        self._writing = RLock()  # reentrant: a finalizer may strike while lines are sent
        self._closed = Event()
        self._thread = Thread(target=self._write_now_and_then, name="scoop-trace", daemon=True)

    # -- tasks ----------------------------------------------------------------------------------------------------

    def offered(self, work: Any) -> None:
        run = self._runs.get(getcurrent(), _BEYOND_TASKS)
        work.scoop_mark = run.number, monotonic_ns()

    def offering(self, offer: Callable[[Future], None]) -> Callable[[Future], None]:
        run_on = self._runs.get

        def mark_and_offer(future: Any) -> None:
            future.scoop_mark = run_on(getcurrent(), _BEYOND_TASKS).number, monotonic_ns()
            offer(future)

        return mark_and_offer

    def running(self, run: Callable[[Future], None]) -> Callable[[Future], None]:
        # All in one function, and most in its variables: each call that it makes is dear to the shortest tasks.
        runs, ids, alike, keep, characters = self._runs, self._ids, self._alike, self._alike.extend, self._characters
        most, least_int, most_int = MOST_KEPT * FIELDS, -LONGEST, LONGEST
        last: tuple[object, int, str] = (None, 0, "")  # the function, its thread and the beginning of its lines
        zero, beginnings, beginning = self._lines.zero, self._lines.beginnings, self._lines.beginning

        def run_and_record(future: Future) -> None:
            nonlocal last
            function, args, kwargs = call_of(future)
            this = Run()
            this.function = function
            this.number = number = next(ids)
            this.mark = mark = getattr(future, "scoop_mark", None)  # as mark_of(), sooner
            this.waits = ()
            if not characters:
                text: str | int = ""
            elif len(args) == 1 and type(args[0]) is int and least_int < args[0] < most_int and not kwargs:
                text = args[0]  # it is made into text when the task has ended: that is sooner
            else:
                text = quoted(args, kwargs, characters)
            this.arguments = text
            fiber = getcurrent()
            this.below = below = runs.get(fiber)
            runs[fiber] = this
            this.started = since = monotonic_ns()
            try:
                run(future)
            finally:
                end = monotonic_ns()
                if below is None:
                    runs.pop(fiber, None)
                else:
                    runs[fiber] = below
                if this.waits or mark is None or not has_succeeded(future):
                    this.ended = end
                    self._tell(this, has_returned(future))
                else:
                    thread = get_ident()
                    of_last, thread_of_last, begin = last
                    if function is not of_last or thread != thread_of_last:
                        begin = (beginnings.get((id(function), thread)) or beginning(function))[0]
                        last = function, thread, begin
                    keep((begin, since - zero, end - since, number, mark[0], mark[1] - zero, text))
                    if len(alike) > most:
                        self.write()
                del future, args, kwargs  # a traceback may keep this frame alive: see future.run

        return run_and_record

    def taken(self, batch: int, number: int, size: int) -> Run:
        run = self._begin(None)
        run.name = batch, number
        run.received = size
        run.taken = run.started = monotonic_ns()
        return run

    def rebuilt(
        self, run: Run, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], rows: int
    ) -> None:
        run.function = function
        run.chunk = rows
        if self._characters and not rows:
            run.arguments = quoted(args, kwargs, self._characters)
        run.started = monotonic_ns()

    def ended(self, run: Run, ok: bool, size: int = 0) -> None:
        run.ended = monotonic_ns()
        run.sent = size
        self._end(run, ok)

    def rows_started(self, work: object, function: Callable[..., Any], first: int, count: int) -> Run:
        run = self._begin(mark_of(work))
        run.function = function
        run.rows = range(first, first + count)
        run.started = monotonic_ns()
        return run

    def rows_ended(self, run: Run, count: int, ok: bool) -> None:
        run.rows = (run.rows or range(0))[: count + (not ok)]
        self.ended(run, ok)

    def suspended(self) -> tuple[Run, int] | None:
        run = self._runs.get(getcurrent())
        return None if run is None else (run, monotonic_ns())

    def resumed(self, run: tuple[Run, int] | None) -> None:
        if run is not None:
            waiting, since = run
            now = monotonic_ns()
            if now - since > SHORTEST_WAIT:
                waiting.waits = [*waiting.waits, (since, now)]

    def _begin(self, mark: Any) -> Run:
        run = Run()
        run.number, run.mark = next(self._ids), mark
        fiber = getcurrent()
        run.below = self._runs.get(fiber)
        self._runs[fiber] = run
        return run

    def _end(self, run: Run, ok: bool) -> None:
        if (below := run.below) is None:
            self._runs.pop(getcurrent(), None)
        else:
            self._runs[getcurrent()] = below
        self._tell(run, ok)
        if len(self._kept) > MOST_KEPT:
            self.write()

    def _tell(self, run: Run, ok: bool) -> None:
        run.ok = ok
        if run.waits and run.below is not None:
            run.below.waits = [*run.below.waits, *run.waits]
        self._keep(self._lines.of(run))

    # -- journeys -------------------------------------------------------------------------------------------------

    def given(self, batch: int, works: Sequence[tuple[object, range | None]], size: int, since: float) -> None:
        begun = int(since * 1e9)
        marks = [(mark_of(work) or (0, begun), rows) for work, rows in works]
        self._keep(self._lines.given(batch, marks, size, begun))

    def received(self, batch: int, numbers: Sequence[int], size: int) -> None:
        self._keep(self._lines.moved("received", batch, numbers, size))

    def returned(self, batch: int, numbers: Sequence[int], size: int) -> None:
        self._keep(self._lines.moved("returned", batch, numbers, size))

    def lost(self, batch: int, numbers: Sequence[int]) -> None:
        self._keep(self._lines.moved("lost", batch, numbers))

    # -- the process ----------------------------------------------------------------------------------------------

    def up(self) -> None:
        self._keep(self._lines.process())
        self.write()
        self._thread.start()

    def begin_program(self) -> Run:
        """Record the program itself as if it were a task, the root of all others; return what ``ended`` is given."""
        run = Run()
        self._runs[getcurrent()] = run
        run.started = monotonic_ns()
        return run

    def rests(self) -> None:
        self.write()  # if there is nothing, another thread may be about to send the last

    def down(self) -> None:
        self._closed.set()
        self._keep(self._lines.end())
        self.write()

    @indivisible
    def write(self) -> None:
        """Have all sent that has ended. Callable from any thread."""
        with self._writing:
            lines, alike = self._kept[:], self._alike[:]
            del self._kept[: len(lines)], self._alike[: len(alike)]  # another thread may have added more meanwhile
            if lines or alike:
                self._send("".join([*lines, of_alike(alike)]).encode("ascii", "replace"))

    def _write_now_and_then(self) -> None:
        told = monotonic_ns()
        while not self._closed.wait(WRITE_EVERY_SECONDS):
            now, runs = monotonic_ns(), self._long_runs()
            if self._kept or self._alike:
                told = now
            if runs or (self._runs and now - told > SIGN_EVERY):
                told = now
                self._keep("".join(map(self._lines.still_open, runs)) + self._lines.alive())
            self.write()

    def _long_runs(self) -> Sequence[Run]:
        """Return what has been running for a while, and was not told of: the run may be killed before it ends."""
        until, found = monotonic_ns() - int(WRITE_EVERY_SECONDS * 1e9), []
        for uppermost in self._runs.copy().values():
            run: Run | None = uppermost
            while run is not None and not run.is_told:
                if 0 < run.started < until and (run.function is not None or not run.number):
                    run.is_told = True
                    found.append(run)
                run = run.below
        return found
