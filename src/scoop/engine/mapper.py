"""What a map does to a slice of its inputs: a loop in C, whose outcome is a list, or a list and why it ends there."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

from ..errors import ResultNotSent, in_words, name_of
from ..wire import codec
from . import runtime
from .tracebacks import is_from_signal_handler, pack_error

__all__ = ["Broken", "Columns", "Mapper", "Outcome", "Reducer", "Scanner", "not_sent"]

Columns = tuple[Sequence[Any], ...]
"""A slice of a map's inputs: as many sequences, of the same length, as the function has arguments."""


class Broken:
    """What has become of a slice in which a call failed.

    Parameters:
        before: the results of the calls before that one.
        error: what it raised.
    """

    __slots__ = ("before", "error")

    def __init__(self, before: list[Any], error: BaseException) -> None:
        self.before = before
        self.error = error

    def __reduce__(self) -> Any:
        return _rebuild, (self.before, pack_error(self.error))


def _rebuild(before: list[Any], packed: bytes) -> Broken:
    from .future import unpack_outcome

    return Broken(before, unpack_outcome(False, packed)[0])


Outcome = list[Any] | Broken


class Mapper:
    """The function of a map, as a task that is given a slice of the inputs."""

    __slots__ = ("__weakref__", "function", "name")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name: str | None = None  # under which it came here, if it did not come with its tasks

    def __reduce__(self) -> Any:
        return type(self), (self.function,)

    def go_over(self, results: list[Any], begun: Iterator[Any], others: Columns) -> BaseException | None:
        """Call the function on rows, one after another, and add up the results; return what a call has raised.

        Never raises, save for Ctrl-C. A StopIteration is not told from the end of the rows.

        Parameters:
            results: to be added to.
            begun: goes over the first column; what it has not come to may be taken away at any moment.
            others: the columns after it.
        """
        try:
            results.extend(map(self.function, begun, *others))  # what it had before an exception stays in the list
        except BaseException as error:
            if error is runtime.interrupt or (type(error) is SystemExit and is_from_signal_handler(error)):
                raise
            trace = error.__traceback__
            error.with_traceback(trace and trace.tb_next)
            return error
        return None

    def outcome(self, results: list[Any], count: int, error: BaseException | None) -> "Outcome":
        """Return what became of ``count`` rows: their results, or those before the ``error``."""
        if error is None and len(results) < count:  # to the loop that was the end of its inputs
            error = RuntimeError(f"{name_of(self.function)} raised StopIteration")
        return self.digest(results) if error is None else Broken(results, error)

    def digest(self, results: list[Any]) -> "Outcome":
        """Return what is made of the results of a slice."""
        return results

    def __call__(self, *columns: Sequence[Any]) -> "Outcome":
        """Call the function on every row, giving some of them away where others are hungry."""
        if len(columns[0]) == 1:
            results: list[Any] = []
            return self.outcome(results, 1, self.go_over(results, iter(columns[0]), columns[1:]))
        from .sweep import SLICE, Sweep

        return Sweep(runtime.need("futures.map()"), self, columns, first=SLICE).collect()

    def finish(self, results: list[Any]) -> Outcome:
        """Return what is to travel, of the results of several slices in a row."""
        return results

    def salvage(self, results: Any, problem: Exception) -> Broken:
        """Return what can travel of results that cannot, all together: those before the first that cannot."""
        values = results.before if isinstance(results, Broken) else results
        for place, value in enumerate(values):
            try:
                codec.dumps(value)
            except Exception as culprit:
                return Broken(values[:place], not_sent(self.function, value, culprit))
        raise not_sent(self.function, results, problem) from problem


class Reducer(Mapper):
    """The function of a map whose results are reduced at once; what it returns are lists of one."""

    __slots__ = ("operation",)

    def __init__(self, function: Callable[..., Any], operation: Callable[[Any, Any], Any]) -> None:
        super().__init__(function)
        self.operation = operation

    def __reduce__(self) -> Any:
        return type(self), (self.function, self.operation)

    def digest(self, results: list[Any]) -> Outcome:
        """Reduce the results."""
        return self.finish(results)

    def finish(self, results: list[Any]) -> Outcome:
        """Reduce the results of several slices in a row."""
        try:
            return [reduce(self.operation, results)] if results else []
        except BaseException as error:
            if error is runtime.interrupt:
                raise
            return Broken([], error)


class Scanner(Reducer):
    """The function of a map whose results are accumulated; what it returns are lists of lists, one for each slice."""

    __slots__ = ()

    def digest(self, results: list[Any]) -> Outcome:
        """Accumulate the results, each with those before it in the slice."""
        if not results:
            return results
        try:
            return [list(accumulate(results, self.operation))]
        except BaseException as error:
            if error is runtime.interrupt:
                raise
            return Broken([], error)

    def finish(self, results: list[Any]) -> Outcome:
        """Return the lists of several slices in a row."""
        return results


def not_sent(function: object, value: object, problem: Exception) -> ResultNotSent:
    """Return the exception for a result that cannot travel."""
    return ResultNotSent(
        f"{name_of(function)} returned a {type(value).__qualname__} that cannot travel back "
        f"({in_words(problem)}). Return plain data instead"
    )
