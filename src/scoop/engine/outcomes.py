"""How the outcome of a task travels: its value, or its exception and the text of its traceback."""

import pickle
from collections.abc import Sequence
from typing import Any

from ..errors import RemoteError, ResultNotSent, describe, in_words, name_of
from ..wire import codec
from ..wire.exceptions import dumps_error
from . import runtime
from .tracebacks import add_remote_frames, format_error, set_cause

__all__ = ["pack_error", "result_not_sent", "unpack_outcome"]


def unpack_outcome(ok: bool, data: bytes, large: Sequence[Any] = ()) -> tuple[bool, Any]:
    """Return whether what travelled as ``data`` is a value, and it; else the exception."""
    if not ok:
        return False, _unpack_error(data)
    try:
        return True, codec.loads(data, large)
    except BaseException as problem:
        if problem is runtime.signal_error:
            raise
        error = ResultNotSent(
            f"the task ended, but its result could not be unpickled here ({in_words(problem)}). Return plain data, "
            "or define the class at the top of a module."
        )
        set_cause(error, problem)
        return False, error


def pack_error(error: BaseException) -> bytes:
    """Return ``error`` and its traceback's text as bytes; a RemoteError that describes it, if it must."""
    text = format_error(error)
    try:
        data = dumps_error(error)
    except BaseException as problem:  # the program's code may raise anything
        data = pickle.dumps(_stand_in(in_words(error), problem))
    return pickle.dumps((data, text), 5)


def _unpack_error(packed: bytes) -> BaseException:
    data, text = pickle.loads(packed)
    try:
        error: Any = codec.loads(data)
        if not isinstance(error, BaseException):
            raise TypeError(f"it unpickles as something else, {describe(error)}")
    except BaseException as problem:
        if problem is runtime.signal_error:
            raise
        error = _stand_in(text.rstrip().rpartition("\n")[2], problem)
    found: BaseException = error
    add_remote_frames(found, text)
    return found


def _stand_in(words: str, problem: BaseException) -> RemoteError:
    return RemoteError(f"{words} (this exception cannot travel between processes: {in_words(problem)})")


def result_not_sent(function: object, value: object, problem: Exception) -> ResultNotSent:
    """Return the exception for a result that cannot travel."""
    return ResultNotSent(
        f"{name_of(function)} returned a {type(value).__qualname__} that cannot travel back "
        f"({in_words(problem)}). Return plain data instead"
    )
