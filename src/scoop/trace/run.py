"""What the recorder keeps of each event until text is made of it."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

__all__ = ["Given", "Mark", "Moved", "Run"]

Mark = tuple[int, float]
"""The number of the task that has made a task or a map, and when."""


class Run:
    """A task that runs, or a slice of a map: once it has ended, all that is known of it."""

    below: "Run | None" = None  # what runs beneath it, on the same stack
    function: Callable[..., Any] | None = None
    arguments: str | int = ""
    name: tuple[int, int] | None = None  # batch and number, if it is a task of another worker's
    rows = range(0)  # if it is a slice
    chunk = 0  # rows, if it is a chunk of another worker's map
    waits: Sequence[tuple[float, float]] = ()
    taken = 0.0
    started = 0.0
    ended = 0.0
    thread = 0
    received = 0
    sent = 0
    ok = True
    is_told = False  # it was written that it is running

    def __init__(self, number: int, mark: Mark | None) -> None:
        self.number = number
        self.mark = mark


class Given(NamedTuple):
    """A batch that was packed for others: who has made its tasks, and which rows they are, if any."""

    batch: int
    tasks: Sequence[tuple[Mark, range | None]]
    size: int
    since: float
    until: float
    thread: int


class Moved(NamedTuple):
    """Tasks, or results, that have come; or tasks that were lost."""

    event: Literal["received", "returned", "lost"]
    batch: int
    numbers: Sequence[int]
    size: int
    when: float
