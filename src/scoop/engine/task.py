"""What a task is besides its function and arguments: its retries, and whether it is a chunk of a map."""

from _contextvars import Context, copy_context
from collections.abc import Callable, Iterable, Sequence
from pickle import PickleBuffer
from typing import Any, NamedTuple, Protocol

from .async_function import from_async
from .task_context import are_used

__all__ = ["PLAIN", "Chunk", "NewChunk", "Report", "RowFunction", "TaskOptions", "WithRetries", "split_options"]


class TaskOptions(NamedTuple):
    """How a task is to be treated.

    Parameters:
        retries: how often it is handed out again after a worker died with it; None: as often as the run says.
        context: the context variables of the caller that submitted it; None if the program uses none at all.
        tries_before: how often a worker has died with it when it was part of another task.
    """

    retries: int | None = None
    context: Context | None = None
    tries_before: int = 0


PLAIN = TaskOptions()
"""The options of nearly all tasks."""

Report = Callable[[bytes, Sequence[PickleBuffer]], None]
"""Takes rows of a chunk that have ended to the owner of the map: their pickle, and their large buffers."""


class Chunk(Protocol):
    """Several rows of another worker's map, while they run here."""

    def run(self, is_due: Callable[[float], bool]) -> tuple[bytes, Sequence[PickleBuffer]]: ...
    def has_news(self) -> bool: ...
    def report(self) -> None: ...
    def cancel(self) -> None: ...


class RowFunction(Protocol):
    """The function of a chunk: what a map does to several rows."""

    function: Callable[..., Any]
    """What is called on each row."""

    name: str | None
    """The name of the constant under which it came here; None if it came with its tasks."""

    def parts(self) -> tuple[Any, ...]: ...
    def describe(self, columns: Any, row: int = 0) -> str: ...
    def arguments(self, columns: Any) -> Iterable[tuple[str, Any]]: ...


NewChunk = Callable[[RowFunction, tuple[Sequence[Any], ...], TaskOptions, Report], Chunk]
"""Makes a chunk of a function, columns and options; the maps have it, which stand above the worker."""


class WithRetries:
    """``function``, whose tasks are handed out again at most ``retries`` times after a worker died with them."""

    __slots__ = ("function", "options")

    def __init__(self, function: Callable[..., Any], options: TaskOptions) -> None:
        self.function = function
        self.options = options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


def split_options(function: Callable[..., Any]) -> tuple[Callable[..., Any], TaskOptions]:
    """Return what is really called, and the options that the program has given it."""
    context = copy_context() if are_used() else None
    if type(function) is WithRetries:
        return from_async(function.function), function.options._replace(context=context)
    return from_async(function), PLAIN if context is None else TaskOptions(context=context)
