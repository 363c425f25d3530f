"""The surroundings of a task: the context variables of the caller that submitted it, and no event loop.

A context variable that is set where a task is submitted (the precision of ``decimal``, NumPy's error handling, one of
the program's own) has the same value in the task, wherever that runs. What a task sets, no other task sees. Only what
cannot travel is left out: a variable that is no global of a module, or a value that cannot be pickled.

A task may run on the stack of a coroutine that waits for it. It does not see that coroutine's event loop.
"""

import pickle
from _contextvars import Context, ContextVar, copy_context
from collections.abc import Callable
from functools import partial
from sys import modules, version_info
from typing import Any

from ...wire import codec
from .. import runtime
from ..process.signal_safety import calls_program

__all__ = ["are_used", "call", "leave_event_loop", "pack", "reenter_event_loop", "unpack"]

_GET_LOOP, _SET_LOOP = "_get_running_loop", "_set_running_loop"
"""The functions of ``asyncio.events`` that are for event loops of other makes."""

_SWAP_TASK = "_swap_current_task" if version_info >= (3, 14) else ""
"""The one of ``asyncio.tasks``: since 3.14 a thread has one current task, whatever loop it is of."""

LeftLoop = tuple[object, object]
"""An event loop, and its current task, if it has any."""

on_begin: Callable[[], object] | None = None
"""What is called in the context of each task that has one, before it begins, if anything is."""

_homes: dict[ContextVar[Any], tuple[str, str] | None] = {}
"""The module of which each context variable is a global, and its name there; None if there is none."""


def are_used() -> bool:
    """Return whether the program may have set a context variable, or run an event loop.

    Both need one of these modules, which SCOOP itself does not import.
    """
    return "contextvars" in modules or "decimal" in modules


@calls_program
def call(context: Context | None, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call ``function`` in a copy of ``context``, if there is one, and outside of the event loop of this thread."""
    if context is None:
        return function(*args, **kwargs)
    loop = leave_event_loop()
    try:
        own = context.copy()
        if on_begin is not None:
            own.run(on_begin)
        return own.run(function, *args, **kwargs)
    finally:
        reenter_event_loop(loop)


# -- the event loop of a thread -------------------------------------------------------------------------------------


def leave_event_loop() -> LeftLoop | None:
    """Have no event loop run on this thread, as far as asyncio can tell; return the one that does, and its task."""
    events = modules.get("asyncio.events")
    loop = events and getattr(events, _GET_LOOP)()
    if loop is None:
        return None
    task = modules["asyncio.tasks"].current_task(loop) if _SWAP_TASK else None
    if task is not None:
        getattr(modules["asyncio.tasks"], _SWAP_TASK)(loop, None)
    getattr(events, _SET_LOOP)(None)
    return loop, task


def reenter_event_loop(left: LeftLoop | None) -> None:
    """Undo ``leave_event_loop``."""
    if left is not None:
        loop, task = left
        getattr(modules["asyncio.events"], _SET_LOOP)(loop)
        if task is not None:
            getattr(modules["asyncio.tasks"], _SWAP_TASK)(loop, task)


# -- journeys -------------------------------------------------------------------------------------------------------


def pack(context: Context | None) -> bytes | None:
    """Return a pickle of what can travel of a context; None if it is empty. Runs code of the program's."""
    if not context:
        return None
    setters = []
    for variable, value in context.items():
        setter: Callable[[], object] | None = None
        if variable.name == "decimal_context":
            setter = partial(modules["decimal"].setcontext, value)
        elif variable.name == "numpy.ufunc.extobj":
            setter = partial(modules["numpy"].seterr, **context.run(modules["numpy"].geterr))
        elif (home := _home(variable)) is not None:
            setter = partial(_set, *home, value)
        if setter is not None:
            try:
                setters.append(codec.dumps(setter))
            except Exception as problem:
                if runtime.has_struck(problem):
                    raise
    return pickle.dumps(setters)


def unpack(packed: bytes | None) -> Context:
    """Return the context of a task that has come from elsewhere."""
    context = copy_context()
    for setter in pickle.loads(packed) if packed else ():
        context.run(codec.loads(setter))
    if on_begin is not None:
        context.run(on_begin)
    return context


def _set(module: str, name: str, value: object) -> None:
    getattr(modules[module], name).set(value)


def _home(variable: ContextVar[Any]) -> tuple[str, str] | None:
    if variable not in _homes:
        found = (
            (name, key)
            for name, module in [*modules.items()]
            for key, value in [*getattr(module, "__dict__", {}).items()]
            if value is variable
        )
        _homes[variable] = next(found, None)
    return _homes[variable]
