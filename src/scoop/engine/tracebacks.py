"""What people read when a task fails: their frames, and not ours."""

import pickle
import signal
import traceback
from os.path import dirname, sep
from types import TracebackType
from typing import Any

from ..errors import RemoteError
from ..wire import codec

__all__ = ["format_error", "is_from_signal_handler", "pack_error", "set_cause", "without_our_frames"]

_cause: Any = BaseException.__dict__["__cause__"]

_HOME = dirname(dirname(__file__)) + sep


def _ours(filename: str) -> bool:
    return filename.startswith(_HOME)


def set_cause(error: BaseException, cause: BaseException) -> None:
    """Chain ``error`` to its cause, also where its class allows no attributes to be set."""
    _cause.__set__(error, cause)


def is_from_signal_handler(error: BaseException) -> bool:
    """Return whether it was a handler of the program's for some signal that raised ``error``, wherever it struck."""
    handlers = {getattr(signal.getsignal(number), "__code__", None) for number in signal.valid_signals()} - {None}
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in handlers:
            return True
        trace = trace.tb_next
    return False


def without_our_frames(error: BaseException) -> BaseException:
    """Cut SCOOP's own frames out of the traceback of ``error`` and of what it is chained to; return it."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        kept: TracebackType | None = None
        entries = []
        entry = one.__traceback__
        while entry is not None:
            if not _ours(entry.tb_frame.f_code.co_filename):
                entries.append(entry)
            entry = entry.tb_next
        for entry in reversed(entries):
            kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
        one.with_traceback(kept)
        todo += (one.__cause__, one.__context__)
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
    return error


def format_error(error: BaseException) -> str:
    """Return the traceback of ``error`` as text, without our frames. Never fails, whatever the error is."""
    try:
        text = "".join(traceback.format_exception(without_our_frames(error)))
    except BaseException as problem:  # the user's __str__ may do anything
        text = f"{type(error).__name__} (and formatting it raised {type(problem).__name__})\n"
    return text


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
