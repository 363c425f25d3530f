"""The properties of a task besides its function and arguments: its retries, and whether it is a chunk of a map."""

from _contextvars import Context, copy_context
from collections.abc import Callable, Iterable, Mapping, Sequence
from pickle import PickleBuffer
from types import FunctionType
from typing import Any, NamedTuple, Protocol

from ...errors import name_of
from ...wire.wrapper import TaskWrapper, Wrapper
from ..process.signal_safety import calls_program
from ..threads.task_context import are_used, call
from .async_function import CO_COROUTINE, from_async

__all__ = ["PLAIN", "Chunk", "Graph", "NewChunk", "Report", "RowFunction"]
__all__ += ["TaskLimits", "TaskOptions", "WithOptions", "perform", "split_options"]


class TaskLimits(NamedTuple):
    """What a task may take, beyond which it is ended, with its worker.

    Parameters:
        seconds: how long it may run; None is no limit.
        memory: how many resident bytes its worker may have meanwhile; None is no limit.
    """

    seconds: float | None = None
    memory: int | None = None


NO_NEEDS: Mapping[str, int] = {}
"""Of a task that needs no resources."""


class TaskOptions(NamedTuple):
    """How a task is to be treated.

    Parameters:
        retries: how often it is handed out again after a worker died with it; None: as often as the run says.
        context: the context variables of the caller that submitted it; None if the program uses none at all.
        tries_before: how often a worker has died with it when it was part of another task.
        graph: has it go on when all that it depends on has ended, and gives it the results; None if no argument is a
            future.
        limits: what it may take; None if there is no limit. With limits, it never runs in the process it is from.
        name: what the program calls it; None if it has no name of its own.
        needs: the resources that it is to have while it runs: how many of each, by name.
        priority: it goes before tasks with a lower one.
    """

    retries: int | None = None
    context: Context | None = None
    tries_before: int = 0
    graph: "Graph | None" = None
    limits: TaskLimits | None = None
    name: str | None = None
    needs: Mapping[str, int] = NO_NEEDS
    priority: int = 0

    @property
    def leaves(self) -> bool:
        """Whether it never runs in the process that it is from: it has limits, or needs resources."""
        return self.limits is not None or bool(self.needs)

    @property
    def label(self) -> str:
        """The name, for a ``repr``; empty if there is none."""
        return "" if self.name is None else f"{self.name!r} "


class Graph(Protocol):
    """The tasks of one scheduler that depend on others. Futures are ``Any`` here, since their file stands above."""

    @property
    def fill(self) -> Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]: ...
    def go_on(self, task: Any, options: "TaskOptions", deferred: Any, /) -> Any: ...
    def fail(self, task: Any, ended: Any, deferred: Any, /) -> Any: ...


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
    """The function that is called on each row."""

    name: str | None
    """The name of the constant under which it came here; None if it came with its tasks."""

    def parts(self) -> tuple[Any, ...]: ...
    def describe(self, columns: Any, row: int = 0) -> str: ...
    def arguments(self, columns: Any) -> Iterable[tuple[str, Any]]: ...


NewChunk = Callable[[RowFunction, tuple[Sequence[Any], ...], TaskOptions, Report], Chunk]
"""Makes a chunk of a function, columns and options; the maps have it, which stand above the worker."""


class WithOptions(Wrapper):
    """``function``, as its tasks call it, and their options. To call this just calls what the program has given."""

    def __init__(self, function: Callable[..., Any], options: TaskOptions) -> None:
        super().__init__(function)
        self.options = options
        self._named: _FunctionOf | None = None  # one for all its tasks, so that it is packed once for many

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = self.function
        while isinstance(function, TaskWrapper):
            function = function.function
        return function(*args, **kwargs)

    def called(self) -> Callable[..., Any]:
        """Return what tasks call. If this has taken the place of the function, that travels by the name of both."""
        if self._named is None and self.global_name():
            self._named = _FunctionOf(self)
        return self._named or self.function

    def parts(self) -> tuple[Any, ...]:
        return self.function, self.options

    def __repr__(self) -> str:
        return f"<{name_of(self.function)} with options>"


class _FunctionOf(Wrapper):
    """The function of ``owner``, as that travels."""

    def __init__(self, owner: WithOptions) -> None:
        super().__init__(owner.function)
        self._owner = owner

    def __reduce__(self) -> Any:
        return getattr, (self._owner, "function")


def split_options(function: Callable[..., Any]) -> tuple[Callable[..., Any], TaskOptions]:
    """Return what is really called, and the options that the program has given it."""
    context = copy_context() if are_used() else None
    if context is None and type(function) is FunctionType and not function.__code__.co_flags & CO_COROUTINE:
        return function, PLAIN  # most often
    if type(function) is WithOptions:
        return from_async(function.called()), function.options._replace(context=context)
    return from_async(function), PLAIN if context is None else TaskOptions(context=context)


@calls_program
def perform(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions) -> Any:
    """Make the call of a task that has options."""
    if options.graph is not None:
        args, kwargs = options.graph.fill(args, kwargs)
    if options.context is None:
        return function(*args, **kwargs)
    return call(options.context, function, *args, **kwargs)
