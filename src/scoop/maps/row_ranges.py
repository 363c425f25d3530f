"""Rows of a map that have not begun, as a few ranges in order."""

from collections.abc import Iterator
from itertools import pairwise

__all__ = ["RowRanges", "divide"]


class RowRanges:
    """Some rows. Not guarded by any lock of its own."""

    __slots__ = ("_ranges",)

    def __init__(self, *ranges: range) -> None:
        self._ranges = [*ranges]

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __len__(self) -> int:
        return sum(map(len, self._ranges))

    def __iter__(self) -> Iterator[range]:
        return iter(self._ranges)

    def first(self) -> range:
        """Return the first of the ranges."""
        return self._ranges[0]

    def take(self, count: int, from_front: bool) -> list[range]:
        """Take out so many rows, the first or the last ones; return them in order."""
        taken: list[range] = []
        while count and self._ranges:
            rows = self._ranges.pop(0 if from_front else -1)
            if len(rows) > count and from_front:
                self._ranges.insert(0, rows[count:])
                rows = rows[:count]
            elif len(rows) > count:
                self._ranges.append(rows[:-count])
                rows = rows[-count:]
            taken.append(rows)
            count -= len(rows)
        return sorted(taken, key=_start)

    def put_back(self, rows: range) -> None:
        """Put rows in that were taken out."""
        self._ranges.append(rows)
        self._ranges.sort(key=_start)

    def drop_from(self, start: int) -> None:
        """Forget all rows from ``start`` on."""
        self._ranges = [rows[: start - rows.start] for rows in self._ranges if rows.start < start]


def divide(rows: range, pieces: int, total: int, most: int | None) -> list[range]:
    """Cut rows, some of ``total``, in their share of so many pieces, of which none has more than ``most`` rows."""
    number = max(1, -(-len(rows) * pieces // total))
    if most is not None:
        number = max(number, -(-len(rows) // most))
    bounds = [len(rows) * place // number for place in range(number + 1)]
    return [rows[start:end] for start, end in pairwise(bounds) if start < end]


def _start(rows: range) -> int:
    return rows.start
