"""One map over inputs whose number is known: run from the front, given away from the back.

    consumed | front           | rest                | back
             | slices begun    | nobody has begun it | pieces given away,
             | here, in order  | [lo, hi)            | the last one is the first

The rest is a key of the scheduler's table, like a future, whenever it is not empty; taking it out is the claim, and
whoever has made it cuts a slice off the front, or a half off the back, and puts what is left in again. So the
consumer, the other greenlets and threads of the process, and the link share it without a lock.

Slices last about 100 milliseconds, by what the slices before them took, so what the cuts cost vanishes. Who gets
hungry meanwhile need not wait so long: the link gives from the rest, or cuts the slice that runs. Who gives, gives
half; somewhat less of what is short, so that it is back when he has done what he keeps; or more, up to all of it,
while he is at a slice that does not end. What is given is cut in pieces, so that results come back while the others
of them are computed, and what has not begun can be handed on. A piece is itself a sweep to whoever runs it.

What must stay as it is, for any of several threads may act between any two steps: slices are put in ``front``, and
pieces in ``back``, before ``lo`` and ``hi`` tell that they have left the rest.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from math import ceil
from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from . import runtime
from .future import DONE, FAILED, NO_KWARGS, PACKED, READY, RUNNING, Future, Watcher
from .mapper import Broken, Columns, Mapper, Outcome
from .retries import WithRetries
from .slice import Slice
from .waiting import Waiting

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["SLICE", "Sweep", "wait_for_any"]

SLICE = 0.1
"""Seconds that a slice is to last: some 500 times what it costs to cut one, where the caches have gone cold."""

FIRST = 0.0001
"""Seconds that the first slice of a map is to last: who is about to be hungry is not to wait for long."""

SHORT = 0.002
"""Seconds that a slice is to last at least: before the link has had its turn, it would have ended anyway. As long
nothing is given of a map of which nothing is known: most often its first slice has ended by then, and it is known how
much to give, in how many pieces."""

GROWTH = 4
"""How many times longer a slice is than the one before it, at most."""

PIECE, LEAST_PIECE = 0.8, 0.005
"""Seconds of work that a piece is worth at least, if it is known what an item takes: the first, divided by the number
of workers, of whom several may be hungry; but not less than the second, for a piece's end may cost a millisecond: its
results are packed, broker and origin are woken, and all want a processor while both are in use."""

MOST_PIECES = 8

HEAVY, MOST_HEAVY = 1 << 20, 64
"""Bytes from which on a piece is better two, whatever it takes, and a row a slice of its own: who cuts a slice gives
half of it, whatever the journey costs. And pieces that are made at most for that reason."""

WORTH = 0.0005
"""Seconds of work that must be left for any of it to be given away: the journey takes about half of that."""

AWAY = 0.0005
"""Seconds by which what is given takes longer than what is kept: its journey, most of which others make."""

PACKING = 4e-8
"""Seconds by which each of its rows takes longer: a small result that is pickled, passed on and unpickled."""

OVERDUE = 0.008
"""Seconds after which rows of a slice that have not begun may be given away, and the rest of a map that nobody comes
for, be it as small as it may."""

MOST_ITEMS = 1 << 15
"""Items in a slice at most."""


class Sweep:
    """A map in progress.

    Parameters:
        scheduler: of this process.
        mapper: what is done to a slice.
        columns: the inputs, at least one row.
        retries: of its tasks.
        size: items in the first slice, where it is not known how long they take.
        first: seconds that the first slice is to last, where that is known.
    """

    __slots__ = (
        "_cost",
        "_cut_at",
        "_ends_at",
        "_fn",
        "_on_end",
        "_singly",
        "_size",
        "back",
        "columns",
        "front",
        "hi",
        "lo",
        "mapper",
        "scheduler",
    )

    def __init__(
        self,
        scheduler: "Scheduler",
        mapper: Mapper,
        columns: Columns,
        retries: int | None = None,
        size: int = 1,
        first: float = FIRST,
    ) -> None:
        self.scheduler = scheduler
        self.mapper = mapper
        self.columns = columns
        self.lo = 0
        self.hi = min(map(len, columns))
        self.front: deque[Future] = deque()
        self.back: list[Future] = []
        self._fn = mapper if retries is None else WithRetries(mapper, retries)
        # What must not run twice is sent singly: else, when one has killed its worker, the others would be lost too.
        self._singly = (scheduler.limits.retries if retries is None else retries) == 0
        self._cost = scheduler.costs.of(mapper.function)  # seconds an item
        if self._cost:
            size = max(size, min(int(first / self._cost), self.hi // scheduler.size))
        self._size = 1 if self._singly else max(1, min(size, MOST_ITEMS))
        self._cut_at = self._ends_at = scheduler.clock()  # of the slice at hand; its end, as far as can be told
        self._on_end: Watcher | None = None  # of a consumer that waits for whatever ends first
        scheduler.ready[self] = True

    # -- consuming --------------------------------------------------------------------------------------------

    def in_order(self, deadline: float | None) -> Iterator[Outcome]:
        """Yield what has become of all the inputs, in their order. Raises TimeoutError at the ``deadline``."""
        while runtime.refusal is None:
            claimed = self.scheduler.ready.pop(self, False)
            if self.front:
                if claimed:
                    self._put_back()
                outcome, tails = self._await(self.front[0], deadline)
                self.front.popleft()
                self.front.extendleft(tails)
                yield outcome
            elif claimed:
                if (here := self._next_slice(deadline)) is not None:
                    yield here
            elif self.lo < self.hi:
                sleep(0)  # another thread has claimed it, for a moment
            elif self.back and not self.front:
                outcome, _ = self._await(self.back[-1], deadline)
                self.back.pop()
                yield outcome
            elif not self.front:
                return
        yield Broken([], runtime.refusal)

    def collect(self) -> Outcome:
        """Return what becomes of all the inputs, as one."""
        results: list[Any] = []
        for outcome in self.in_order(None):
            if isinstance(outcome, Broken):
                self.cancel()
                return Broken(results + outcome.before, outcome.error)
            if results:
                results += outcome
            else:
                results = outcome
        return self.mapper.finish(results)

    def ended(self) -> Outcome | None:
        """Take out a slice or piece that has ended, and return its outcome; None if there is none."""
        for line in (self.front, self.back):
            for future in list(line):
                if future._state >= PACKED:
                    line.remove(future)
                    outcome, tails = outcome_of(future)
                    self.front.extend(tails)
                    return outcome
        return None

    def step(self, deadline: float | None) -> Outcome | None:
        """Run the next slice and return its outcome; None where there is none, or others are to run it."""
        while self.lo < self.hi and runtime.refusal is None:
            if self.scheduler.ready.pop(self, False):
                return self._next_slice(deadline)
            sleep(0)  # another thread has claimed it, for a moment
        return None

    def is_worth_giving(self) -> bool:
        """Return whether some of the rest is to be given away, where others are hungry."""
        if self.scheduler.spared:
            return True
        age = self.scheduler.clock() - self._cut_at
        if self._cost is None:
            return age > SHORT
        return (self.hi - self.lo) * self._cost > WORTH or age > OVERDUE

    def rest_seconds(self) -> float | None:
        """Return how long the rest would take this process alone; None if that is not known."""
        return None if self._cost is None else (self.hi - self.lo) * self._cost

    @property
    def is_over(self) -> bool:
        """Whether all of it has been consumed."""
        return self.lo >= self.hi and not (self.front or self.back)

    def cancel(self) -> None:
        """Let nothing more of it begin."""
        self.scheduler.ready.pop(self, False)
        self.hi = self.lo
        self.scheduler.cancel([*self.front, *self.back])

    def _next_slice(self, deadline: float | None) -> Outcome | None:
        if deadline is None and self.scheduler.has_room():
            columns = self._cut(None)
            if self.scheduler.hunger[self.scheduler.cell] and self.is_worth_giving():
                self.scheduler.giving.attend(least=1)
            outcome, tails = self._run(columns)
            self.front.extendleft(tails)
            return outcome
        future = Future._make(self._fn, (), NO_KWARGS)  # somebody else runs it, and we wait
        future._args = self._cut(future)
        self.scheduler.offer(future)
        return None

    def _await(self, future: Future, deadline: float | None) -> tuple[Outcome, list[Future]]:
        self.scheduler.join_by(future, deadline)
        return outcome_of(future)

    # -- what others do ---------------------------------------------------------------------------------------

    def run_ahead(self) -> None:
        """Run the next slice, before the consumer asks for it. The caller has claimed the rest."""
        future = Future._make(self._fn, (), NO_KWARGS)
        future._state = READY
        future._state = RUNNING
        columns = future._args = self._cut(future)
        try:
            outcome = self._run(columns)
        except BaseException as error:
            future._end(FAILED, error)
            raise
        future._end(DONE, _Here(*outcome))

    def split(self) -> list[Future]:
        """Return the later part of the rest, in pieces, to be given away. The caller has claimed the rest."""
        count = self._fair_share()
        middle = self.hi - count
        if self._singly:
            number = count
        elif self._cost is None:
            number = min(MOST_PIECES, count)
        else:
            worth = max(LEAST_PIECE, PIECE / self.scheduler.size)
            number = max(1, min(MOST_PIECES, int(count * self._cost / worth)))
            # Of heavy rows not many at a time: who packs 100 MB at once keeps those waiting who want them.
            weight = self.scheduler.costs.weight(self.mapper.function)
            number = min(count, max(number, min(MOST_HEAVY, int(count * weight / HEAVY))))
        if self.scheduler.limits.tasks is not None:  # no worker is to get more in one go than it may run
            number = max(number, -(-count // self.scheduler.limits.tasks))
        bounds = [middle + count * place // number for place in range(number + 1)]
        pieces = [Future._make(self._fn, self._columns(start, end), NO_KWARGS) for start, end in pairwise(bounds)]
        for piece in pieces:
            piece._state = READY
            if self._on_end is not None:
                piece._watch(self._on_end)
        self.back += reversed(pieces)
        self.hi = middle
        if self.lo < middle:
            self.scheduler.ready[self] = True
            self.scheduler.ready.move_to_end(self, last=False)
        return pieces

    def _fair_share(self) -> int:
        """Return how many rows to give, so that those who get them and we are done at the same time."""
        rest = self.hi - self.lo
        if not self._cost or self.scheduler.spared:
            return (rest + 1) // 2
        # A slice that should have ended a while ago will go on for as long, as far as anybody knows.
        at_hand = abs(self._ends_at - self.scheduler.clock())
        count = (rest * self._cost + at_hand - AWAY) / (2 * self._cost + PACKING)
        return max(1, min(rest, ceil(count)))

    # -- the rest ---------------------------------------------------------------------------------------------

    def _cut(self, future: Future | None) -> Columns:
        """Cut a slice off a claimed rest; ``future`` stands for it, if it is not consumed at once."""
        start, rest = self.lo, self.hi - self.lo
        # Shorter ones before the end, for those who will be hungry then; but none so short that it would not be cut
        # later than it ends, nor where there is more to be had from us.
        least = int(SHORT / self._cost) + 1 if self._cost and not self.scheduler.imports.waiting else rest
        end = start + min(self._size, rest, max(least, (rest + 1) // 2))
        if future is not None:
            if self._on_end is not None:
                future._watch(self._on_end)
            self.front.append(future)
        self.lo = end
        self._ends_at = self.scheduler.clock() + (self._cost or 0.0) * (end - start)
        self._put_back()
        return self._columns(start, end)

    def _put_back(self) -> None:
        if self.lo < self.hi:
            self.scheduler.ready[self] = True

    def _columns(self, start: int, end: int) -> Columns:
        return tuple([column[start:end] for column in self.columns])

    def _run(self, columns: Columns) -> tuple[Outcome, list[Future]]:
        """Run a slice; return its outcome, and what others have taken of it, the last in order first."""
        clock, running = self.scheduler.clock, self.scheduler.slices
        started = self._cut_at = clock()
        if self._singly or len(columns[0]) == 1:
            outcome, tails, count = self.mapper(*columns), [], 1
        else:
            part = Slice(self.mapper, columns, started, self._cost or 0.0)
            running[part] = self._fn
            try:
                outcome = part.run()
            finally:
                del running[part]
            tails = part.tails()
            count = part.count or 1
        if not self._singly:
            seconds = clock() - started
            if self._cost is None or seconds > FIRST / 2:  # less is mostly the price of the slice itself
                self._cost = seconds / count
                self.scheduler.costs.note(self.mapper.function, self._cost)
            self._size = self._size_after(count, seconds)
        return outcome, tails

    def _size_after(self, count: int, seconds: float) -> int:
        """Return how many rows the next slice is to have, after one of ``count`` that took so many seconds."""
        if self.scheduler.costs.weight(self.mapper.function) >= HEAVY:
            return 1
        aim = SLICE * count / seconds if seconds * GROWTH > SLICE else GROWTH * count
        return max(1, min(int(aim), GROWTH * count, MOST_ITEMS))


class _Here(NamedTuple):
    """The outcome of a slice that was run ahead in this process."""

    outcome: Outcome
    tails: list[Future]


def outcome_of(future: Future) -> tuple[Outcome, list[Future]]:
    """Return what became of a slice that has ended, also of one that could not be run; and what was taken of it."""
    error = future._error()
    if error is not None:
        return Broken([], error), []
    return future._value if isinstance(future._value, _Here) else (future._value, [])


def wait_for_any(sweeps: list[Sweep], deadline: float | None) -> None:
    """Wait until a slice or piece of ``sweeps`` has ended, also one that is only cut meanwhile."""
    waiting = Waiting(sweeps[0].scheduler, ())
    try:
        for sweep in sweeps:
            sweep._on_end = waiting.on_end  # first this, then the look: so none is missed, whoever cuts it when
            for future in (*sweep.front, *sweep.back):
                waiting.add(future)
        waiting.next(deadline)
    finally:
        for sweep in sweeps:
            sweep._on_end = None
        waiting.close()
