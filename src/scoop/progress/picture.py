"""The lines of a terminal, with bars and colours: what `rich` is for."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ScoopError
from . import words
from .shown import Line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["need_rich", "pictured", "plain"]

_BAR_WIDTH = 24


def need_rich(what: str) -> None:
    """Raise ScoopError, naming ``what`` needs it, if the package `rich` is not installed."""
    try:
        import rich  # noqa: F401
    except ImportError:
        text = f"{what} needs the package rich: install SCOOP with the extra, pip install 'scoop[progress]'"
        raise ScoopError(text) from None


def plain(line: Line) -> str:
    """Return a line for a log file."""
    return f"{line.state.label}: {', '.join(word for word in _words(line) if word)}"


def pictured(console: "Console", lines: Sequence[Line], height: int) -> list[str]:
    """Return lines for a terminal, no more than its height allows."""
    table = _new_table()
    for line in lines[:height]:
        table.add_row(_label(line), _bar(line), *_words(line))
    with console.capture() as captured:
        console.print(table)
    shown = captured.get().splitlines()
    left = len(lines) - height
    return [*shown, f"and {left} more"] if left > 0 else shown


def _new_table() -> "Table":
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(6):
        table.add_column(no_wrap=True, overflow="ellipsis")
    return table


def _label(line: Line) -> Any:
    from rich.text import Text  # so that no label is taken for markup

    return Text(line.state.label, style="bold")


def _bar(line: Line) -> Any:
    from rich.progress_bar import ProgressBar

    total = line.state.total
    return ProgressBar(total or 1, min(line.state.done, total), width=_BAR_WIDTH) if total else ""


def _words(line: Line) -> Iterator[str]:
    state = line.state
    yield words.amount(state)
    yield words.rate(line.rate)
    yield words.left(line.seconds_left)
    yield f"{state.loops} loops" if state.loops > 1 else ""
