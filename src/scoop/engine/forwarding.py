"""Records of logging that are made in a worker go to the program, whose handlers are in another process.

A worker has no handlers of the program's: those are most often set up under the main guard. So its root logger gets a
handler that sends records to the program. Where the import of the script has given the root logger a handler, or a
task gives one to a logger, the worker handles its records itself.
"""

import logging
from collections.abc import Callable
from typing import Any

from .. import log
from ..wire import codec
from ..wire.messages import Message, Notice
from .program_settings import be_follower

__all__ = ["Forwarder", "forward_records", "pack_record"]

_formatter = logging.Formatter()


class Forwarder(logging.Handler):
    """Sends records to the program.

    Parameters:
        send: takes a message to the broker.
        is_connected: whether what is sent may still arrive. If not, records are printed, as they would be without it.
    """

    def __init__(self, send: Callable[[Message], None], is_connected: Callable[[], bool]) -> None:
        super().__init__()
        self._send = send
        self._is_connected = is_connected

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if record.name == log.own.name or not self._is_connected():  # the first may be about the connection
                log.print_here(record)
            elif not _is_handled_here(record):
                self._send(Notice(pack_record(record)))
        except Exception:
            self.handleError(record)


def forward_records(send: Callable[[Message], None], is_connected: Callable[[], bool]) -> None:
    """Have the records of this worker sent to the program, unless the import of its script has set up logging."""
    root, set_up = logging.getLogger(), logging.basicConfig
    if root.handlers:
        return
    forwarder = Forwarder(send, is_connected)

    def basic_config(**options: Any) -> None:
        if options:  # a task sets up logging in its worker. (logging.info() and the like call it without any)
            root.removeHandler(forwarder)
        set_up(**options)

    root.addHandler(forwarder)
    logging.basicConfig = basic_config
    be_follower()


def pack_record(record: logging.LogRecord) -> bytes:
    """Pickle a record, its message and its traceback as texts. What cannot travel is replaced by its ``repr``."""
    message = record.getMessage()
    if record.exc_info and not record.exc_text:
        record.exc_text = _formatter.formatException(record.exc_info)
    fields = {**record.__dict__, "msg": message, "args": None, "exc_info": None}
    try:
        return codec.dumps(fields)
    except Exception:
        return codec.dumps({name: _travelling(value) for name, value in fields.items()})


def _travelling(value: object) -> object:
    try:
        codec.dumps(value)
    except Exception:
        return repr(value)
    return value


def _is_handled_here(record: logging.LogRecord) -> bool:
    """Return whether a handler of the program's in this process gets the record."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None:
        for handler in logger.handlers:
            if record.levelno >= handler.level and not isinstance(handler, _NOT_THE_PROGRAMS):
                return True
        logger = logger.parent if logger.propagate else None
    return False


_NOT_THE_PROGRAMS = (Forwarder, log.ToStderr, logging.NullHandler)
