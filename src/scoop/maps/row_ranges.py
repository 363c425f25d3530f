"""Some rows of a map, as a few ranges in order."""

from itertools import pairwise
from operator import attrgetter

__all__ = ["RowRanges", "divide"]

_NO_ROWS = range(-1, -1)
_start = attrgetter("start")


class RowRanges(list[range]):
    """Some rows, as a list of ranges, none of them empty. Not guarded by any lock of its own."""

    __slots__ = ()

    def count_rows(self) -> int:
        """Return how many rows there are."""
        return sum(map(len, self))

    def first(self) -> range:
        """Return the first of the ranges; an empty one, which starts at -1, if there is none."""
        try:
            return self[0]
        except IndexError:  # rather than a look before, since another thread may empty it meanwhile
            return _NO_ROWS

    def take(self, count: int, from_front: bool) -> list[range]:
        """Take out so many rows, the first or the last ones; return them in order."""
        taken: list[range] = []
        while count and self:
            rows = self.pop(0 if from_front else -1)
            if len(rows) > count:
                cut = count if from_front else len(rows) - count
                self.put_back(rows[cut:] if from_front else rows[:cut])
                rows = rows[:cut] if from_front else rows[cut:]
            taken.append(rows)
            count -= len(rows)
        return sorted(taken, key=_start)

    def put_back(self, rows: range) -> None:
        """Put rows in that were taken out."""
        self.append(rows)
        self.sort(key=_start)

    def drop(self, start: int, stop: int) -> None:
        """Forget the rows from ``start`` to ``stop``."""
        if len(self) == 1 and start <= self[0].start and self[0].stop <= stop:
            self.clear()
            return
        parts = [(range(rows.start, min(start, rows.stop)), range(max(stop, rows.start), rows.stop)) for rows in self]
        self[:] = [part for both in parts for part in both if part]

    def drop_from(self, start: int) -> None:
        """Forget all rows from ``start`` on."""
        self[:] = [rows[: start - rows.start] for rows in self if rows.start < start]


def divide(rows: range, pieces: int, total: int, most: int | None) -> list[range]:
    """Cut rows, some of ``total``, in their share of so many pieces, of which none has more than ``most`` rows."""
    number = max(1, -(-len(rows) * pieces // total))
    if most is not None:
        number = max(number, -(-len(rows) // most))
    bounds = [len(rows) * place // number for place in range(number + 1)]
    return [rows[start:end] for start, end in pairwise(bounds) if start < end]
