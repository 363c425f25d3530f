"""The result of a call of a pool, as ``multiprocessing`` hands it out."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from threading import Event
from time import monotonic
from typing import Any, Generic, TypeVar

__all__ = ["AsyncResult"]

T = TypeVar("T")


class AsyncResult(Generic[T]):
    """The result of a call, to come. It is there when its callback has returned.

    Parameters:
        future: of the call.
        callback: is called with the result.
        error_callback: is called with the exception, if there is one.
        at_end: is called with this, when it has come.
    """

    def __init__(
        self,
        future: Future[T],
        callback: Callable[[T], object] | None,
        error_callback: Callable[[BaseException], object] | None,
        at_end: Callable[["AsyncResult[T]"], object],
    ) -> None:
        self._future = future
        self._callback = callback
        self._error_callback = error_callback
        self._at_end = at_end
        self._has_come = Event()

    def watch(self) -> None:
        """Begin to look for the end of the call."""
        self._future.add_done_callback(self._tell)

    def get(self, timeout: float | None = None) -> T:
        """Return what the call has returned; raise what it has raised.

        Raises ``multiprocessing.TimeoutError`` if that has not come within ``timeout`` seconds.
        """
        self.wait(timeout)
        if not self.ready():
            raise multiprocessing.TimeoutError
        return self._future.result()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the call has ended, ``timeout`` seconds at most."""
        end = None if timeout is None else monotonic() + timeout
        try:
            self._future.exception(timeout)  # in a run, the thread runs other tasks meanwhile
        except (TimeoutError, CancelledError):
            pass
        self._has_come.wait(None if end is None else max(0.0, end - monotonic()))

    def ready(self) -> bool:
        """Return whether the call has ended."""
        return self._has_come.is_set()

    def successful(self) -> bool:
        """Return whether the call has returned. Raises ValueError if it has not ended."""
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        return not self._future.cancelled() and self._future.exception() is None

    def _tell(self, future: Future[T]) -> None:
        try:
            error = CancelledError() if future.cancelled() else future.exception()
            if error is not None and self._error_callback is not None:
                self._error_callback(error)
            elif error is None and self._callback is not None:
                self._callback(future.result())
        finally:
            self._callback = self._error_callback = None
            self._has_come.set()
            self._at_end(self)

    def __reduce__(self) -> Any:
        raise TypeError("the result of a pool cannot travel to another process: send what get() returns")
