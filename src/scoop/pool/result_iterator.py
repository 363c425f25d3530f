"""The results of imap(): an iterator that goes on after an exception, and may be asked with a time limit."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import islice
from threading import Thread
from typing import Any, Generic, TypeVar

from ..engine import runtime
from ..engine.results.outcomes import pack_error, unpack_outcome

__all__ = ["ResultIterator", "caught"]

T = TypeVar("T")


class Caught:
    """An exception of a call, packed with its traceback, in the place of a result."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def __reduce__(self) -> Any:
        return Caught, (self.packed,)


def caught(func: Callable[[Any], T], argument: Any) -> T | Caught:
    """Return what a call returns, or what it raises."""
    try:
        return func(argument)
    except Exception as error:
        if runtime.has_struck(error):
            raise
        return Caught(pack_error(error))


class ResultIterator(Generic[T]):
    """The results of calls, one after another.

    Parameters:
        outcomes: of the calls, as caught() returns them.
    """

    def __init__(self, outcomes: Iterator[T | Caught]) -> None:
        self._outcomes = outcomes
        self._loaded: deque[T | Caught] = deque()
        self._late: Future[list[T | Caught]] | None = None  # that did not come within its time

    def __iter__(self) -> "ResultIterator[T]":
        return self

    def __next__(self) -> T:
        return self.next()

    def next(self, timeout: float | None = None) -> T:
        """Return the next result, or raise what its call has raised. Raises StopIteration after the last.

        Raises ``multiprocessing.TimeoutError`` if it has not come within ``timeout`` seconds; it is not lost.
        """
        if self._late is None and self._loaded:
            return _result(self._loaded.popleft())
        if self._late is None and timeout is None:
            return _result(next(self._outcomes))
        return _result(self._awaited(timeout))

    def load(self) -> None:
        """Wait until all results are here."""
        if self._late is not None:
            self._late.exception()
        try:
            self._loaded.extend(self._outcomes)
        except Exception as problem:  # of the inputs: in its turn, after the results of those before it
            self._outcomes = _raising(problem)

    def _awaited(self, timeout: float | None) -> T | Caught:
        """Return the next outcome, for which a thread of its own waits."""
        late = self._late = self._late or _begun(self._outcomes)
        try:
            late.exception(timeout)
        except TimeoutError:
            raise multiprocessing.TimeoutError from None
        self._late = None
        for outcome in late.result():
            return outcome
        raise StopIteration


def _result(outcome: T | Caught) -> T:
    if not isinstance(outcome, Caught):
        return outcome
    _, error = unpack_outcome(False, outcome.packed)
    raise error


def _begun(outcomes: Iterator[T]) -> Future[list[T]]:
    """Have a thread wait for the next outcome; return the future of it, in a list: an empty one at the end."""
    future: Future[list[T]] = Future()
    Thread(target=_wait_for_next, args=(outcomes, future), name="scoop-pool", daemon=True).start()
    return future


def _wait_for_next(outcomes: Iterator[T], future: Future[list[T]]) -> None:
    try:
        future.set_result([*islice(outcomes, 1)])
    except BaseException as error:
        future.set_exception(error)


def _raising(problem: Exception) -> Iterator[Any]:
    raise problem
    yield
