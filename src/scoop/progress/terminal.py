"""Lines that hang below all that the processes of a run print on a terminal.

They stand below the cursor, and the cursor stays where the output has left it. So a process prints as if the lines
were not there, also in the midst of a line. No process knows what another one prints. So each process erases all that
is below the cursor before it prints. Only these lines are there, and they are drawn anew soon after.
"""

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import Any, TextIO

__all__ = ["erase", "guard_streams", "is_guarded", "is_terminal", "print_line", "put"]

_ERASE = "\x1b[J"  # from the cursor to the end of the screen
_DOWN, _UP = "\x1bD", "\x1b[{}A"  # which keep the column; down makes room at the bottom of the screen
_SAVE, _RESTORE = "\x1b7", "\x1b8"  # of the cursor's place

is_guarded = False
"""Whether lines hang below the cursor, as far as this process knows, so that what it prints erases them."""

_at_line_start = True
"""Whether the last text that this process has printed has ended its line."""


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream leads to a terminal on which the cursor can be moved."""
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    except ValueError:  # it is closed
        return False


def put(stream: TextIO, lines: Sequence[str]) -> None:
    """Show lines below the cursor, in place of those that were there."""
    room = _DOWN * len(lines) + _UP.format(len(lines)) if lines else ""
    below = "".join(f"\r\n{line}" for line in lines)
    _send(stream, f"{_ERASE}{room}{_SAVE}{below}{_RESTORE}")


def erase(stream: TextIO) -> None:
    """Show no lines any more."""
    _send(stream, _ERASE)


def print_line(stream: TextIO, text: str) -> None:
    """Print a line that stays, on a line of its own."""
    stream.write(f"{text}\n" if _at_line_start else f"\n{text}\n")
    stream.flush()


def guard_streams() -> None:
    """Have what this process prints on a terminal erase first what hangs below the cursor."""
    global is_guarded
    is_guarded = True
    for stream in (sys.stdout, sys.stderr):
        # The stream itself stays as it is: handlers of logging and the like have it already.
        if isinstance(stream, TextIOWrapper) and is_terminal(stream) and "write" not in vars(stream):
            vars(stream)["write"] = _Erasing(stream.write)


class _Erasing:
    """Writes as a stream does, after what erases the lines below: in one go, so nothing comes between."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write

    def __call__(self, text: str) -> int:
        global _at_line_start
        if text:
            self._write(_ERASE + text)
            _at_line_start = text.endswith("\n")
        return len(text)


def _send(stream: TextIO, text: str) -> None:
    try:
        stream.flush()
        os.write(stream.fileno(), text.encode(stream.encoding or "utf-8", "replace"))
    except (OSError, ValueError):
        pass  # the terminal has gone, or the stream is closed: no one could see the lines
