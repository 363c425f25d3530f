"""Functions made by ``async def``, as tasks: each call is a coroutine, on the event loop of the worker."""

from collections.abc import Callable
from functools import partial, update_wrapper
from types import FunctionType, MethodType
from typing import Any

from .. import runtime

__all__ = ["CO_COROUTINE", "AsyncFunction", "from_async", "is_async"]


CO_COROUTINE = 0x80
"""The flag of the code of async functions, as in ``inspect``, which takes long to import."""


class AsyncFunction:
    """``func``, which was made by ``async def``, as a function that returns what its coroutine returns."""

    func: Callable[..., Any]

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func
        update_wrapper(self, func, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if runtime.current is not None:
            return runtime.current.coroutines.run(self.func, args, kwargs)
        from asyncio import run  # there are no other tasks

        return run(self.func(*args, **kwargs))

    def __reduce__(self) -> Any:
        return AsyncFunction, (self.func,)


_last = AsyncFunction(print)
"""The wrapper that was made last: it is pickled once, though programs submit the same function many times."""


def from_async(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function; one that was made by ``async def``, as an ordinary function."""
    global _last
    if not is_async(function):
        return function
    last = _last
    if last.func is not function:
        last = _last = AsyncFunction(function)
    return last


def is_async(function: Any) -> bool:
    """Return whether calls of ``function`` return coroutines: it was made by ``async def``."""
    while type(function) is partial:
        function = function.func
    if type(function) is MethodType:
        function = function.__func__
    if type(function) is not FunctionType:
        function = type(function).__call__
    return type(function) is FunctionType and bool(function.__code__.co_flags & CO_COROUTINE)
