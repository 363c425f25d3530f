"""What a map does to several rows of its inputs: a loop in C, whose results are a list."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import accumulate
from sys import modules
from typing import Any

from ..engine import runtime
from ..engine.process.signal_safety import calls_program
from ..engine.results.future import Future
from ..engine.results.outcomes import pack_error, result_not_sent, unpack_outcome
from ..engine.tasks.places import counted, in_rows
from ..engine.tasks.task import PLAIN, split_options
from ..errors import describe_call
from ..wire import codec

__all__ = [
    "NOT_BEGUN",
    "CallRows",
    "Columns",
    "MapRows",
    "Operation",
    "ReduceRows",
    "ScanRows",
    "call_outcome",
    "travels_always",
]

Columns = tuple[Sequence[Any], ...]
"""Rows of a map's inputs: as many sequences, of the same length, as the function has arguments."""

Operation = Callable[[Any, Any], Any]


class MapRows:
    """The function of a map, to be called on rows."""

    __slots__ = ("__weakref__", "function", "is_numbered", "must_travel", "name", "options")

    streams = True  # results can be reported before all rows of a piece have ended
    goes_on = False  # whether an error of one row leaves the others alone: see tolerant_rows.py

    def __init__(self, function: Callable[..., Any], must_travel: bool = False) -> None:
        self.function, self.options = split_options(function)
        # If it cannot, it fails, and does not run where the map is.
        self.must_travel = must_travel or (self.options is not PLAIN and self.options.leaves)
        self.is_numbered = False  # each row has its number as its last input
        self.name: str | None = None  # under which it came here, if it did not come with its tasks

    def __reduce__(self) -> Any:
        return (_numbered, (type(self), *self.parts())) if self.is_numbered else (type(self), self.parts())

    def take_place(self) -> None:
        """Be the next child of the task that runs, if tasks are counted: each row is a child of this map then."""
        options = counted(self.options)
        self.is_numbered = options is not self.options
        self.options = options

    def inputs(self, columns: Columns) -> Columns:
        """Return the inputs of the program's among these columns."""
        return columns[:-1] if self.is_numbered else columns

    def parts(self) -> tuple[Any, ...]:
        return (self.function,)

    def describe(self, columns: Columns, row: int = 0) -> str:
        """Write down the call that is made for a row."""
        return describe_call(self.function, tuple([column[row] for column in self.inputs(columns)]), {})

    def arguments(self, columns: Columns) -> Iterator[tuple[str, Any]]:
        """Yield what the function is called with, and in words which argument it is."""
        for number, column in enumerate(self.inputs(columns)):
            yield from ((f"arg {number}", each) for each in column)

    @calls_program
    def go_over(self, results: list[Any], begun: Iterator[Any], others: Columns) -> BaseException | None:
        """Call the function on rows, one after another, and add up the results; return what a call has raised.

        Never raises, save what signal handlers do. A StopIteration is not told from the end of the rows. ``begun``
        goes over the first column; rows that it has not come to may be taken away at any moment.
        """
        return self.call_on_rows(self.row_function(), results, begun, others)

    def row_function(self) -> Callable[..., Any]:
        """Return what is called on each row."""
        return in_rows(self.function) if self.is_numbered else self.function

    @calls_program
    def call_on_rows(
        self, function: Callable[..., Any], results: list[Any], begun: Iterator[Any], others: Columns
    ) -> BaseException | None:
        """Do as go_over(), with something else that calls the function."""
        try:
            results.extend(map(function, begun, *others))  # what it had before an exception stays in the list
        except BaseException as error:
            if runtime.has_struck(error) or runtime.is_child:
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

    def pack_singly(self, digests: list[Any], /) -> list[Any]:
        """Return digests such that none suffers if another cannot travel; as they are, where one error ends all."""
        return digests

    def failed(self, error: BaseException, /) -> list[Any]:
        """Return the digest of a row that did not come back, where the map goes on without it."""
        raise error


def _numbered(kind: type[MapRows], *parts: Any) -> MapRows:
    rows = kind(*parts)
    rows.is_numbered = True
    return rows


class CallRows(MapRows):
    """The function of calls that have nothing to do with each other: each row has the arguments and keywords of one.

    What becomes of a call is packed at once, so that no other suffers if it cannot travel: see call_outcome().
    """

    __slots__ = ()

    goes_on = True

    @calls_program
    def go_over(self, results: list[Any], begun: Iterator[Any], others: Columns) -> None:  # noqa: ARG002
        function = self.function
        for args, kwargs in begun:
            try:
                value = function(*args, **kwargs)
                if type(value) is Future:
                    value = value.result()
                results.append((value,) if travels_always(value) else self._packed(value))
            except BaseException as error:
                if runtime.has_struck(error) or runtime.is_child:
                    raise
                results.append((False, pack_error(error)))

    def describe(self, columns: Columns, row: int = 0) -> str:
        return describe_call(self.function, *columns[0][row])

    def arguments(self, columns: Columns) -> Iterator[tuple[str, Any]]:
        for args, kwargs in columns[0]:
            yield from ((f"arg {number}", value) for number, value in enumerate(args))
            yield from ((f"keyword {name}", value) for name, value in kwargs.items())

    def failed(self, error: BaseException, /) -> list[Any]:
        return [(False, pack_error(error))]

    def _packed(self, value: object) -> tuple[bool, bytes]:
        try:
            return True, codec.dumps(value)
        except Exception as problem:
            raise result_not_sent(self.function, value, problem) from problem


NOT_BEGUN = ()
"""Stands in the place of what becomes of a call that was not made: see MapInProgress.stop."""

_PLAIN = {int, float, complex, bool, str, bytes, type(None)}
"""Types whose values can always travel, so that they need not be packed singly."""


def travels_always(value: Any) -> bool:
    """Return whether it is plain, or an array of numbers, which travels without being copied if it is large."""
    return type(value) in _PLAIN or _is_array(value)


def _is_array(value: Any) -> bool:
    return type(value) is getattr(modules.get("numpy"), "ndarray", None) and not value.dtype.hasobject


def call_outcome(result: tuple[Any, ...]) -> tuple[bool, Any]:
    """Return whether a call has returned, and what; else what it has raised. Runs code of the program's.

    Of a call that was not made, return False and None.
    """
    if not result:
        return False, None
    return (True, result[0]) if len(result) == 1 else unpack_outcome(*result)


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
