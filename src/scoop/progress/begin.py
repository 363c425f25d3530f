"""Where loops that begin in this process are shown, or told of."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import ScoopError
from .loops import Loop
from .reporter import Reporter, read_report
from .run_counts import ProcessCounts

if TYPE_CHECKING:
    from .display import Display

__all__ = ["begin_loop", "hear_report", "last_report", "report_to", "show_run"]

_reporter: Reporter | None = None


def report_to(
    who: tuple[int, int], send: Callable[[bytes], None], counts: Callable[[], ProcessCounts] | None = None
) -> None:
    """Have the loops of this process, which is a worker, told to the program, and what it counts."""
    global _reporter
    _reporter = Reporter(who, send, counts)


def show_run(size: int, counts: Callable[[], ProcessCounts], by_function: bool) -> None:
    """Show how far the run is, of so many workers, from now on; ``counts`` tells what this process has counted.

    Raises ScoopError if a package is missing.
    """
    from .run_view import RunView

    if (showing := _display()) is not None:
        showing.show_run(RunView(size, counts, by_function))


def last_report() -> bytes:
    """Return what this process has to tell now; nothing if it is the program's. Called in each worker at the end."""
    return b"" if _reporter is None else _reporter.report()


def begin_loop(label: str, total: int | None) -> Loop:
    """Return a new loop, which is shown from now on. Raises ScoopError if that needs a package that is missing."""
    loop = Loop(label, total)
    showing = _display() if _reporter is None else _reporter
    if showing is not None:
        showing.add(loop)
    return loop


def hear_report(body: bytes) -> None:
    """Show what a worker tells of its loops."""
    with suppress(ScoopError):  # the loops of tasks are shown where the program could show its own
        if (showing := _display()) is not None:
            showing.hear(*read_report(body))


def _display() -> "Display | None":
    from .display import display  # with all that draws, which no run is to load where nothing is shown

    return display()
