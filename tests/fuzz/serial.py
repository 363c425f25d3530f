"""What ``scoop.futures`` and ``scoop.shared`` are to a program that is played serially: the model."""

import builtins
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import accumulate
from typing import Any

ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION = "ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"


class Future:
    """The future of a call that was made when it was submitted."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._error: Exception | None = None
        self._value: Any = None
        try:
            value = function(*map(_filled, args))
            self._value = value.result() if isinstance(value, Future) else value
        except Exception as error:
            self._error = error

    def result(self, timeout: float | None = None) -> Any:  # noqa: ARG002
        """Return what the call returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._value

    def exception(self, timeout: float | None = None) -> Exception | None:  # noqa: ARG002
        """Return what the call raised."""
        return self._error

    def done(self) -> bool:
        """Return True: the call was made."""
        return True

    def cancel(self) -> bool:
        """Return False: it is too late."""
        return False

    def cancelled(self) -> bool:
        """Return False: nothing is ever cancelled."""
        return False

    def add_done_callback(self, callback: Callable[["Future"], Any]) -> None:
        """Call it at once."""
        callback(self)


def _filled(arg: Any) -> Any:
    """Return an argument with results in the places of futures."""
    if isinstance(arg, list | tuple):
        return type(arg)([_result(each) for each in arg])
    return {key: _result(each) for key, each in arg.items()} if isinstance(arg, dict) else _result(arg)


def _result(value: Any) -> Any:
    return value.result() if isinstance(value, Future) else value


def submit(function: Callable[..., Any], *args: Any) -> Future:
    """Make the call."""
    return Future(function, args)


def map(function: Callable[..., Any], *inputs: Iterable[Any], **_: Any) -> Iterator[Any]:
    """Make the calls, each when its result is asked for."""
    return (function(*row) for row in zip(*inputs, strict=False))


map_as_completed = map


def mapReduce(function: Callable[..., Any], op: Callable[[Any, Any], Any], *inputs: Iterable[Any], **_: Any) -> Any:
    """Reduce from the left."""
    return reduce(op, builtins.map(function, *inputs))


def mapScan(
    function: Callable[..., Any], op: Callable[[Any, Any], Any], *inputs: Iterable[Any], **_: Any
) -> list[Any]:
    """Accumulate from the left."""
    return list(accumulate(builtins.map(function, *inputs), op))


def wait(futures: Iterable[Future], **_: Any) -> Any:
    """Return all of them as done."""
    return set(futures), set()


def as_completed(futures: Iterable[Future], **_: Any) -> Iterator[Future]:
    """Return them in their order."""
    return iter(list(futures))


def with_retries(function: Callable[..., Any], retries: int) -> Callable[..., Any]:  # noqa: ARG001
    """Return the function."""
    return function


_constants: dict[str, Any] = {}


def setConst(**constants: Any) -> None:
    """Keep the constants."""
    assert not constants.keys() & _constants.keys()
    _constants.update(constants)


def getConst(name: str, default: Any = None) -> Any:
    """Return one."""
    return _constants.get(name, default)


def delConst(*names: str) -> None:
    """Forget some."""
    for name in names:
        del _constants[name]
