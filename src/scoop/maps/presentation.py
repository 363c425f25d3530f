"""How a map shows its results: what stands in the place of a call that has failed, and whether each has its index."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Protocol

from ..engine.tasks.places import serial_map
from ..errors import add_note, brief, describe
from ..progress.loops import counted_calls, ending
from .counted_map import loop_over
from .row_functions import MapRows
from .segment import Segment
from .tolerant_rows import FailedRow, TolerantRows, unpacked

__all__ = ["PLAIN_RESULTS", "Presentation", "note_input", "presentation"]

_WAYS = ("raise", "return", "skip")

_Row = tuple[int, Any, Callable[[], tuple[Any, ...]]]
"""The index of a row in the map, its result, and what returns its inputs."""


class Source(Protocol):
    """The map, or the window of it, that results are from."""

    offset: int

    def inputs_of(self, row: int) -> tuple[Any, ...]: ...


class Presentation(NamedTuple):
    """How results are shown, and under which label how many have come: see futures.map_as_completed."""

    errors: str = "raise"
    indexed: bool = False
    progress: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether results are yielded as they are."""
        return self.errors == "raise" and not self.indexed

    def rows(self, function: Callable[..., Any], must_travel: bool = False) -> MapRows:
        """Return what is done to the rows of such a map."""
        kind = MapRows if self.errors == "raise" else TolerantRows
        return kind(function, must_travel)

    def show(self, segment: Segment, source: Source | None) -> list[Any]:
        """Return what the consumer gets of a segment."""
        if source is None:
            return segment.values
        values = segment.values if self.errors == "raise" else [*map(unpacked, segment.values)]
        rows = enumerate(values, segment.start)
        return [*self._shown((source.offset + row, value, partial(source.inputs_of, row)) for row, value in rows)]

    def goes_on_after(self, error: BaseException) -> bool:
        """Return whether a map goes on after an exception of a call."""
        return self.errors != "raise" and isinstance(error, Exception)

    def show_row(self, row: int, value: Any, inputs: tuple[Any, ...]) -> list[Any]:
        """Return what the consumer gets of a result, or FailedRow."""
        return [*self._shown([(row, value, lambda: inputs)])]

    def serially(self, function: Callable[..., Any], iterables: Iterable[Iterable[Any]]) -> Iterator[Any]:
        """Return the results of calls that are made here, one after another, each when it is asked for."""
        if self.progress is not None:
            loop, uncounted = loop_over(self.progress, (*iterables,)), self._replace(progress=None)
            return ending(loop, uncounted.serially(counted_calls(loop, function), iterables))
        if self.is_plain:
            return serial_map(function, (*iterables,))
        return self._shown(self._called(function, iterables))

    def _called(self, function: Callable[..., Any], iterables: Iterable[Iterable[Any]]) -> Iterator[_Row]:
        def call(inputs: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
            try:
                return function(*inputs), inputs
            except Exception as error:
                if self.errors == "raise":
                    raise
                return FailedRow(error), inputs

        for row, (value, inputs) in enumerate(serial_map(call, (zip(*iterables, strict=False),))):
            yield row, value, partial(tuple, inputs)

    def _shown(self, results: Iterable[_Row]) -> Iterator[Any]:
        for row, value, inputs in results:
            if type(value) is FailedRow:
                if self.errors == "skip":
                    continue
                value = _with_inputs(value.error, row, inputs())
            yield (row, value) if self.indexed else value


PLAIN_RESULTS = Presentation()


def presentation(errors: str, indexed: bool = False, progress: str | None = None) -> Presentation:
    """Return how results are shown; raise ValueError if there is no such way."""
    if errors == "raise" and not indexed and progress is None:
        return PLAIN_RESULTS
    if errors not in _WAYS:
        raise ValueError(f"errors must be 'raise', 'return' or 'skip', not {describe(errors)}")
    if not isinstance(progress, str | None):
        raise TypeError(f"progress must be a label, which is a text, or None, not {describe(progress)}")
    return Presentation(errors, bool(indexed), progress)


def note_input(error: BaseException, row: int, inputs: tuple[Any, ...]) -> None:
    """Note on what a call has raised which input of the program's map that was. Calls the program's ``repr``."""
    add_note(error, f"input {row} of the map: {brief(inputs if len(inputs) > 1 else inputs[0])}")


def _with_inputs(error: BaseException, row: int, inputs: tuple[Any, ...]) -> BaseException:
    note_input(error, row, inputs)
    with suppress(Exception):  # the class may allow no attributes to be set
        error.inputs = inputs  # type: ignore[attr-defined]
    return error
