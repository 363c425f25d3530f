"""What a task can learn of itself: ``scoop.task()``."""

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import NamedTuple

from .engine.process.named import task_name
from .engine.process.task_frames import is_of_task_caller
from .engine.tasks.async_function import CO_COROUTINE
from .engine.tasks.holding import numbers_here
from .engine.tasks.retrying import try_number
from .identity import OWN_FOLDER

__all__ = ["Task", "task"]


class Task(NamedTuple):
    """The task, or the row of a map, that is running.

    Parameters:
        name: the one that the program has given it (``futures.options(f, name=...)``), or else that of its function.
            In a coroutine it is always that of the function.
        attempt: which try this is, from 1 on: more than 1 after exceptions of ``retry_on``. None in a coroutine.
        resources: the numbers of the resources that it has, by name, counted from 0: ``{"gpu": (1,)}``. Tasks that it
            starts and that run in the same process see them, too.
    """

    name: str
    attempt: int | None
    resources: Mapping[str, tuple[int, ...]]


def task() -> Task | None:
    """Return what is known of the task that calls; None outside of tasks.

    Looks at the stack, which takes some microseconds. In a thread that a task has started it is None.
    """
    frames = [*_frames_of_task(sys._getframe(1))]
    if not frames:
        return None
    names = [frame.f_code.co_qualname for frame in frames if not frame.f_code.co_filename.startswith(OWN_FOLDER)]
    name = task_name(frames[0], frames[-1]) or (names[-1] if names else "")
    is_coroutine = frames[-1].f_code.co_flags & CO_COROUTINE
    return Task(name, None if is_coroutine else try_number(frames), numbers_here())


def _frames_of_task(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames from the innermost to that which has called the task; nothing if none has."""
    frames = []
    while frame is not None:
        frames.append(frame)
        if is_of_task_caller(frame):
            yield from frames
            return
        frame = frame.f_back
