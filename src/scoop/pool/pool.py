"""A pool as ``multiprocessing`` has them, for programs and libraries that are written for one.

    import scoop

    with scoop.Pool() as pool:
        print(pool.map(work, inputs))

It uses an executor. So within a run, and in tasks, its workers are those of the run.
"""

import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from threading import Thread
from types import TracebackType
from typing import Any, TypeVar

import scoop

from ..engine import runtime
from ..executor import Executor
from ..machine.cores import usable_cores
from .async_result import AsyncResult
from .result_iterator import ResultIterator, caught

__all__ = ["Pool"]

T = TypeVar("T")

READ_AHEAD = 1000
"""Inputs for each worker that imap() reads ahead of its consumer, where it is not known how many there are."""


class Pool:
    """Workers that call functions, and the calls of ``multiprocessing.Pool`` for it.

    Parameters:
        processes: the number of workers; by default one for each processor that this process may use. Within a run,
            the pool uses the workers of the run, however many there are.
        initializer: what each worker calls before its first task, with ``initargs``.

    A context manager, which terminates the pool at the end of its block. Raises ValueError or TypeError for arguments
    that make no sense, and otherwise what Executor raises.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
    ) -> None:
        if processes is not None and processes < 1:
            raise ValueError(f"Number of processes must be at least 1, not {processes!r}")
        self.size: int = _size_of_run() or processes or usable_cores()
        """How many workers there are."""
        self._executor = Executor(processes, initializer=initializer, initargs=tuple(initargs))
        self._open_results: set[AsyncResult[Any]] = set()
        self._iterators: weakref.WeakSet[ResultIterator[Any]] = weakref.WeakSet()
        self._is_closed = False

    def apply(self, func: Callable[..., T], args: Iterable[Any] = (), kwds: Mapping[str, Any] | None = None) -> T:
        """Return ``func(*args, **kwds)``, called by a worker."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] | None = None,
        callback: Callable[[T], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[T]:
        """Have ``func(*args, **kwds)`` called by a worker; return at once.

        Parameters:
            callback: is called with the result, in this process, on a thread of SCOOP's.
            error_callback: likewise, with the exception, if there is one.
        """
        self._check()
        return self._result(self._executor.submit(func, *args, **(kwds or {})), callback, error_callback)

    def map(self, func: Callable[[Any], T], iterable: Iterable[Any], chunksize: int | None = None) -> list[T]:
        """Return ``[func(x) for x in iterable]``, computed in parallel.

        Raises the first exception of a call; calls that have not begun by then never begin. SCOOP measures the calls,
        and decides how many travel together. ``chunksize`` is only a hint for the beginning.
        """
        self._check()
        return list(self._executor.map(func, iterable, chunksize=chunksize or 1))

    def starmap(
        self, func: Callable[..., T], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[T]:
        """Return ``[func(*args) for args in iterable]``, computed in parallel; see map()."""
        return self.map(partial(_call_star, func), iterable, chunksize)

    def map_async(
        self,
        func: Callable[[Any], T],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[list[T]]:
        """Do as map() does, and return at once. The callbacks are those of apply_async()."""
        self._check()
        results = self._executor.map(func, iterable, chunksize=chunksize or 1)
        future: Future[list[T]] = Future()
        result = self._result(future, callback, error_callback)
        Thread(target=_collect, args=(results, future), name="scoop-pool", daemon=True).start()
        return result

    def starmap_async(
        self,
        func: Callable[..., T],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[list[T]]:
        """Do as starmap() does, and return at once. The callbacks are those of apply_async()."""
        return self.map_async(partial(_call_star, func), iterable, chunksize, callback, error_callback)

    def imap(self, func: Callable[[Any], T], iterable: Iterable[Any], chunksize: int = 1) -> ResultIterator[T]:
        """Do as map() does, and return an iterator of the results, each as soon as it and those before it are there.

        An exception of a call is raised in the place of its result, and the iterator goes on after it. Inputs whose
        number is not known are read a thousand ahead for each worker.
        """
        return self._iterator(self._executor.map, func, iterable, chunksize)

    def imap_unordered(
        self, func: Callable[[Any], T], iterable: Iterable[Any], chunksize: int = 1
    ) -> ResultIterator[T]:
        """Do as imap() does, but give each result as soon as it is there, in no particular order."""
        return self._iterator(self._executor.map_as_completed, func, iterable, chunksize)

    def close(self) -> None:
        """Accept no more calls."""
        self._is_closed = True

    def terminate(self) -> None:
        """Accept no more calls, and end the workers at once; in a run, cancel the calls that have not begun."""
        self._is_closed = True
        self._executor.terminate_workers()

    def join(self) -> None:
        """Wait for the end of all calls and of the workers. Raises ValueError before close() or terminate()."""
        if not self._is_closed:
            raise ValueError("Pool is still running")
        for iterator in [*self._iterators]:
            iterator.load()
        for result in [*self._open_results]:
            result.wait()
        self._executor.shutdown()

    def __enter__(self) -> "Pool":
        self._check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminate()

    def __reduce__(self) -> Any:
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")

    def _check(self) -> None:
        if self._is_closed:
            raise ValueError("Pool not running")

    def _result(self, future: Future[T], callback: Any, error_callback: Any) -> AsyncResult[T]:
        result = AsyncResult(future, callback, error_callback, self._open_results.discard)
        self._open_results.add(result)
        result.watch()
        return result

    def _iterator(
        self, start: Callable[..., Any], func: Callable[[Any], T], iterable: Iterable[Any], chunksize: int
    ) -> ResultIterator[T]:
        self._check()
        ahead = None if hasattr(iterable, "__len__") else READ_AHEAD * self.size
        outcomes = start(partial(caught, func), iterable, chunksize=chunksize, buffersize=ahead)
        results: ResultIterator[T] = ResultIterator(outcomes)
        self._iterators.add(results)
        return results


def _call_star(func: Callable[..., T], args: Iterable[Any]) -> T:
    return func(*args)


def _collect(results: Iterable[T], future: Future[list[T]]) -> None:
    """Tell the future the results of a map. On a thread of its own, since the caller does not wait."""
    try:
        future.set_result([*results])
    except BaseException as error:
        future.set_exception(error)


def _size_of_run() -> int | None:
    """Return how many workers the run has that this process belongs to; None if it belongs to none."""
    return scoop.SIZE if runtime.is_part_of_run() else None
