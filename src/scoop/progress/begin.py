"""Where loops that begin in this process are shown, or told of."""

from collections.abc import Callable
from contextlib import suppress

from ..errors import ScoopError
from .display import display
from .loops import Loop
from .reporter import Reporter, read_report

__all__ = ["begin_loop", "hear_report", "report_to"]

_reporter: Reporter | None = None


def report_to(who: tuple[int, int], send: Callable[[bytes], None]) -> None:
    """Have the loops of this process, which is a worker, told to the program."""
    global _reporter
    _reporter = Reporter(who, send)


def begin_loop(label: str, total: int | None) -> Loop:
    """Return a new loop, which is shown from now on. Raises ScoopError if that needs a package that is missing."""
    loop = Loop(label, total)
    showing = display() if _reporter is None else _reporter
    if showing is not None:
        showing.add(loop)
    return loop


def hear_report(body: bytes) -> None:
    """Show what a worker tells of its loops."""
    with suppress(ScoopError):  # the loops of tasks are shown where the program could show its own
        if (showing := display()) is not None:
            showing.hear(*read_report(body))
