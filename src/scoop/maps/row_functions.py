"""What a map does to several rows of its inputs: a loop in C, whose results are a list."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

from ..engine import runtime
from ..engine.signal_safety import calls_program
from ..errors import name_of

__all__ = ["Columns", "MapRows", "ReduceRows", "ScanRows"]

Columns = tuple[Sequence[Any], ...]
"""Rows of a map's inputs: as many sequences, of the same length, as the function has arguments."""


class MapRows:
    """The function of a map, to be called on rows."""

    __slots__ = ("__weakref__", "function", "name")

    streams = True
    """Whether results can be reported before all rows of a piece have ended."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name: str | None = None  # under which it came here, if it did not come with its tasks

    def __reduce__(self) -> Any:
        return type(self), self.parts()

    def parts(self) -> tuple[Any, ...]:
        """Return the functions of the program's that it is made of."""
        return (self.function,)

    @calls_program
    def go_over(self, results: list[Any], begun: Iterator[Any], others: Columns) -> BaseException | None:
        """Call the function on rows, one after another, and add up the results; return what a call has raised.

        Never raises, save what signal handlers do. A StopIteration is not told from the end of the rows.

        Parameters:
            results: to be added to. Other threads may read those that are there.
            begun: goes over the first column; rows that it has not come to may be taken away at any moment.
            others: the columns after it.
        """
        try:
            results.extend(map(self.function, begun, *others))  # what it had before an exception stays in the list
        except BaseException as error:
            if error is runtime.signal_error:
                raise
            trace = error.__traceback__
            error.with_traceback(trace and trace.tb_next)
            return error
        return None

    def stopped(self) -> BaseException:
        """Return the exception for a call that raised StopIteration: to the loop that was the end of its inputs."""
        return RuntimeError(f"{name_of(self.function)} raised StopIteration")

    def digest(self, results: list[Any]) -> list[Any]:
        """Return what is made of the results of rows that ran here, one after another."""
        return results

    def join(self, digests: list[Any]) -> list[Any]:
        """Return what is made of the digests of several parts in a row, added up."""
        return digests


class ReduceRows(MapRows):
    """The function of a map whose results are reduced at once: digests are lists of one."""

    __slots__ = ("operation",)

    streams = False

    def __init__(self, function: Callable[..., Any], operation: Callable[[Any, Any], Any]) -> None:
        super().__init__(function)
        self.operation = operation

    def parts(self) -> tuple[Any, ...]:
        """Return the functions of the program's that it is made of."""
        return self.function, self.operation

    @calls_program
    def digest(self, results: list[Any]) -> list[Any]:
        """Reduce the results."""
        return [reduce(self.operation, results)] if results else []

    def join(self, digests: list[Any]) -> list[Any]:
        """Reduce the results of several parts in a row."""
        return self.digest(digests)


class ScanRows(ReduceRows):
    """The function of a map whose results are accumulated: digests are lists of lists, one for each part."""

    __slots__ = ()

    @calls_program
    def digest(self, results: list[Any]) -> list[Any]:
        """Accumulate the results, each with those before it in the part."""
        return [list(accumulate(results, self.operation))] if results else []

    def join(self, digests: list[Any]) -> list[Any]:
        """Return the lists of several parts in a row."""
        return digests
