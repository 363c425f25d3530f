"""What a task that is sent away calls, for those who must say something of it: the call may be a chunk of a map."""

from collections.abc import Iterator
from typing import Any

from ...errors import describe_call
from .future import TaskCall

__all__ = ["described", "function_of", "parts_of"]


def function_of(call: TaskCall, is_chunk: bool) -> Any:
    """Return the program's function."""
    function: Any = call[0]
    return function.function if is_chunk else function


def described(call: TaskCall, is_chunk: bool) -> str:
    """Write the call down."""
    function: Any = call[0]
    return function.describe(call[1]) if is_chunk else describe_call(*call)


def parts_of(call: TaskCall, is_chunk: bool) -> Iterator[tuple[str, Any]]:
    """Yield the function and the arguments, and in words which they are."""
    function: Any
    function, args, kwargs = call
    yield "function", function_of(call, is_chunk)
    if is_chunk:
        yield from function.arguments(args)
    else:
        yield from ((f"arg {number}", arg) for number, arg in enumerate(args))
    yield from ((f"keyword {name}", value) for name, value in kwargs.items())
