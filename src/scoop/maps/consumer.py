"""The caller that takes the results of a map, or of several windows of one: it runs rows itself, or waits."""

from collections.abc import Callable, Generator
from time import monotonic
from typing import Any, Protocol

from ..engine.threads.blocking import FindAwaited, WaitPoint
from ..engine.threads.deadlock import Awaited
from ..errors import CancelledError
from ..tuning import TUNING
from .map_in_progress import MapInProgress
from .map_scheduler import MapScheduler
from .segment import AnySegment, Segment

__all__ = ["Consumer", "Point", "Source"]


class Point(Protocol):
    """Where the consumer of a map waits: see WaitPoint in engine/threads/blocking.py."""

    @property
    def is_awaited(self) -> bool: ...
    def notify(self) -> None: ...
    def block(
        self,
        ready: Callable[[], object],
        deadline: float | None = None,
        prompt: bool = False,
        awaited: FindAwaited = tuple,
    ) -> None: ...


class Source(Protocol):
    """A map, as its caller has it: see Inputs in iterators.py, and coroutine_map.py."""

    looks_every_seconds: float | None

    def tell(self, point: Point) -> None: ...
    def is_over(self) -> bool: ...
    def results(self, deadline: float | None = None) -> Generator[list[Any], None, None]: ...
    def collect_finished(self) -> None: ...
    def cancel(self) -> None: ...


class Consumer:
    """What takes results, one segment after another: in the order of the inputs, or as they arrive."""

    def __init__(self, scheduler: MapScheduler, in_order: bool) -> None:
        self.maps: list[MapInProgress] = []  # windows of the map, in order, that are not used up
        self.source: MapInProgress | None = None  # the one from which the last results are
        self._scheduler = scheduler
        self._in_order = in_order
        self.point: Point = WaitPoint(scheduler)

    def notify(self) -> None:
        """Hear that something has changed: the caller is woken if it can go on, not for what is not its turn."""
        if self.point.is_awaited and self.is_over():
            self.point.notify()

    def close(self) -> None:
        """Cancel the maps, and let go of them: they lead back to here, and would wait to be collected."""
        for each in self.maps:
            each.cancel()
        self.maps.clear()
        self.source = None

    def next(self, deadline: float | None = None) -> Segment | None:
        """Return the next results; None if there are no more. Raise TimeoutError at the ``deadline``."""
        segment = self.next_packed(deadline)
        return segment and segment.unpack()

    def next_packed(self, deadline: float | None = None) -> AnySegment | None:
        """Do as next(), but leave packed what has come from elsewhere."""
        while True:
            for each in self._at_hand():
                if (segment := each.pop(self._in_order)) is not None:
                    self.source = each
                    return segment
            if self._is_consumed():
                return None
            if self._scheduler.refusal is not None:
                return Segment(0, 1, [], self._scheduler.refusal.with_traceback(None))
            if deadline is not None and monotonic() >= deadline:
                raise TimeoutError("no result came within the timeout of the map; what has not begun is cancelled")
            if not (deadline is None and self._run_rows()):
                self._wait(deadline)

    def _at_hand(self) -> list[MapInProgress]:
        """Return the windows whose results can be next."""
        return self.maps[:1] if self._in_order else self.maps

    def _is_consumed(self) -> bool:
        """Return whether no more results will come. Raise CancelledError if the program wants none."""
        consumed = True
        for each in self.maps:
            if each.withdrawn:
                raise CancelledError("the program has called futures.shutdown(cancel_futures=True)")
            consumed = consumed and each.is_consumed
        return consumed

    def is_over(self) -> bool:
        """Return whether next() has something to return, or to raise, at once."""
        if self._scheduler.refusal is not None:
            return True
        maps = self._at_hand()
        return any(each.has_arrived(self._in_order) for each in maps) or all(each.is_consumed for each in maps)

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
            self.point.block(self.is_over, awaited=self._awaited)
            return
        look = monotonic() + TUNING.deliver_after_seconds
        self.point.block(self.is_over, look if deadline is None else min(look, deadline), awaited=self._awaited)
        for each in self.maps:
            each.collect_finished()

    def _awaited(self) -> list[Awaited]:
        return [awaited for each in self._at_hand() for awaited in each.awaited(self._in_order)]
