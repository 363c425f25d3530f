"""What workers have to tell the program, which hears of it in its own process: records of logging.

Handlers are the program's code. So the I/O thread only puts a notice in line, and a thread that may run such code
handles it. One thread at a time does, so the notices of a worker are handled in the order in which it sent them.
"""

import logging
from collections import deque
from threading import Lock

from ..wire import codec
from . import runtime
from .callbacks import Deferred
from .signal_safety import calls_program, indivisible

__all__ = ["handle_notices", "note"]

_log = logging.getLogger("scoop.run")

_waiting: deque[bytes] = deque()
_handling = Lock()


def note(body: bytes, deferred: Deferred) -> None:
    """Take in a notice. The I/O thread calls, so no code of the program's may run."""
    _waiting.append(body)
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
def _handle(body: bytes) -> None:
    try:
        record = logging.makeLogRecord(codec.loads(body))
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
    except BaseException as error:
        if error is runtime.signal_error:
            raise
        _log.exception("scoop: the program has failed to handle what a worker has logged")
