"""How the outcome of a task travels: its value, or its exception and the text of its traceback."""

import pickle
import sys
from collections.abc import Sequence
from typing import Any, cast

from ...errors import RemoteError, ResultNotSent, describe, in_words, name_of
from ...wire import codec
from ...wire.exceptions import dumps_error
from .. import runtime
from ..process.tracebacks import add_remote_frames, format_error, set_cause
from ..travel.obstacles import name_obstacle

__all__ = ["name_and_text", "pack_error", "result_not_sent", "unpack_outcome"]

_ONLY_HERE = (
    "scoop: {!r} is set in the program's process, but was not on the worker. What the code of a function names goes "
    "along with it; what is looked up otherwise (eval, globals()) does not. Workers import the main script, but do "
    "not do what stands under `if __name__ == '__main__':`. So set it at the script's top level, give it to the task "
    "as an argument, or see shared.setConst"
)


def unpack_outcome(ok: bool, data: bytes, large: Sequence[Any] = ()) -> tuple[bool, Any]:
    """Return whether what travelled as ``data`` is a value, and it; else the exception."""
    if not ok:
        return False, _unpack_error(data)
    try:
        return True, codec.loads(data, large)
    except BaseException as problem:
        if runtime.has_struck(problem):
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
    return pickle.dumps((data, text, type(error).__qualname__, _missing_global(error)), 5)


def name_and_text(packed: bytes) -> tuple[str, str]:
    """Return the name of the class of a packed exception, and its traceback. Runs no code of the program's."""
    _, text, name, _ = pickle.loads(packed)
    return name, text


def _missing_global(error: BaseException) -> str | None:
    """Return the name of the global of the main script that an exception says is missing."""
    trace = error.__traceback__ if type(error) is NameError else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_globals.get("__name__") != "__main__":
        return None
    return cast(NameError, error).name


def _unpack_error(packed: bytes) -> BaseException:
    data, text, _, missing = pickle.loads(packed)
    try:
        error: Any = codec.loads(data)
        if not isinstance(error, BaseException):
            raise TypeError(f"it unpickles as something else, {describe(error)}")
    except BaseException as problem:
        if runtime.has_struck(problem):
            raise
        error = _stand_in(text.rstrip().rpartition("\n")[2], problem)
    found: BaseException = error
    add_remote_frames(found, text)
    if missing is not None and missing in vars(sys.modules["__main__"]):
        found.add_note(_ONLY_HERE.format(missing))
    return found


def _stand_in(words: str, problem: BaseException) -> RemoteError:
    return RemoteError(f"{words} (this exception cannot travel between processes: {in_words(problem)})")


def result_not_sent(function: object, value: object, problem: Exception) -> ResultNotSent:
    """Return the exception for a result that cannot travel."""
    return ResultNotSent(
        f"{name_of(function)} returned a {type(value).__qualname__} that cannot travel back "
        f"({name_obstacle([('result', value)], problem)}). Return plain data instead"
    )
