"""What is printed on standard error: SCOOP's own messages, and what the program says with ``scoop.logger``.

A program that sets up logging itself gets all of that in its own way, and nothing is printed from here.
"""

import logging
import sys
from typing import TextIO

import scoop

__all__ = ["own", "set_up"]

own = logging.getLogger("scoop.run")
"""SCOOP's own messages, which are printed as they are."""


def set_up(level: int) -> None:
    """Print SCOOP's own messages from ``level`` on, and the program's from INFO on, or only errors of both."""
    own.setLevel(level)
    scoop.logger.setLevel(level if level >= logging.ERROR else logging.INFO)
    scoop.logger.addHandler(_ToStderr())


class _ToStderr(logging.StreamHandler[TextIO]):
    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr  # what that is now: the program may replace it

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        if record.name == own.name:
            return record.getMessage() if not record.exc_info else super().format(record)
        worker = scoop.worker.worker if scoop.worker else "-"
        return logging.Formatter(f"%(asctime)s {worker} %(levelname)s %(message)s").format(record)
