"""A run as its trace tells of it. All times are in seconds since the trace began."""

from collections.abc import Sequence
from typing import NamedTuple

from .intervals import Interval

__all__ = ["Key", "Move", "Process", "Task", "Trace"]

Key = tuple[int, int]
"""A task: its process, and its number there."""


class Process(NamedTuple):
    """One process of the run.

    Parameters:
        number: of the process, in the trace.
        host, machine, worker: where it was; the numbers of the machine, and of the worker there.
        is_origin: whether the program ran there.
        begun, up: when it was started, and when it could run tasks.
        ended: when it ended by itself; None if the trace does not say.
        about: what else is known: versions, processors.
    """

    number: int
    host: str
    machine: int
    worker: int
    is_origin: bool
    begun: float
    up: float
    ended: float | None
    about: dict[str, object]

    @property
    def label(self) -> str:
        return f"{self.host}: {'program' if self.is_origin else f'worker {self.worker}'}"


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


class Move(NamedTuple):
    """Tasks that were packed (``give``) or unpacked in a process, on one of its threads; or what has come.

    ``numbers`` are those of tasks in ``batch``; ``bytes`` is what travelled.
    """

    kind: str
    process: int
    thread: int
    since: float
    until: float
    bytes: int
    batch: str = ""
    numbers: Sequence[int] = ()


class Trace(NamedTuple):
    """All of it. ``is_whole``: it has its end, so the run was not killed."""

    processes: Sequence[Process]
    tasks: Sequence[Task]
    moves: Sequence[Move]
    is_whole: bool
    blocks_left_out: int = 0

    @property
    def end(self) -> float:
        ends = [task.end for task in self.tasks] + [process.ended or process.up for process in self.processes]
        return max(ends, default=0.0)
