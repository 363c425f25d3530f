"""What workers have to tell the program, which hears of it in its own process: records of logging, and warnings.

Handlers are the program's code. So the I/O thread only puts a notice in line, and a thread that may run such code
handles it. One thread at a time does, so the notices of a worker are handled in the order in which it sent them.
"""

import logging
import pickle
import sys
import warnings
from collections import deque
from threading import Lock
from typing import Any

from ..wire import codec
from ..wire.messages import Notice, NoticeKind
from . import runtime
from .callbacks import Deferred
from .signal_safety import calls_program, indivisible

__all__ = ["handle_notices", "note"]

_log = logging.getLogger("scoop.run")

_waiting: deque[Notice] = deque()
_handling = Lock()

_registries: dict[str, dict[Any, Any]] = {}
"""Which warnings were shown of files that are no module of this process."""


def note(notice: Notice, deferred: Deferred) -> None:
    """Take in a notice. The I/O thread calls, so no code of the program's may run."""
    _waiting.append(notice)
    deferred.defer(handle_notices)


def handle_notices() -> None:
    """Handle the notices that have come, if no other thread is at it: that one handles them all."""
    while _waiting and _begin():
        try:
            while _waiting:
                _handle(_waiting.popleft())
        finally:
            _handling.release()


@indivisible
def _begin() -> bool:
    return _handling.acquire(blocking=False)


@calls_program
def _handle(notice: Notice) -> None:
    try:
        handle = _warn if notice.kind == NoticeKind.WARNING else _handle_record
        handle(notice.body)
    except BaseException as error:
        if error is runtime.signal_error:
            raise
        _log.exception("scoop: the program has failed to handle what a worker has to say")


@calls_program
def _handle_record(body: bytes) -> None:
    record = logging.makeLogRecord(codec.loads(body))
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


@calls_program
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
