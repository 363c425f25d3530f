"""A run as its trace tells of it. All times are in seconds since the trace began."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .tasks import Tasks

__all__ = ["Move", "Process", "Trace"]


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
    """All of it.

    Parameters:
        is_whole: it has its end, so the run was not killed.
        blocks_left_out: how many parts are missing.
        unfinished: the places of tasks that never ended, since their process did before.
        memory: by function, by how many bytes its tasks have raised the peak of a process; empty if not measured.
    """

    processes: Sequence[Process]
    tasks: Tasks
    moves: Sequence[Move]
    is_whole: bool
    blocks_left_out: int = 0
    unfinished: Sequence[int] = ()
    memory: Mapping[str, int] = {}

    @property
    def end(self) -> float:
        ends = [process.ended or process.up for process in self.processes]
        return max([*ends, max(self.tasks.end, default=0.0)], default=0.0)
