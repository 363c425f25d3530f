"""Why something cannot travel: the path that leads to what cannot be pickled in it."""

import functools
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType
from typing import Any

from ...errors import brief, in_words
from ...wire import codec
from .. import runtime
from ..process.signal_safety import calls_program

__all__ = ["name_obstacle"]

_LONGEST_PATH = 12

Parts = Iterable[tuple[str, Any]]
"""What something consists of, with the words for each."""


def name_obstacle(parts: Parts, problem: BaseException) -> str:
    """Say what could not be pickled and why, as in ``arg 0 -> .session -> .lock (_thread.lock): TypeError: ...``.

    Never fails, though it calls the program's code.
    """
    path: list[str] = []
    thing: Any = None
    try:
        while len(path) < _LONGEST_PATH:
            label, thing = next((label, part) for label, part in parts if not _travels(part))
            path.append(label)
            parts = _parts_of(thing)
        path.append("...")
    except StopIteration:
        pass  # none of its parts is to blame, so it is itself
    except BaseException as stop:
        if runtime.has_struck(stop):
            runtime.repeat_signal()
    if not path:
        return in_words(problem)
    kind = type(thing)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{' -> '.join(path)} ({name}): {in_words(problem)}"


@calls_program
def _travels(thing: object) -> bool:
    try:
        codec.dumps(thing)
    except BaseException as problem:
        if runtime.has_struck(problem):
            raise
        return False
    return True


@calls_program
def _parts_of(thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, dict):
        yield from ((f"[{brief(key)}]", value) for key, value in thing.items())
        yield from ((f"key {brief(key)}", key) for key in thing)
    elif isinstance(thing, list | tuple):
        yield from ((f"[{place}]", item) for place, item in enumerate(thing))
    elif isinstance(thing, set | frozenset):
        yield from ((f"element {brief(item)}", item) for item in thing)
    elif isinstance(thing, functools.partial | MethodType):
        names = ("func", "args", "keywords", "__self__", "__func__")
        yield from ((f".{name}", getattr(thing, name)) for name in names if hasattr(thing, name))
    elif isinstance(thing, FunctionType):
        yield from _parts_of_function(thing)
    if not isinstance(thing, type | FunctionType | MethodType):
        yield from _parts_of_object(thing)


def _parts_of_function(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what travels with a function that travels by value."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        yield f"variable {name}", cell.cell_contents
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield f"global {name}", function.__globals__[name]


def _parts_of_object(thing: Any) -> Iterator[tuple[str, Any]]:
    reduced = thing.__reduce_ex__(5)
    if not isinstance(reduced, tuple):
        return
    state = reduced[2] if len(reduced) > 2 else None
    for part in state if isinstance(state, tuple) else (state,):
        if isinstance(part, dict):
            yield from ((f".{name}", value) for name, value in part.items())
        else:
            yield "its state", part
    yield from ((f"__reduce__ argument {place}", argument) for place, argument in enumerate(reduced[1]))
