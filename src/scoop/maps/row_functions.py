"""What a map does to several rows of its inputs: a loop in C, whose results are a list."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

from ..engine import runtime
from ..engine.signal_safety import calls_program
from ..engine.task import split_options

__all__ = ["Columns", "MapRows", "Operation", "ReduceRows", "ScanRows"]

Columns = tuple[Sequence[Any], ...]
"""Rows of a map's inputs: as many sequences, of the same length, as the function has arguments."""

Operation = Callable[[Any, Any], Any]


class MapRows:
    """The function of a map, to be called on rows."""

    __slots__ = ("__weakref__", "function", "must_travel", "name", "options")

    streams = True  # results can be reported before all rows of a piece have ended

    def __init__(self, function: Callable[..., Any], must_travel: bool = False) -> None:
        self.function, self.options = split_options(function)
        self.must_travel = must_travel  # if it cannot, it fails, and does not run where the map is
        self.name: str | None = None  # under which it came here, if it did not come with its tasks

    def __reduce__(self) -> Any:
        return type(self), self.parts()

    def parts(self) -> tuple[Any, ...]:
        return (self.function,)

    @calls_program
    def go_over(self, results: list[Any], begun: Iterator[Any], others: Columns) -> BaseException | None:
        """Call the function on rows, one after another, and add up the results; return what a call has raised.

        Never raises, save what signal handlers do. A StopIteration is not told from the end of the rows. ``begun``
        goes over the first column; rows that it has not come to may be taken away at any moment.
        """
        try:
            results.extend(map(self.function, begun, *others))  # what it had before an exception stays in the list
        except BaseException as error:
            if error is runtime.signal_error or runtime.is_child:
                raise
            trace = error.__traceback__
            error.with_traceback(trace and trace.tb_next)
            return error
        return None

    def digest(self, results: list[Any], /) -> list[Any]:
        """Return what is made of the results of rows that ran here, one after another."""
        return results

    def join(self, digests: list[Any], /) -> list[Any]:
        """Return what is made of the digests of several parts in a row, added up."""
        return digests


class ReduceRows(MapRows):
    """The function of a map whose results are reduced at once: digests are lists of one."""

    __slots__ = ("operation",)

    streams = False

    def __init__(self, function: Callable[..., Any], operation: Operation) -> None:
        super().__init__(function)
        self.operation = operation

    def parts(self) -> tuple[Any, ...]:
        return self.function, self.operation

    @calls_program
    def digest(self, results: list[Any], /) -> list[Any]:
        return [reduce(self.operation, results)] if results else []

    join = digest


class ScanRows(ReduceRows):
    """The function of a map whose results are accumulated: digests are lists of lists, one for each part."""

    __slots__ = ()

    @calls_program
    def digest(self, results: list[Any], /) -> list[Any]:
        return [list(accumulate(results, self.operation))] if results else []

    join = MapRows.join
