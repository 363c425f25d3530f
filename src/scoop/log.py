"""What is printed on standard error: SCOOP's own messages, and what the program says with ``scoop.logger``.

A program that sets up logging itself gets all of that in its own way, and nothing is printed from here. Files
that the command line names get it even so.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TextIO

import scoop

from .codes import with_code_of

__all__ = ["ToFile", "ToStderr", "as_json", "as_line", "name_worker", "own", "print_here", "printed_level", "set_up"]

own = logging.getLogger("scoop.run")
"""SCOOP's own messages, which are printed as they are, with their codes."""


def _add_code(record: logging.LogRecord) -> bool:
    """Add the code of a message, once: a record of a worker comes by again in the program."""
    if record.levelno >= logging.WARNING:
        with suppress(Exception):  # a handler says what is wrong with a record
            record.msg, record.args = with_code_of(record.getMessage()), None
    return True


own.addFilter(_add_code)


_printed = [logging.WARNING]
"""The level from which SCOOP's own messages are printed."""


def set_up(level: int, file: str | None = None, json_file: str | None = None) -> None:
    """Print SCOOP's own messages from ``level`` on, and the program's from INFO on, or only errors of both.

    Parameters:
        level: from INFO on, messages are printed with the time.
        file: the path of a file that gets all of them from INFO on, as lines; None if there is none.
        json_file: the same, for lines of JSON.

    Raises OSError if a file cannot be written.
    """
    _printed[0] = level
    files = [ToFile(path, form) for path, form in ((file, as_line), (json_file, as_json)) if path is not None]
    for logger, least in ((own, level), (scoop.logger, level if level >= logging.ERROR else logging.INFO)):
        logger.setLevel(min(least, logging.INFO) if files else least)
        logger.addFilter(_OnlyToFiles(least, files))
    scoop.logger.addHandler(ToStderr())
    for each in files:
        scoop.logger.addHandler(each)


def printed_level() -> int:
    """Return from which level SCOOP's own messages are printed."""
    return _printed[0]


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
        if record.name != own.name:
            return as_line(record)
        text = record.getMessage() if not record.exc_info else super().format(record)
        return text if _printed[0] > logging.INFO else f"{_PREFIX}{_time(record)} {text.removeprefix(_PREFIX)}"


class ToFile(logging.Handler):
    """Adds records to the end of a file. Raises OSError.

    Each record opens it anew. So all processes of a machine may write to it, whatever descriptors they have closed,
    and it may be moved away meanwhile.

    Parameters:
        path: of the file.
        form: makes a line of a record.
    """

    def __init__(self, path: str, form: Callable[[logging.LogRecord], str]) -> None:
        super().__init__()
        self._path = path
        self._form = form
        self._lacks_lines = False
        self._write("")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if _is_for_files(record):
                self._write(f"{self._form(record)}\n")
                self._lacks_lines = False
        except OSError as problem:
            if not self._lacks_lines:
                self._lacks_lines = True
                own.warning("scoop: the log %s lacks lines from here on: %s", self._path, problem.strerror)
        except Exception:
            self.handleError(record)

    def _write(self, text: str) -> None:
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(text)


class _OnlyToFiles(logging.Filter):
    """Keeps records below a level from all handlers but those of the files."""

    def __init__(self, level: int, files: Sequence[ToFile]) -> None:
        super().__init__()
        self._level = level
        self._files = files

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= self._level or not _is_for_files(record):
            return True
        for each in self._files:
            each.handle(record)
        return False


def _is_for_files(record: logging.LogRecord) -> bool:
    """Return whether files get a record here. What the program's tasks say in workers comes to the program first."""
    return record.name == own.name or scoop.IS_ORIGIN


_PREFIX = "scoop: "


def as_line(record: logging.LogRecord) -> str:
    """Return a record as a line for people to read."""
    worker = getattr(record, "scoop_worker", "-")
    text = logging.Formatter(f"%(asctime)s {worker} %(levelname)s %(message)s").format(record)
    return text.replace(f" {_PREFIX}", " ", 1) if record.name == own.name else text


def as_json(record: logging.LogRecord) -> str:
    """Return a record as a line for programs to read."""
    fields: dict[str, object] = {
        "time": record.created,
        "level": record.levelname,
        "logger": record.name,
        "worker": getattr(record, "scoop_worker", None),
        "pid": record.process,
        "message": record.getMessage().removeprefix(_PREFIX),
    }
    if record.exc_info or record.exc_text:
        fields["exception"] = record.exc_text or logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]
    import json

    return json.dumps(fields)


def _time(record: logging.LogRecord) -> str:
    return f"{logging.Formatter().formatTime(record, '%H:%M:%S')}.{int(record.msecs):03}"
