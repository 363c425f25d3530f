"""Results of a map that have arrived and were not consumed, and how far the consumer has come."""

from .segment import AnySegment

__all__ = ["Arrivals"]


class Arrivals:
    """The results of one map. Not guarded by any lock of its own."""

    __slots__ = ("_consumed", "_next", "_segments")

    def __init__(self) -> None:
        self._segments: dict[int, AnySegment] = {}  # by their first row, in the order in which they came
        self._next = 0  # the first row that was not consumed in order
        self._consumed: list[range] = []  # rows that were consumed out of order

    def __bool__(self) -> bool:
        return bool(self._segments)

    @property
    def next_row(self) -> int:
        """The first row that was not consumed in order."""
        return self._next

    def has_next(self) -> bool:
        """Return whether the next results in order are there."""
        return self._next in self._segments

    def add(self, segment: AnySegment) -> None:
        """Take in results."""
        self._segments[segment.start] = segment

    def clear(self) -> None:
        """Forget what was not consumed."""
        self._segments.clear()

    def pop_next(self) -> AnySegment | None:
        """Take out the next results in order, if they are there."""
        segment = self._segments.pop(self._next, None)
        if segment is not None:
            self._next += segment.rows
        return segment

    def pop_first(self) -> AnySegment | None:
        """Take out the results that came first, if any are there."""
        if not self._segments:
            return None
        segment = self._segments.pop(next(iter(self._segments)))
        self._consumed.append(range(segment.start, segment.start + segment.rows))
        return segment

    def are_consumed_to(self, end: int) -> bool:
        """Return whether all rows before ``end`` were consumed."""
        for rows in sorted(self._consumed, key=lambda rows: rows.start):
            if rows.start <= self._next:
                self._next = max(self._next, rows.stop)
        self._consumed = [rows for rows in self._consumed if rows.start > self._next]
        return self._next >= end
