"""What the recorder keeps of each task until it has ended."""

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Mark", "Run"]

Mark = tuple[int, int]
"""The number of the task that has made a task or a map, and when. All moments are in nanoseconds."""


class Run:
    """A task that runs, or a slice of a map, and all that is known of it. Made without a call of ``__init__``."""

    number = 0  # that of the program itself
    mark: Mark | None = None
    below: "Run | None" = None  # what runs beneath it, on the same stack
    function: Callable[..., Any] | None = None
    arguments: str | int = ""  # as text between the quotes of JSON
    name: tuple[int, int] | None = None  # batch and number, if it is a task of another worker's
    rows: range | None = None  # if it is a slice
    chunk = 0  # rows, if it is a chunk of another worker's map
    waits: Sequence[tuple[int, int]] = ()
    taken = 0
    started = 0
    ended = 0
    received = 0
    sent = 0
    ok = True
    is_told = False  # it was written that it is running
