"""``scoop top``: what each worker of a run does, once a second, on the whole screen."""

import argparse
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from ...broker.askers import NAMED
from ...wire.looks import Snapshot
from .runs import CannotLook, RunEnded, RunView, choose_run
from .top_rows import COLUMNS, ORDERS, Row, cells, chosen, rows_of, summary, table

__all__ = ["Screen", "show_top"]

LOOK_SECONDS = 1.0
"""Between two looks."""

_NO_RICH = "scoop top shows its table with rich, which is not installed: pip install rich, or add --once"

_LINES_AROUND = 7
"""Lines of the screen that are no rows: the summary, the frame of the table, the keys."""


def show_top(options: argparse.Namespace) -> int:
    """Show a run of this user's until a key ends that, or the run ends; return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the screen is to be as it was before
    try:
        with closing(RunView(choose_run(options.pid))) as view:
            if options.once or not (sys.stdin.isatty() and sys.stdout.isatty()):
                return _print_once(view)
            return _watch(view)
    except CannotLook as problem:
        print(f"scoop: {problem}", file=sys.stderr)
        return 0 if isinstance(problem, RunEnded) else 2
    except KeyboardInterrupt:
        return 0


def _print_once(view: RunView) -> int:
    before = view.ask(NAMED)
    time.sleep(LOOK_SECONDS / 4)  # so that there are rates
    now = view.ask(NAMED)
    rows = rows_of(now, before)
    print("\n".join([*summary(now, rows, view.run.words), "", table(rows)]))
    return 0


class Screen:
    """What the user has chosen to see: pure.

    Parameters:
        words: the command line of the run.
    """

    def __init__(self, words: str) -> None:
        self.words = words
        self.order = "worker"
        self.filter = ""
        self.types_filter = False
        self.rows: list[Row] = []
        self.lines: list[str] = []

    def note(self, now: Snapshot, before: Snapshot | None) -> None:
        self.rows = rows_of(now, before)
        self.lines = summary(now, self.rows, self.words)

    def press(self, key: str) -> bool:
        """Take in a key; return whether to go on."""
        if self.types_filter:
            self._type(key)
        elif key == "s":
            names = [*ORDERS]
            self.order = names[(names.index(self.order) + 1) % len(names)]
        elif key in ("/", "f"):
            self.types_filter, self.filter = True, ""
        elif key in ("q", "\x03", ""):
            return False
        return True

    def _type(self, key: str) -> None:
        if key in ("\r", "\n"):
            self.types_filter = False
        elif key == "\x1b":
            self.types_filter, self.filter = False, ""
        elif key in ("\x7f", "\b"):
            self.filter = self.filter[:-1]
        elif key.isprintable():
            self.filter += key

    def chosen(self) -> list[Row]:
        return chosen(self.rows, self.order, self.filter)

    def key_line(self) -> str:
        """Return the line that says which keys there are."""
        if self.types_filter:
            return f"filter: {self.filter}_   (Enter: keep, Esc: all)"
        shown = f" ({self.filter})" if self.filter else ""
        return f"s: sort ({self.order})   /: filter{shown}   q: quit"


def _watch(view: RunView) -> int:
    try:
        from rich.live import Live
    except ImportError:
        raise CannotLook(_NO_RICH) from None
    screen, before = Screen(view.run.words), None
    with _keys() as read_key, Live(screen=True, auto_refresh=False) as live:
        goes_on = True
        while goes_on:
            now = view.ask(NAMED)
            screen.note(now, before)
            before, until = now, time.monotonic() + LOOK_SECONDS
            while goes_on and time.monotonic() < until:
                live.update(_drawing(screen, live.console.height), refresh=True)
                key = read_key(until - time.monotonic())
                goes_on = key is None or screen.press(key)
    return 0


def _drawing(screen: Screen, height: int) -> Any:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    drawn = Table(expand=True)
    for name in COLUMNS:
        in_order = name == screen.order and name != "worker"
        drawn.add_column(Text(f"{name} v" if in_order else name), no_wrap=True, ratio=1 if name == "runs" else None)
    rows = screen.chosen()
    room = max(1, height - _LINES_AROUND - len(screen.lines))
    for row in rows[:room]:
        drawn.add_row(*map(Text, cells(row)), style="dim" if row.state == "waits" else None)
    more = [Text(f"and {len(rows) - room} more")] if len(rows) > room else []
    return Group(*map(Text, screen.lines), drawn, *more, Text(screen.key_line(), style="reverse"))


@contextmanager
def _keys() -> Iterator[Callable[[float], str | None]]:
    """Have keys come one by one; yield what waits for one for so many seconds, and returns None if none comes."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield lambda seconds: _read_key(descriptor, seconds)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _read_key(descriptor: int, seconds: float) -> str | None:
    if not select.select([descriptor], [], [], max(0.0, seconds))[0]:
        return None
    return os.read(descriptor, 16).decode(errors="replace")
