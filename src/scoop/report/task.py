"""One task of a trace."""

from collections.abc import Sequence

from .intervals import Interval

__all__ = ["Key", "Task"]

Key = tuple[int, int]
"""A task: its process, and its number there."""


class Task:
    """A task that ran, or a slice of the rows of a map.

    Parameters:
        process, number, thread: where it ran, and what it is called there.
        function: its name.
        parts: the times at which it ran, in order; it was suspended between them.
        parent: the number of the task that has made it, in the process that has.
        made: when that was.
        arguments: the beginning of them; empty if they were not recorded.
        rows: how many rows of a map it went over; 0 if it is no slice.
        chunk: how many rows of another worker's map it is; 0 if it is none.
        failed: whether it has ended with an exception.
        task: batch and number, if it came from another process.
    """

    __slots__ = (
        *("arguments", "chunk", "failed", "function", "made", "number", "parent", "parts", "process", "rows"),
        *("task", "thread"),
    )

    def __init__(
        self,
        process: int,
        number: int,
        function: str,
        parts: Sequence[Interval],
        parent: Key | None = None,
        made: float | None = None,
        thread: int = 0,
        arguments: str = "",
        rows: int = 0,
        chunk: int = 0,
        failed: bool = False,
        task: str = "",
    ) -> None:
        self.process = process
        self.number = number
        self.function = function
        self.parts = parts
        self.parent = parent
        self.made = parts[0][0] if made is None else made
        self.thread = thread
        self.arguments = arguments
        self.rows = rows
        self.chunk = chunk
        self.failed = failed
        self.task = task

    @property
    def key(self) -> Key:
        return self.process, self.number

    @property
    def start(self) -> float:
        return self.parts[0][0]

    @property
    def end(self) -> float:
        return self.parts[-1][1]

    @property
    def is_program(self) -> bool:
        """Whether it is the program itself, which made the first tasks."""
        return self.number == 0
