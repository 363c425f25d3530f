"""The slices of one map that run in this process. The map's lock guards them."""

from collections.abc import Container, Iterator

from greenlet import greenlet

from ..tuning import TUNING
from .running_slice import RunningSlice

__all__ = ["RunningSlices"]

_NONE = range(0)


class RunningSlices:
    """A set of slices, from which rows can be taken that have not begun."""

    def __init__(self) -> None:
        self._slices: set[RunningSlice] = set()

    def __iter__(self) -> Iterator[RunningSlice]:
        return iter([*self._slices])

    def __len__(self) -> int:
        return len(self._slices)

    def add(self, running: RunningSlice) -> None:
        self._slices.add(running)

    def discard(self, running: RunningSlice) -> None:
        self._slices.discard(running)

    def have_several_rows(self) -> bool:
        """Return whether any of them began with more than one row."""
        return any(len(each.span) > 1 for each in self)

    def rows_left(self) -> int:
        """Return how many rows of them have not begun."""
        return sum(each.rows_left() for each in self)

    def stop_from(self, start: int) -> list[range]:
        """Stop the slices that begin with this row of the map or with a later one; return what has not begun."""
        return [rows for each in self if each.span.start >= start and (rows := each.stop())]

    def split_long(self, now: float) -> range:
        """Take rows of the first slice that has long to go, or has run too long; return which rows of the map."""
        for each in self:
            long = each.seconds_left() > 2 * TUNING.worth_giving_seconds
            if (long or now - each.started > TUNING.overdue_seconds) and (rows := each.split()):
                return rows
        return _NONE

    def split_suspended(self, suspended: Container[greenlet]) -> range:
        """Take rows of the first slice whose call waits on a suspended fiber; return which rows of the map."""
        for each in self:
            if each.fiber in suspended and (rows := each.split()):
                return rows
        return _NONE

    def end_overdue(self, now: float) -> range:
        """Take all rows behind the one at hand of the first slice that has run for far too long; return which."""
        for each in self:
            if now - each.started > 2 * TUNING.slice_seconds and (rows := each.split(takes_all=True)):
                return rows
        return _NONE
