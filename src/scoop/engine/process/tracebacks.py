"""The tracebacks of tasks that fail: they show the frames of the program, and none of SCOOP's."""

import traceback
from types import TracebackType

from ...errors import RemoteTraceback
from ...identity import OWN_FOLDER
from ...wire.exceptions import CAUSE, CONTEXT, SUPPRESS

__all__ = ["add_remote_frames", "format_error", "set_cause", "without_our_frames"]


def _ours(filename: str) -> bool:
    return filename.startswith(OWN_FOLDER)


def set_cause(error: BaseException, cause: BaseException) -> None:
    """Chain ``error`` to its cause, also where its class allows no attributes to be set."""
    CAUSE.__set__(error, cause)


def add_remote_frames(error: BaseException, text: str) -> None:
    """Have tracebacks of ``error`` begin with ``text``: make it the cause where the chain of causes begins."""
    seen: set[int] = set()
    earlier: BaseException | None = error
    while earlier is not None and id(earlier) not in seen:
        seen.add(id(earlier))
        error, earlier = earlier, CAUSE.__get__(earlier)
        if earlier is None and not SUPPRESS.__get__(error):
            earlier = CONTEXT.__get__(error)
    suppressed = SUPPRESS.__get__(error)
    CAUSE.__set__(error, RemoteTraceback(text))
    SUPPRESS.__set__(error, suppressed)  # setting a cause has changed it


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
