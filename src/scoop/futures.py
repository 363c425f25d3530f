"""The calls people use: start tasks, wait for them, map, reduce, scan.

    from scoop import futures

    def main():
        print(list(futures.map(work, inputs)))

    if __name__ == "__main__":
        main()

started with ``python -m scoop script.py``. Tasks may call all of these too, to any depth. Without workers (see also
``scoop.start()`` and ``scoop.Executor``), the two maps are the builtin ``map``, with one warning: serial, lazy, and
without time limits; all else raises NotStartedProperly.

Specified by the reference's "Futures module" and, where that is silent, by PEP 3148.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, CancelledError
from contextlib import closing, suppress
from sys import modules
from typing import Any, NamedTuple, TypeVar, cast

from .engine import runtime
from .engine.blocking import deadline_after
from .engine.everywhere import call_everywhere
from .engine.future import Future, error_of, has_ended, new_task
from .engine.own_thread import OnOwnThread
from .engine.places import counted, serial_map
from .engine.scheduler import Scheduler
from .engine.task import PLAIN, WithRetries, split_options
from .engine.waiting import Waiting
from .engine.withdrawal import withdraw_all
from .errors import describe
from .maps import iterators

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "CancelledError",
    "DoneAndNotDone",
    "Future",
    "as_completed",
    "map",
    "mapReduce",
    "mapScan",
    "map_as_completed",
    "run_on_workers",
    "shutdown",
    "submit",
    "wait",
    "with_own_thread",
    "with_retries",
]

T = TypeVar("T")

_warned = False
_ignored: set[str] = set()
"""Keywords that the maps have no use for, and of which the program was told."""

# These functions are plain, with an empty __dict__: DEAP's toolbox copies a function's __dict__ into partials,
# and those must pickle.


class DoneAndNotDone(NamedTuple):
    """What wait() returns."""

    done: set[Future]
    not_done: set[Future]


def submit(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
    """Offer ``func(*args, **kwargs)`` to run in parallel, and return the Future of its outcome, at once.

    The task runs where it was submitted, sharing its arguments with the caller, unless another worker is idle:
    then it is pickled and sent. Raises TypeError if ``func`` is not callable.
    """
    if not callable(func):
        raise TypeError(f"submit() needs something callable, not {describe(func)}")
    options = PLAIN
    if type(func) is WithRetries or "contextvars" in modules or "decimal" in modules:  # as are_used(), sooner
        func, options = split_options(func)
        options = counted(options)
    scheduler = runtime.current
    if scheduler is None or scheduler.refusal is not None:
        scheduler = runtime.need("futures.submit()")  # which raises
    future = new_task(func, args, kwargs, options)
    scheduler.offer(future)
    return future


def map(
    func: Callable[..., T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    buffersize: int | None = None,
    chunksize: int | None = None,
    **ignored: Any,
) -> Iterator[T]:
    """Call ``func`` on the inputs in parallel; return an iterator of the results, in the order of the inputs.

    The map starts at the call, consumed or not. Several iterables are zipped, to the shortest. An exception of
    a call is raised in the place of its result, with a note that says at which input, and what has not begun by
    then is cancelled; likewise when the iterator is closed early.

    Parameters:
        timeout: seconds, from this call, after which waiting for a result raises TimeoutError.
        buffersize: how many inputs may be read ahead of the consumer. By default all, where every iterable
            tells its length; else 64 for each worker, and more where calls are short, so that an endless iterator
            is welcome.
        chunksize: how many calls to begin with in one go. A hint: how many go on so is measured.
    """
    _check_map("map", func, iterables, ignored, buffersize=buffersize, chunksize=chunksize)
    if _serial("map"):
        return serial_map(func, iterables)
    return iterators.start_map(_maps("map"), func, iterables, timeout, True, buffersize, chunksize)


def map_as_completed(
    func: Callable[..., T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    buffersize: int | None = None,
    chunksize: int | None = None,
    **ignored: Any,
) -> Iterator[T]:
    """Do as map() does, but yield each result as soon as it is there, in no particular order."""
    _check_map("map_as_completed", func, iterables, ignored, buffersize=buffersize, chunksize=chunksize)
    if _serial("map_as_completed"):
        return serial_map(func, iterables)
    return iterators.start_map(_maps("map_as_completed"), func, iterables, timeout, False, buffersize, chunksize)


def mapReduce(
    mapFunc: Callable[..., T],
    reductionOp: Callable[[T, T], T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    **ignored: Any,
) -> T:
    """Return ``functools.reduce(reductionOp, map(mapFunc, *iterables))``, computed as a tree, in parallel.

    ``reductionOp`` must be associative; it need not commute. Raises TypeError where there is nothing to reduce,
    as ``functools.reduce`` does, and TimeoutError after ``timeout`` seconds.
    """
    __tracebackhide__ = True
    return cast(T, _reduce("mapReduce", iterators.map_reduce, mapFunc, reductionOp, iterables, timeout, ignored))


def mapScan(
    mapFunc: Callable[..., T],
    reductionOp: Callable[[T, T], T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    **ignored: Any,
) -> list[T]:
    """Return ``list(itertools.accumulate(map(mapFunc, *iterables), reductionOp))``: a parallel prefix.

    Parameters and errors are those of mapReduce().
    """
    __tracebackhide__ = True
    return cast(list[T], _reduce("mapScan", iterators.map_scan, mapFunc, reductionOp, iterables, timeout, ignored))


def with_retries(func: Callable[..., T], retries: int) -> Callable[..., T]:
    """Return ``func``, for submit() and the maps, with a number of retries of its own.

    A task is handed out again when the worker that ran it has died, up to ``--retries`` times (2, unless told
    otherwise); after that its future fails with WorkerLost. Tasks of what is returned here have ``retries`` tries
    more than their first instead: 0 for what must never run twice.
    """
    if not callable(func):
        raise TypeError(f"with_retries() needs something callable, not {describe(func)}")
    if not isinstance(retries, int) or retries < 0:
        raise ValueError(f"retries must be a whole number, 0 or more, not {describe(retries)}")
    function, options = split_options(func)
    return WithRetries(function, options._replace(retries=retries))


def with_own_thread(func: Callable[..., T]) -> Callable[..., T]:
    """Return ``func``, for submit() and the maps, such that each of its calls has a thread to itself.

    While a task waits for others, its thread runs tasks of others. A task that holds a lock meanwhile may meet one on
    its own thread that wants the same lock: with a Lock both wait for ever, with an RLock both are inside. Tasks of
    what is returned here share their thread with no other. It is not the main thread, though: ``signal.signal`` and
    what is bound to that thread do not work in them. Starting a thread takes some 50 us.
    """
    if not callable(func):
        raise TypeError(f"with_own_thread() needs something callable, not {describe(func)}")
    function, options = split_options(func)
    owned = OnOwnThread(function)
    return WithRetries(owned, options) if type(func) is WithRetries else owned


def run_on_workers(func: Callable[..., T], /, *args: Any, later: bool = False) -> list[T]:
    """Have each worker of the run call ``func(*args)`` once; return what it has returned in each, in no order.

    A worker makes the call before its next task, or at once if it has nothing to do. The program's own process does
    not, unless it is the only worker (``-n 1``). For the program alone: raises ScoopError in a task. Raises what a
    call has raised, when all have ended; and TaskNotSent if the function or its arguments cannot travel.

    Parameters:
        later: workers that start later, in place of others or on other machines, make the call before their first
            task. If it fails there, a warning says so.
    """
    if not callable(func):
        raise TypeError(f"run_on_workers() needs something callable, not {describe(func)}")
    return call_everywhere(_scheduler("futures.run_on_workers()"), func, args, later)


def as_completed(fs: Iterable[Future], timeout: float | None = None) -> Iterator[Future]:
    """Iterate over the futures, each once, as they end (finished or cancelled).

    Raises TimeoutError if one has not ended ``timeout`` seconds after this call.
    """
    futures = _checked("as_completed", fs)
    waiting = Waiting(_scheduler("futures.as_completed()"), futures, prompt=True)
    return _as_completed(waiting, len(futures), deadline_after(timeout))


def _as_completed(waiting: Waiting, count: int, deadline: float | None) -> Iterator[Future]:
    with closing(waiting):
        for _ in range(count):
            yield waiting.next(deadline)


def wait(fs: Iterable[Future], timeout: float | None = -1, return_when: str = ALL_COMPLETED) -> DoneAndNotDone:
    """Wait for the futures; return those that have ended and those that have not, as two sets.

    Parameters:
        timeout: seconds to wait at most; 0 only looks; None or negative waits as long as it takes.
        return_when: FIRST_COMPLETED, FIRST_EXCEPTION (when one raises, or all have ended) or ALL_COMPLETED.
    """
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError(
            f"return_when must be FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED, not {return_when!r}"
        )
    futures = _checked("wait", fs)
    deadline = deadline_after(timeout)
    if timeout is not None and timeout < 0:
        deadline = None
    waiting = Waiting(_scheduler("futures.wait()"), futures, prompt=return_when != ALL_COMPLETED)
    with closing(waiting), suppress(TimeoutError):
        for _ in futures:
            ended = waiting.next(deadline)
            if return_when == FIRST_COMPLETED:
                break
            if return_when == FIRST_EXCEPTION and not ended.cancelled() and error_of(ended) is not None:
                break
    done = {future for future in futures if has_ended(future)}
    return DoneAndNotDone(done, futures.keys() - done)


def shutdown(wait: bool = True, *, cancel_futures: bool = False) -> None:
    """Want nothing more of what was submitted and has not begun, if ``cancel_futures``; else do nothing.

    A run needs no shutdown: it ends with its program, once all that was submitted has ended. But a program that has
    found its answer may want no more. With ``cancel_futures``, the futures of the calling process that have not begun
    are cancelled, here and elsewhere; its maps begin nothing more, and raise CancelledError. The run then ends with
    the program, whatever tasks still run. With ``wait``, the call returns when its futures that had begun have ended.
    Specified by the reference, and by PEP 3148.
    """
    scheduler = cast(Scheduler | None, runtime.current)
    if not cancel_futures or scheduler is None:
        return
    runtime.ends_with_program = True
    begun = withdraw_all(scheduler)
    if wait:
        for _ in as_completed(begun):
            pass


def _checked(what: str, fs: Iterable[Future]) -> dict[Future, None]:
    if isinstance(fs, Future):
        raise TypeError(f"{what}() needs futures, several of them: put the one in a list")
    futures = dict.fromkeys(fs)
    for future in futures:
        if not isinstance(future, Future):
            raise TypeError(f"{what}() needs futures, as submit() returns them, not {describe(future)}")
    return futures


def _check_map(
    what: str, func: object, iterables: tuple[Iterable[Any], ...], ignored: dict[str, Any], **sizes: int | None
) -> None:
    if not callable(func):
        raise TypeError(f"{what}() needs something callable, not {describe(func)}")
    if not iterables:
        raise TypeError(f"{what}() needs at least one iterable of inputs")
    for name, size in sizes.items():
        if size is not None and size < 1:
            raise ValueError(f"{name} must be 1 or more, or None, not {size!r}")
    if unheard := ignored.keys() - _ignored:
        _ignored.update(unheard)
        names = ", ".join(sorted(unheard))
        warnings.warn(f"futures.{what}() has no use for {names}=, and ignores it", RuntimeWarning, stacklevel=3)


def _reduce(
    what: str, call: Any, func: Any, op: Any, iterables: Any, timeout: float | None, ignored: dict[str, Any]
) -> Any:
    """Reduce, or scan, here; or with a time limit as a task, whose end this one waits for."""
    _check_map(what, func, iterables, ignored)
    if not callable(op):
        raise TypeError(f"{what}() needs a callable to reduce with, not {describe(op)}")
    runtime.need(f"futures.{what}()")
    __tracebackhide__ = True
    if timeout is None:
        return call(func, op, *iterables)
    future = submit(call, func, op, *iterators.read_columns(iterables))
    try:
        return future.result(timeout)
    except TimeoutError:
        if has_ended(future):  # it is the program's own
            raise
        raise TimeoutError("no result came within the timeout of the map") from None


def _scheduler(what: str) -> Scheduler:
    return cast(Scheduler, runtime.need(what))


def _maps(what: str) -> iterators.MapScheduler:
    return cast(iterators.MapScheduler, runtime.need(f"futures.{what}()"))


def _serial(what: str) -> bool:
    """Return whether there are no workers, and say so, once in a program."""
    global _warned
    serial = runtime.current is None and runtime.why_refused() is None
    if serial and not _warned:
        _warned = True
        warnings.warn(
            f"futures.{what}() runs serially: this program was started without SCOOP's workers. "
            "Start it with: python -m scoop script.py, or call scoop.start()",
            RuntimeWarning,
            stacklevel=3,
        )
    return serial
