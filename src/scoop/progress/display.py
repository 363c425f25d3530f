"""The one place where progress is shown: a thread of the program's process, which draws all that there is.

On a terminal the lines hang below the output, and change several times a second. Anywhere else, in a log file for
example, a line is printed now and then, and one when a loop has ended.
"""

import atexit
import logging
import os
import sys
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import TextIO

from .. import log
from ..tuning import TUNING
from . import picture, terminal, words
from .loops import Loop, LoopState
from .shown import Line, Shown

__all__ = ["Display", "Output", "TerminalOutput", "display"]


class Output:
    """Where progress is shown: a stream that is no terminal. A line is printed now and then."""

    interval = TUNING.progress_line_seconds

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, lines: Sequence[Line]) -> None:
        """Show what goes on."""
        for line in lines:
            terminal.print_line(self._stream, picture.plain(line))

    def tell(self, text: str) -> None:
        """Print a line that stays."""
        terminal.print_line(self._stream, text)

    def clear(self) -> None:
        """Show nothing."""


class TerminalOutput(Output):
    """Where progress is shown: a terminal. Lines hang below the output."""

    interval = TUNING.progress_draw_seconds

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        super().__init__(stream)
        self._console = Console(file=stream, force_terminal=True, highlight=False)
        terminal.guard_streams()

    def show(self, lines: Sequence[Line]) -> None:
        height = os.get_terminal_size(self._stream.fileno()).lines
        terminal.put(self._stream, picture.pictured(self._console, lines, max(1, height - 3)))

    def clear(self) -> None:
        terminal.erase(self._stream)


class Display:
    """Shows what goes on while something does, on a thread of its own.

    Parameters:
        output: where it is shown.
    """

    def __init__(self, output: Output) -> None:
        self.shown = Shown()
        self._output = output
        self._last = monotonic()  # when lines were last shown
        self._lock = Lock()
        self._wanted = Event()  # something goes on
        self._closed = False
        Thread(target=self._run, name="scoop-progress", daemon=True).start()

    def add(self, loop: Loop) -> None:
        """Show a loop of this process."""
        loop.on_end = self._tell_ended
        self.shown.add(loop)
        self._wanted.set()

    def hear(self, who: object, states: list[LoopState]) -> None:
        """Show loops of another process."""
        self.shown.hear(who, states)
        self._wanted.set()

    def close(self) -> None:
        """Tell what has ended, and show nothing more."""
        with self._lock:
            self._tell()
            self._closed = True
            self._output.clear()

    def _run(self) -> None:
        while not self._closed:
            self._wanted.wait()
            sleep(TUNING.progress_draw_seconds)
            with self._lock:
                self._look()

    def _look(self) -> None:
        if self._closed:
            return
        self._tell()
        now = monotonic()
        if self.shown.is_empty():
            self._wanted.clear()
            self._output.clear()
        elif now - self._last >= self._output.interval:
            self._last = now
            self._output.show(self.shown.lines(now))

    def _tell_ended(self) -> None:
        """Tell at once, before the program prints what comes next; or else a little later."""
        if self._lock.acquire(blocking=False):  # whoever has it may be interrupted by this very call
            try:
                if not self._closed:
                    self._tell()
            finally:
                self._lock.release()

    def _tell(self) -> None:
        for state, seconds in self.shown.take_ended():
            self._output.tell(words.summary(state, seconds))


_display: Display | None = None


def display() -> Display | None:
    """Return the display of this process; None if nothing is to be said (``-q``).

    Raises ScoopError if the package that draws is not installed.
    """
    global _display
    if log.own.level >= logging.ERROR:
        return None
    if _display is None:
        picture.need_rich("progress")
        stream = sys.stderr
        _display = Display(TerminalOutput(stream) if terminal.is_terminal(stream) else Output(stream))
        atexit.register(_display.close)
    return _display
