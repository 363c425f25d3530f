"""The options that a program may give the tasks of a function: see futures.options."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ...errors import TaskTimeout, describe
from ...wire.memory import can_be_measured
from ...wire.wrapper import TaskWrapper
from ..process.named import Named
from .async_function import from_async
from .needs import checked_amounts
from .retrying import Retries, Retrying
from .task import TaskLimits, TaskOptions, WithOptions

__all__ = ["Given", "with_options"]

LONGEST_SECONDS = 1e8
"""Three years: what a longer time is taken for, since clocks do not count further."""

MOST_PRIORITY = 1 << 62
"""What a message can tell."""

RETRIES = 2
"""How often a task runs again after an exception, unless the program says."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)


class Given(NamedTuple):
    """What is given to futures.options, in the order in which it checks that."""

    retries: Any = None
    seconds: Any = None
    memory: Any = None
    retry_on: Any = ()
    backoff: Any = 0.1
    name: Any = None
    priority: Any = None
    resources: Any = None
    gpu: Any = None


def with_options(what: str, function: Callable[..., Any], given: Given) -> WithOptions:
    """Return a function with options; those that are None stay as they are. ``what``: the call, for errors."""
    if not callable(function):
        raise TypeError(f"{what}() needs something callable, not {describe(function)}")
    before = function.options if type(function) is WithOptions else TaskOptions()
    called, again = _taken_apart(function.function if type(function) is WithOptions else function)
    retries, name = _retries(given.retries), _name(given.name)
    limits = _limits(before.limits or TaskLimits(), _seconds(given.seconds), _memory(given.memory))
    errors, backoff = _errors(given.retry_on), _backoff(given.backoff)
    retries, name = before.retries if retries is None else retries, before.name if name is None else name
    if errors or again:
        tries = RETRIES if retries is None else retries
        called = Retrying(
            from_async(called), Retries(errors, tries, backoff) if errors else again._replace(retries=tries)
        )
    if name is not None:
        called = Named(from_async(called), name)
    changes = before._replace(retries=retries, limits=limits, name=name)
    return WithOptions(called, changes._replace(**_of_the_run(given)))


def _of_the_run(given: Given) -> dict[str, Any]:
    """Return the options that say where and when tasks run, if they are given."""
    found: dict[str, Any] = {} if given.priority is None else {"priority": _priority(given.priority)}
    needs = given.resources
    if given.gpu is not None:
        needs = {"gpu": given.gpu} if needs is None else {**checked_amounts(needs), "gpu": given.gpu}
    return found if needs is None else found | {"needs": checked_amounts(needs, least=1)}


def _priority(priority: Any) -> int:
    if not isinstance(priority, int) or isinstance(priority, bool) or not 0 <= priority <= MOST_PRIORITY:
        raise ValueError(f"priority must be a whole number, 0 or more, not {describe(priority)}")
    return priority


def _taken_apart(function: Callable[..., Any]) -> tuple[Callable[..., Any], Any]:
    """Return a function without what options have put around it, and when it is called again, or None."""
    again = None
    while isinstance(function, TaskWrapper):
        again = function.again if isinstance(function, Retrying) else again
        function = function.function
    return function, again


def _limits(before: TaskLimits, seconds: float | None, memory: int | None) -> TaskLimits | None:
    seconds = before.seconds if seconds is None else seconds
    memory = before.memory if memory is None else memory
    return None if seconds is None and memory is None else TaskLimits(seconds, memory)


def _retries(retries: Any) -> int | None:
    if retries is not None and (not isinstance(retries, int) or isinstance(retries, bool) or retries < 0):
        raise ValueError(f"retries must be a whole number, 0 or more, not {describe(retries)}")
    return retries


def _seconds(seconds: Any) -> float | None:
    if seconds is None:
        return None
    if not _is_number(seconds):
        raise TypeError(f"seconds must be a number or None, not {describe(seconds)}")
    if not seconds > 0:
        raise ValueError(f"seconds must be more than 0, not {describe(seconds)}")
    return min(float(seconds), LONGEST_SECONDS)


def _memory(memory: Any) -> int | None:
    if memory is None:
        return None
    if isinstance(memory, str) and (found := _SIZE.fullmatch(memory.strip())):
        memory = int(float(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " "))
    if isinstance(memory, str):
        raise ValueError(f"memory must be a number of bytes, or a text such as '500M' or '2 GB', not {memory!r}")
    if not isinstance(memory, int) or isinstance(memory, bool):
        raise TypeError(f"memory must be a number of bytes, or a text such as '2 GB', not {describe(memory)}")
    if memory < 1:
        raise ValueError(f"memory must be 1 byte or more, not {describe(memory)}")
    if not can_be_measured():
        raise ValueError("memory cannot be limited: this system does not tell how much a process has (no /proc)")
    return memory


def _errors(retry_on: Any) -> tuple[type[BaseException], ...]:
    errors = retry_on if isinstance(retry_on, tuple) else (retry_on,)
    for error in errors:
        if not isinstance(error, type) or not issubclass(error, BaseException):
            raise TypeError(f"retry_on must be an exception class, or a tuple of such, not {describe(error)}")
        if issubclass(error, TaskTimeout):
            raise ValueError("retry_on cannot be TaskTimeout: a task that was ended by force is not tried again")
    return errors


def _backoff(backoff: Any) -> float:
    if not _is_number(backoff):
        raise TypeError(f"backoff must be a number of seconds, not {describe(backoff)}")
    if not 0 <= backoff <= LONGEST_SECONDS:
        raise ValueError(f"backoff must be 0 seconds or more, not {describe(backoff)}")
    return float(backoff)


def _name(name: Any) -> str | None:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a text or None, not {describe(name)}")
    if name is not None and not name.strip():
        raise ValueError("name must not be empty")
    return name


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
