"""The one place where progress is shown: a thread of the program's process, which draws all that there is.

On a terminal the lines hang below the output, and change several times a second. Anywhere else, in a log file for
example, a line is printed now and then, and one when a loop has ended.
"""

import atexit
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import TextIO

from .. import log
from ..tuning import TUNING
from . import picture, terminal, words
from .loops import Loop, LoopState
from .run_counts import FunctionCounts, ProcessCounts
from .run_view import Line, RunView
from .shown import Shown

__all__ = ["Display", "Output", "TerminalOutput", "display"]


_LOG_WIDTH = 110
_USUAL_LINES = 24  # of a terminal that does not tell


class Output:
    """Where progress is shown: a stream that is no terminal. A line is printed now and then."""

    interval = TUNING.progress_line_seconds

    def __init__(self, stream: TextIO, is_terminal: bool = False) -> None:
        from rich.console import Console

        self._stream = stream
        width = None if is_terminal else _LOG_WIDTH
        self._console = Console(file=stream, force_terminal=is_terminal, highlight=False, width=width)

    def show(self, lines: Sequence[Line], functions: Mapping[str, FunctionCounts]) -> None:
        """Show what goes on."""
        for line in lines:
            self.tell(picture.plain(line))
        self.tell_table(functions)

    def tell(self, text: str) -> None:
        """Print a line that stays."""
        terminal.print_line(self._stream, text)

    def tell_table(self, functions: Mapping[str, FunctionCounts]) -> None:
        """Print a table that stays."""
        for text in picture.tabled(self._console, functions):
            self.tell(text.rstrip())

    def clear(self) -> None:
        """Show nothing."""


class TerminalOutput(Output):
    """Where progress is shown: a terminal. Lines hang below the output."""

    interval = TUNING.progress_draw_seconds

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, is_terminal=True)
        terminal.guard_streams()

    def show(self, lines: Sequence[Line], functions: Mapping[str, FunctionCounts]) -> None:
        try:
            most = max(2, (os.get_terminal_size(self._stream.fileno()).lines or _USUAL_LINES) - 3)
        except (OSError, ValueError):
            return  # the terminal has gone
        shown = [*picture.pictured(self._console, lines), *picture.tabled(self._console, functions)]
        if len(shown) > most:
            shown[most - 1 :] = [f"and {len(shown) - most + 1} more lines"]
        terminal.put(self._stream, shown)

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

    def hear(self, who: tuple[int, int], states: list[LoopState], counts: ProcessCounts | None) -> None:
        """Show loops of another process, and what it has counted."""
        self.shown.hear(who, states, counts)
        self._wanted.set()

    def show_run(self, run: RunView) -> None:
        """Show all tasks of the run, too."""
        self.shown.run = run
        self._wanted.set()

    def close(self) -> None:
        """Tell what has ended, and show nothing more."""
        with self._lock:
            self._tell()
            self._closed = True
            self._output.clear()
            if self.shown.run is not None:
                self._tell_run(self.shown.run, monotonic())

    def _tell_run(self, run: RunView, now: float) -> None:
        text, functions = run.summary(now)
        self._output.tell(text)
        self._output.tell_table(functions)

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
            self._output.show(*self.shown.look(now))

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
