"""Which worker a process is, what the command line allows it, and what all workers share."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Identity", "Limits"]


class Limits(NamedTuple):
    """The limits that the command line sets for a worker, and the key that all workers have.

    Parameters:
        retries: how often a task is handed out again after a worker died with it.
        tasks: how many tasks of others a worker runs before it is replaced; None is no limit.
        memory: resident bytes beyond which a worker is replaced; None is no limit.
        spare: whether the origin runs no task that can run elsewhere.
        authkey: of ``multiprocessing``, in hexadecimal; if empty, each process makes its own.
        initializer: ``module:function``, which each process calls before its first task; empty if nothing.
        resources: how many of each a machine has, for tasks that need some.
        trace: what each process is to record, see trace/settings.py; empty if nothing.
        instruments: what measures the tasks of each process: words of machine/measuring.py; empty if nothing.
    """

    retries: int = 2
    tasks: int | None = None
    memory: int | None = None
    spare: bool = False
    authkey: str = ""
    initializer: str = ""
    resources: Mapping[str, int] = {}
    trace: str = ""
    instruments: str = ""


class Identity(NamedTuple):
    """Which worker of the run this is.

    Parameters:
        machine: the number of its machine; that of the origin's is 0.
        worker: its number on the machine; the origin's is 0.
        size: how many workers the run has.
        is_origin: whether the program runs in this process.
    """

    machine: int
    worker: int
    size: int
    is_origin: bool
