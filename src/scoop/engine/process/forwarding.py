"""Records of logging and warnings that are made in a worker go to the program, which is another process.

A worker has no handlers of the program's: those are most often set up under the main guard. So its root logger gets a
handler that sends records to the program. Where the import of the script has given the root logger a handler, or a
task gives one to a logger, the worker handles its records itself.

Warnings go to the program too: each worker would show the same ones. The program shows each once.
"""

import logging
import pickle
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from ... import log
from ...wire import codec
from ...wire.exceptions import dumps_error
from ...wire.messages import Message, Notice, NoticeKind
from .program_settings import follow_levels

__all__ = ["Forwarder", "forward_records", "forward_warnings", "pack_record"]

_formatter = logging.Formatter()
_show_here = warnings.showwarning


class Forwarder(logging.Handler):
    """Sends records to the program.

    Parameters:
        send: takes a message to the broker.
        is_connected: whether what is sent may still arrive. If not, records are printed, as they would be without it.
    """

    lock = None  # the end of this worker may interrupt __init__, and logging.shutdown() finds the handler even so

    def __init__(self, send: Callable[[Message], None], is_connected: Callable[[], bool]) -> None:
        super().__init__()
        self._send = send
        self._is_connected = is_connected

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if record.name == log.own.name or not self._is_connected():  # the first may be about the connection
                log.print_here(record)
            elif not _is_handled_here(record):
                self._send(Notice(NoticeKind.RECORD, pack_record(record)))
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
    follow_levels()


def forward_warnings(send: Callable[[Message], None], is_connected: Callable[[], bool]) -> None:
    """Have the warnings that this worker would show sent to the program."""

    def forward(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None or not is_connected():
            _show_here(message, category, filename, lineno, file, line)
            return
        warning = message if isinstance(message, Warning) else category(message)
        send(Notice(NoticeKind.WARNING, pickle.dumps((_pack_warning(warning), str(message), filename, lineno))))

    warnings.showwarning = forward


def _pack_warning(warning: Warning) -> bytes:
    try:
        return dumps_error(warning)
    except Exception:  # the program makes another one of its text
        return b""


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


_NOT_THE_PROGRAMS = (Forwarder, log.ToStderr, log.ToFile, logging.NullHandler)
