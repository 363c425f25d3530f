"""A map that counts the rows that have ended, for those who want to see how far it is."""

from typing import Any

from ..engine import runtime
from ..engine.process.signal_safety import calls_program
from ..progress.begin import begin_loop
from ..progress.loops import Loop
from .map_in_progress import MapInProgress
from .segment import AnySegment

__all__ = ["CountedMap", "loop_over", "told_rows"]


class CountedMap(MapInProgress):
    """A map in progress, or a window of one, whose rows are counted in a loop."""

    def __init__(self, loop: Loop, *args: Any) -> None:
        self._loop = loop  # first: rows may run, on other threads, before the rest of this has returned
        super().__init__(*args)

    def deliver(self, segment: AnySegment) -> None:
        self._loop.add(segment.rows)
        super().deliver(segment)


def loop_over(label: str, iterables: tuple[Any, ...]) -> Loop:
    """Return a new loop over inputs, as many as the iterables tell."""
    return begin_loop(label, told_rows(iterables))


@calls_program
def told_rows(iterables: tuple[Any, ...]) -> int | None:
    """Return how many rows there are, as far as the iterables tell. It need not be true."""
    try:
        return min(map(len, iterables))
    except Exception as problem:
        if runtime.has_struck(problem):
            raise
        return None
