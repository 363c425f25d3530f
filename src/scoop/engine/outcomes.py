"""How the outcome of a task travels: its value, or its exception and the text of its traceback."""

import pickle
from collections.abc import Sequence
from typing import Any

from ..errors import RemoteError, RemoteTraceback, ResultNotSent, describe, in_words, name_of
from ..wire import codec
from . import runtime
from .tracebacks import format_error, set_cause

__all__ = ["pack_error", "result_not_sent", "unpack_outcome"]


def unpack_outcome(ok: bool, data: bytes, large: Sequence[Any] = ()) -> tuple[bool, Any]:
    """Return whether what travelled as ``data`` is a value, and it; else the exception."""
    try:
        if ok:
            return True, codec.loads(data, large)
        error, text = codec.loads(data)
    except BaseException as problem:
        if problem is runtime.signal_error:
            raise
        error = ResultNotSent(
            f"the task ended, but its {'result' if ok else 'exception'} could not be unpickled here "
            f"({in_words(problem)}). Return plain data, or define the class at the top of a module."
        )
        set_cause(error, problem)
        return False, error
    if not isinstance(error, BaseException):
        error = RemoteError(f"a task raised an exception that unpickles as something else: {describe(error)}")
    set_cause(error, RemoteTraceback(text))
    return False, error


def pack_error(error: BaseException) -> bytes:
    """Return the pickle of ``error`` and its traceback's text; of a RemoteError that describes it, if it must."""
    text = format_error(error)
    try:
        data = codec.dumps((error, text))
        # Many exceptions pickle and do not unpickle, or as something else: better to know it here.
        if type(codec.loads(data)[0]) is not type(error):
            raise TypeError("it unpickles as something else")
    except BaseException as problem:
        last_line = text.rstrip().rpartition("\n")[2]
        stand_in = RemoteError(
            f"{last_line} (this exception cannot travel between processes: {type(problem).__name__}. "
            "An exception whose __init__ takes other arguments than it passes to super().__init__ "
            "needs a __reduce__ of its own)"
        )
        return pickle.dumps((stand_in, text))
    return data


def result_not_sent(function: object, value: object, problem: Exception) -> ResultNotSent:
    """Return the exception for a result that cannot travel."""
    return ResultNotSent(
        f"{name_of(function)} returned a {type(value).__qualname__} that cannot travel back "
        f"({in_words(problem)}). Return plain data instead"
    )
