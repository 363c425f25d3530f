"""The caller that takes the results of a map, or of several windows of one: it runs rows itself, or waits."""

from collections import deque
from collections.abc import Sequence
from time import monotonic

from ..engine import runtime
from ..engine.blocking import WaitPoint
from ..engine.deadlock import Awaited
from ..tuning import TUNING
from .map_in_progress import MapInProgress
from .map_scheduler import MapThreads
from .segment import AnySegment, PackedSegment, Segment

__all__ = ["Consumer"]


class Consumer:
    """What takes results, one segment after another.

    Parameters:
        scheduler: of this process.
        in_order: whether results come in the order of the inputs, or as they arrive.
    """

    def __init__(self, scheduler: MapThreads, in_order: bool) -> None:
        self.maps: deque[MapInProgress] = deque()  # windows of the map, in order, that are not used up
        self._scheduler = scheduler
        self._in_order = in_order
        self._point = WaitPoint(scheduler, self._awaited)

    def notify(self) -> None:
        """Hear that results have arrived."""
        self._point.notify()

    def next(self, deadline: float | None = None) -> Segment | None:
        """Return the next results; None if there are no more. Raise TimeoutError at the ``deadline``."""
        segment = self.next_packed(deadline)
        return segment.unpack() if isinstance(segment, PackedSegment) else segment

    def next_packed(self, deadline: float | None = None) -> AnySegment | None:
        """Do as next(), but leave packed what has come from elsewhere."""
        while True:
            if (segment := self._pop()) is not None:
                return segment
            if all(each.is_consumed for each in self.maps):
                return None
            if runtime.refusal is not None:
                return Segment(0, 1, [], runtime.refusal)
            if deadline is not None and monotonic() >= deadline:
                raise TimeoutError("no result came within the timeout; what has not begun is cancelled")
            if not (deadline is None and self._run_rows()):
                self._wait(deadline)

    def _pop(self) -> AnySegment | None:
        if self._in_order:
            return self.maps[0].pop_next() if self.maps else None
        return next((found for each in self.maps if (found := each.pop_any()) is not None), None)

    def _has_any(self) -> bool:
        if runtime.refusal is not None:
            return True
        if self._in_order:
            return self.maps[0].has_next() or self.maps[0].is_consumed
        return any(each.has_any() for each in self.maps) or all(each.is_consumed for each in self.maps)

    def _run_rows(self) -> bool:
        """Run a slice on this stack, if there is one, and the caller can do without results meanwhile."""
        scheduler, first = self._scheduler, self.maps[0]
        if not scheduler.has_room():
            return False
        if scheduler.is_program(scheduler.fibers_here()) and not scheduler.ends_soon(first.function):
            return False
        return first.run_next() or any(each.run_next() for each in self.maps)

    def _wait(self, deadline: float | None) -> None:
        """Wait for results. Where the thread sleeps, look now and then what the loops of helper threads have."""
        scheduler = self._scheduler
        fibers = scheduler.fibers_here()
        if deadline is None and fibers is not None and not scheduler.is_program(fibers):
            self._point.block(self._has_any)
            return
        look = monotonic() + TUNING.deliver_after_seconds
        self._point.block(self._has_any, look if deadline is None else min(look, deadline))
        for each in self.maps:
            each.collect_finished()

    def _awaited(self) -> Sequence[Awaited]:
        maps = [self.maps[0]] if self._in_order else [*self.maps]
        return [awaited for each in maps for awaited in each.awaited(self._in_order)]
