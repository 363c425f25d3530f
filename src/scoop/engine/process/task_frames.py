"""Which functions of SCOOP's call tasks, as the stack shows: so nothing is noted of a task unless it asks."""

from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, TypeVar, cast

__all__ = ["calls_task", "is_of_task_caller"]

F = TypeVar("F", bound=Callable[..., Any])

_callers: set[CodeType] = set()


def calls_task(function: F) -> F:
    """Mark a function that calls a task, or rows of a map, and nothing else of the program's."""
    _callers.add(cast(Any, function).__code__)
    return function


def is_of_task_caller(frame: FrameType) -> bool:
    """Return whether a task runs above ``frame``."""
    return frame.f_code in _callers
