"""What is printed on standard error: SCOOP's own messages, and what the program says with ``scoop.logger``.

A program that sets up logging itself gets all of that in its own way, and nothing is printed from here.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO

import scoop

from .codes import with_code_of

__all__ = ["ToStderr", "name_worker", "own", "print_here", "set_up"]

own = logging.getLogger("scoop.run")
"""SCOOP's own messages, which are printed as they are, with their codes."""


def _add_code(record: logging.LogRecord) -> bool:
    """Add the code of a message, once: a record of a worker comes by again in the program."""
    if record.levelno >= logging.WARNING:
        with suppress(Exception):  # a handler says what is wrong with a record
            record.msg, record.args = with_code_of(record.getMessage()), None
    return True


own.addFilter(_add_code)


def set_up(level: int) -> None:
    """Print SCOOP's own messages from ``level`` on, and the program's from INFO on, or only errors of both."""
    own.setLevel(level)
    scoop.logger.setLevel(level if level >= logging.ERROR else logging.INFO)
    scoop.logger.addHandler(ToStderr())


def name_worker(name: str) -> None:
    """Have each record of this process say in which worker it was made, as ``scoop_worker``: so formats can, too."""
    make = logging.getLogRecordFactory()

    def make_named(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.scoop_worker = name
        return record

    logging.setLogRecordFactory(make_named)


def print_here(record: logging.LogRecord) -> None:
    """Print a record on standard error, as where no program has set up logging."""
    if record.name.partition(".")[0] == scoop.logger.name:
        ToStderr().print(record)
    elif logging.lastResort is not None and record.levelno >= logging.lastResort.level:
        logging.lastResort.handle(record)


class ToStderr(logging.StreamHandler[TextIO]):
    """Prints on standard error, while the program has not set up logging."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr  # what that is now: the program may replace it

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            self.print(record)

    def print(self, record: logging.LogRecord) -> None:
        super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        if record.name == own.name:
            return record.getMessage() if not record.exc_info else super().format(record)
        worker = getattr(record, "scoop_worker", "-")
        return logging.Formatter(f"%(asctime)s {worker} %(levelname)s %(message)s").format(record)
