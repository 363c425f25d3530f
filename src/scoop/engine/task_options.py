"""What a program may say of the tasks of a function: see futures.options."""

from collections.abc import Callable
from typing import Any

from ..errors import describe
from .task import TaskLimits, TaskOptions, WithOptions

__all__ = ["with_options"]

LONGEST_SECONDS = 1e8
"""Three years: what a longer limit is taken for, since clocks do not count further."""


def with_options(what: str, function: Callable[..., Any], **given: Any) -> WithOptions:
    """Return a function with options; those that are None stay as they are. ``what``: the call, for errors."""
    if not callable(function):
        raise TypeError(f"{what}() needs something callable, not {describe(function)}")
    retries, seconds = _retries(given.get("retries")), _seconds(given.get("seconds"))
    options = function.options if type(function) is WithOptions else TaskOptions()
    called = function.function if type(function) is WithOptions else function
    if retries is not None:
        options = options._replace(retries=retries)
    if seconds is not None:
        options = options._replace(limits=(options.limits or TaskLimits())._replace(seconds=seconds))
    return WithOptions(called, options)


def _retries(retries: Any) -> int | None:
    if retries is not None and (not isinstance(retries, int) or isinstance(retries, bool) or retries < 0):
        raise ValueError(f"retries must be a whole number, 0 or more, not {describe(retries)}")
    return retries


def _seconds(seconds: Any) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"seconds must be a number or None, not {describe(seconds)}")
    if not seconds > 0:
        raise ValueError(f"seconds must be more than 0, not {describe(seconds)}")
    return min(float(seconds), LONGEST_SECONDS)
