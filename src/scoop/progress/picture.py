"""The lines of a terminal, with bars and colours: what `rich` is for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ScoopError
from . import words
from .run_counts import FunctionCounts
from .run_view import Line

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["need_rich", "pictured", "plain", "tabled"]

_BAR_WIDTH, _LEAST_BAR = 24, 4
_GAP = 2


def need_rich(what: str) -> None:
    """Raise ScoopError, naming ``what`` needs it, if the package `rich` is not installed."""
    try:
        import rich  # noqa: F401
    except ImportError:
        text = f"{what} needs the package rich, which is not installed: pip install rich"
        raise ScoopError(text) from None


def plain(line: Line) -> str:
    """Return a line for a log file."""
    return f"{line.state.label}: {', '.join(word for word in _words(line) if word)}"


def pictured(console: "Console", lines: Sequence[Line]) -> list[str]:
    """Return lines for a terminal. Where it is narrow the bars are shorter, then the notes."""
    from rich.table import Table

    widths, bar = _widths(lines, console.width)
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    for width in (widths[0], bar, *widths[1:]):
        grid.add_column(width=width, no_wrap=True, overflow="ellipsis")
    for line in lines:
        grid.add_row(_label(line), _bar(line, bar), *_words(line))
    return _rendered(console, grid)


def _widths(lines: Sequence[Line], room: int) -> tuple[list[int], int]:
    """Return how wide the label and the words may be, and the bar."""
    from rich.cells import cell_len

    columns = zip(*((line.state.label, *_words(line)) for line in lines), strict=True)
    label, *words, note = (max(map(cell_len, column)) for column in columns)
    label = min(label, room // 3)
    left = room - _GAP * (len(words) + 3) - label - sum(words)
    bar = max(_LEAST_BAR, min(_BAR_WIDTH, left - note))
    return [label, *words, max(0, min(note, left - bar))], bar


def tabled(console: "Console", functions: Mapping[str, FunctionCounts]) -> list[str]:
    """Return a table by function, those first that have taken the longest; nothing if there are none."""
    from rich.table import Table
    from rich.text import Text

    if not functions:
        return []
    table = Table("function", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in _HEADS:
        table.add_column(head, justify="right", no_wrap=True)
    for name, each in sorted(functions.items(), key=lambda item: -item[1].seconds):
        table.add_row(Text(name, no_wrap=True, overflow="ellipsis"), *_cells(each))
    return _rendered(console, table)


_HEADS = ("done", "of", "failed", "each", "in all")


def _cells(each: FunctionCounts) -> Iterator[str]:
    yield f"{each.done:,}"
    yield f"{each.known:,}"
    yield f"{each.failed:,}" if each.failed else ""
    yield words.short_duration(each.seconds / each.done) if each.done else ""
    yield words.duration(each.seconds) if each.done else ""


def _rendered(console: "Console", thing: Any) -> list[str]:
    with console.capture() as captured:
        console.print(thing)
    return captured.get().splitlines()


def _label(line: Line) -> Any:
    from rich.text import Text  # so that no label is taken for markup

    return Text(line.state.label, style="bold")


def _bar(line: Line, width: int) -> Any:
    from rich.progress_bar import ProgressBar

    total = line.state.total
    return ProgressBar(total or 1, min(line.state.done, total), width=width) if total else ""


def _words(line: Line) -> Iterator[str]:
    yield words.amount(line.state)
    yield words.rate(line.rate)
    yield words.left(line.seconds_left)
    yield line.note
