"""Rows of a map that goes on after errors: what a call raises is kept in the place of its result.

A row that has failed is a value like any other to the map. So nothing is dropped or cancelled, wherever the row ran.
What travels is packed row by row: if one result cannot travel, the row of that result has failed, and no other.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..engine import runtime
from ..engine.process.signal_safety import calls_program
from ..engine.results.outcomes import pack_error, result_not_sent, unpack_outcome
from ..errors import name_of
from ..wire import codec
from .row_functions import Columns, MapRows, travels_always

__all__ = ["FailedRow", "TolerantRows", "unpacked"]


class FailedRow:
    """Stands in the place of a result: ``error`` is what the call has raised, or why there is no result."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> Any:
        return _load_failed, (pack_error(self.error),)


class _PackedRow:
    """A result that is unpickled when the consumer comes to it."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class TolerantRows(MapRows):
    """The function of a map that goes on after errors."""

    __slots__ = ()

    goes_on = True

    @calls_program
    def go_over(self, results: list[Any], begun: Iterator[Any], others: Columns) -> BaseException | None:
        return self.call_on_rows(partial(_call, self.row_function()), results, begun, others)

    def pack_singly(self, values: list[Any], /) -> list[Any]:
        return [value if travels_always(value) else self._packed(value) for value in values]

    def failed(self, error: BaseException, /) -> list[Any]:
        return [FailedRow(error)]

    def _packed(self, value: object) -> object:
        if type(value) is FailedRow or type(value) is _PackedRow:
            return value
        try:
            return _PackedRow(codec.dumps(value))
        except Exception as problem:
            return FailedRow(result_not_sent(self.function, value, problem))


def unpacked(value: object) -> object:
    """Return a result, or a FailedRow, whatever way it has come. Runs code of the program's."""
    if type(value) is not _PackedRow:
        return value
    ok, found = unpack_outcome(True, value.data)
    return found if ok else FailedRow(found)


@calls_program
def _call(function: Callable[..., Any], /, *args: Any) -> Any:
    try:
        return function(*args)
    except StopIteration:
        return FailedRow(RuntimeError(f"{name_of(function)} raised StopIteration"))
    except Exception as error:
        if runtime.has_struck(error) or runtime.is_child:
            raise
        trace = error.__traceback__
        return FailedRow(error.with_traceback(trace and trace.tb_next))


def _load_failed(packed: bytes) -> FailedRow:
    return FailedRow(unpack_outcome(False, packed)[1])
