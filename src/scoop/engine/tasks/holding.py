"""What a task has of resources while it runs: which numbers, and how it and its libraries learn of them.

The environment belongs to the process. So a worker has no two such tasks at a time: see broker/resources.py.
"""

import os
from _contextvars import Context, ContextVar
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ..process.task_frames import calls_task

__all__ = ["NO_NUMBERS", "Numbers", "holder_here", "holding", "numbers_by_name", "numbers_here"]

Numbers = Mapping[str, tuple[int, ...]]
"""Which of each, by name."""

NO_NUMBERS: Numbers = {}
"""Of nearly all tasks."""

VARIABLES = {"gpu": "CUDA_VISIBLE_DEVICES"}
"""By resource, the variable of the environment that tells libraries which of them to use."""


class _Holder(NamedTuple):
    """A task that has resources: in which process, as it is called, and which."""

    pid: int
    name: str
    numbers: Numbers


HOLDER: ContextVar[_Holder | None] = ContextVar("scoop.holder", default=None)
"""The task with resources that runs, or in which this one was started. Its name here is how it travels."""


def holder_here() -> str | None:
    """Return what the task is called that has resources and runs here, or has started what runs; None if none has."""
    holder = HOLDER.get()
    return holder and holder.name


def numbers_here() -> Numbers:
    """Return which resources the task has that runs here, or the one that has started it in this process."""
    holder = HOLDER.get()
    return holder.numbers if holder is not None and holder.pid == os.getpid() else NO_NUMBERS


def numbers_by_name(names: Sequence[str], numbers: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Return which of each, as a message tells."""
    return {
        name: tuple(number for each, number in zip(names, numbers, strict=True) if each == name) for name in names
    }


@contextmanager
@calls_task  # so that the variables which it sets count as set by the task
def holding(context: Context, name: str, numbers: Numbers) -> Iterator[None]:
    """Have a task know what it has, and all that it starts; it is to run in ``context``."""
    import contextvars  # noqa: F401  # so that what it submits has its context

    context.run(HOLDER.set, _Holder(os.getpid(), name, numbers))
    variables = {VARIABLES[each]: _devices(VARIABLES[each], numbers[each]) for each in numbers if each in VARIABLES}
    before = {variable: os.environ.get(variable) for variable in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


def _devices(variable: str, numbers: Sequence[int]) -> str:
    """Return what libraries know the devices by: the run may have been given some of the machine's only."""
    given = [word.strip() for word in os.environ.get(variable, "").split(",") if word.strip()]
    return ",".join(given[number] if number < len(given) else str(number) for number in numbers)
