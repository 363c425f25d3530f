"""Notices of workers to the program, which handles them in its own process: records of logging, and warnings.

Handlers are the program's code. So the I/O thread only puts a notice in line, and a thread handles them that has
nothing else to do: it keeps the order of each worker's, and neither a slow handler nor one that waits for a task
keeps anything else from going on.
"""

import logging
import pickle
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from ...progress.begin import hear_report
from ...tuning import TUNING
from ...wire import codec
from ...wire.messages import Notice, NoticeKind

__all__ = ["finish_notices", "note", "takers"]

_log = logging.getLogger("scoop.run")

_waiting: SimpleQueue[Notice | None] = SimpleQueue()
_thread: Thread | None = None

takers: dict[int, Callable[[bytes], object]] = {}
"""By the kind of a notice, who takes it at once, on the I/O thread: so that runs no code of the program's."""

_registries: dict[str, dict[Any, Any]] = {}
"""Which warnings were shown of files that are no module of this process."""


def note(notice: Notice) -> None:
    """Take in a notice. The I/O thread calls, so no code of the program's may run."""
    global _thread
    if (take := takers.get(notice.kind)) is not None:
        take(notice.body)
        return
    _waiting.put(notice)
    if _thread is None:
        thread = Thread(target=_handle_all, name="scoop-notices", daemon=True)
        with suppress(RuntimeError):  # there can be no more threads: it is tried again, and at last done at the end
            thread.start()
            _thread = thread


def finish_notices() -> bool:
    """Handle what is left, now that no more comes; return whether all was, and not one handler is stuck."""
    _waiting.put(None)
    if _thread is None:
        _handle_all()
        return True
    left = -1
    while _thread.is_alive() and left != (left := _waiting.qsize()):
        _thread.join(TUNING.handlers_take_at_most_seconds)
    return not _thread.is_alive()


def _handle_all() -> None:
    while (notice := _waiting.get()) is not None:
        try:
            _HANDLERS[NoticeKind(notice.kind)](notice.body)
        except BaseException:
            _log.exception("scoop: the program could not handle a log record or a warning of a worker")


def _handle_record(body: bytes) -> None:
    record = logging.makeLogRecord(codec.loads(body))
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


def _warn(body: bytes) -> None:
    """Show a warning as if it came from here: so not again, if it was shown before, wherever that came from."""
    data, text, filename, line = pickle.loads(body)
    try:
        message = codec.loads(data)
    except Exception:
        message = None
    if not isinstance(message, Warning):
        message = UserWarning(text)  # this process cannot have its class
    module, registry = _place_of(filename)
    try:
        warnings.warn_explicit(message, type(message), filename, line, module, registry)
    except Warning:  # a filter makes it an error, but no task is here that could fail of it
        warnings.showwarning(message, type(message), filename, line)


def _place_of(filename: str) -> tuple[str | None, dict[Any, Any]]:
    """Return the name of the module that has this file, and the dictionary of what was shown of it."""
    for module in [*sys.modules.values()]:
        names = getattr(module, "__dict__", {})
        if names.get("__file__") == filename:
            return names["__name__"], names.setdefault("__warningregistry__", {})
    return None, _registries.setdefault(filename, {})


_HANDLERS = {NoticeKind.RECORD: _handle_record, NoticeKind.WARNING: _warn, NoticeKind.PROGRESS: hear_report}
