"""How much of its time each task worked itself: without the tasks that ran on its stack, and without packing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .intervals import Interval
from .trace import Move, Task

__all__ = ["OwnTime", "own_times"]

_SLACK = 1e-7
"""Times are written to the nearest hundredth of a microsecond, so a task may seem to end just after what it is in."""


class OwnTime:
    """What one task did on its stack.

    Parameters:
        seconds: that it worked itself.
        pieces: when that was.
        within: tasks that began on its stack, and when.
        beneath: the task on whose stack it began; None if there was none.
    """

    __slots__ = ("beneath", "pieces", "seconds", "within")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pieces: list[Interval] = []
        self.within: list[tuple[float, int]] = []
        self.beneath: int | None = None


class _Piece(NamedTuple):
    """Something on a thread's stack: a part of a task, by its place among all; or packing, which has -1."""

    since: float
    minus_until: float
    task: int

    @property
    def until(self) -> float:
        return -self.minus_until


def own_times(tasks: Sequence[Task], moves: Iterable[Move]) -> list[OwnTime]:
    """Return for each task what it did itself."""
    found = [OwnTime() for _ in tasks]
    for pieces in _by_thread(tasks, moves):
        pieces.sort()
        _walk(pieces, found)
    return found


def _by_thread(tasks: Sequence[Task], moves: Iterable[Move]) -> Iterable[list[_Piece]]:
    threads: dict[tuple[int, int], list[_Piece]] = {}
    for place, task in enumerate(tasks):
        pieces = threads.setdefault((task.process, task.thread), [])
        pieces += [_Piece(since, -until, place) for since, until in task.parts]
    for move in moves:
        if move.until > move.since:
            threads.setdefault((move.process, move.thread), []).append(_Piece(move.since, -move.until, -1))
    return threads.values()


def _walk(pieces: Sequence[_Piece], found: list[OwnTime]) -> None:
    """Go over what was on one thread's stack, in the order in which it began."""
    stack: list[_Piece] = []
    works_since = 0.0

    def note(until: float) -> None:
        """The uppermost has worked itself since it was last on top."""
        task = stack[-1].task
        if task >= 0 and until > works_since:
            found[task].seconds += until - works_since
            found[task].pieces.append((works_since, until))

    for piece in pieces:
        while stack and stack[-1].until <= piece.since + _SLACK:
            note(stack[-1].until)
            works_since = max(works_since, stack.pop().until)
        if stack:
            note(piece.since)
            if piece.task >= 0 and stack[-1].task >= 0 and piece.task != stack[-1].task:
                _is_within(found, piece, stack[-1].task)
        works_since = piece.since
        stack.append(piece)
    while stack:
        note(stack[-1].until)
        works_since = max(works_since, stack.pop().until)


def _is_within(found: list[OwnTime], piece: _Piece, beneath: int) -> None:
    if found[piece.task].beneath is None:
        found[piece.task].beneath = beneath
        found[beneath].within.append((piece.since, piece.task))
