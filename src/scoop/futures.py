"""The calls people use: start tasks, wait for them, map, reduce, scan.

    from scoop import futures

    def main():
        print(list(futures.map(work, inputs)))

    if __name__ == "__main__":
        main()

Start the program with ``python -m scoop script.py``. Tasks may call all of these too, to any depth. Without workers
(see also ``scoop.start()`` and ``scoop.Executor``), the two maps are the builtin ``map``: serial, lazy, and without
time limits. One warning says so. All other calls raise NotStartedProperly. Specified by the reference's "Futures
module" and, where that is silent, by PEP 3148.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, CancelledError
from contextlib import closing, suppress
from sys import modules
from types import FunctionType
from typing import Any, Never, ParamSpec, TypeVar, TypeVarTuple, cast

from .engine import runtime
from .engine.offers.everywhere import call_everywhere
from .engine.offers.host_table import wait_for_workers
from .engine.offers.submission import submit_with_options
from .engine.offers.withdrawal import withdraw_all
from .engine.results.arguments import MAY_HOLD_FUTURES
from .engine.results.call_checks import check_futures, check_map, is_serial
from .engine.results.future import Future, error_of, has_ended, new_task
from .engine.results.own_thread import OnOwnThread
from .engine.results.signatures import as_submit
from .engine.scheduler import Scheduler
from .engine.tasks.async_function import CO_COROUTINE, from_async
from .engine.tasks.task import PLAIN, WithOptions
from .engine.tasks.task_options import Given, with_options
from .engine.threads.blocking import deadline_after
from .engine.waiting import DoneAndNotDone, Waiting
from .errors import describe, refuse_keywords
from .maps import iterators
from .maps.presentation import presentation
from .maps.signatures import as_amap, as_map, as_map_as_completed, as_map_reduce, as_map_scan

__all__ = [
    "ALL_COMPLETED",
    "FIRST_COMPLETED",
    "FIRST_EXCEPTION",
    "CancelledError",
    "DoneAndNotDone",
    "Future",
    "amap",
    "as_completed",
    "map",
    "mapReduce",
    "mapScan",
    "map_as_completed",
    "options",
    "run_on_workers",
    "shutdown",
    "submit",
    "wait",
    "wait_for_workers",
    "with_own_thread",
    "with_retries",
]

T = TypeVar("T")
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")

# These functions are plain, with an empty __dict__: DEAP's toolbox copies a function's __dict__ into partials,
# and those must pickle.


@as_submit
def submit(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
    """Start a task that calls ``func(*args, **kwargs)``; return its Future at once.

    If another worker is idle, the task is pickled and sent there, with copies of its arguments. Else it runs in this
    process, with the very arguments that you pass. A Future that is an argument, or in a list, tuple or dict that is
    one, stands for its result: the task begins when that future has ended. If that future fails or is cancelled, so
    is the task. See docs/graphs.md. Raises TypeError if ``func`` is not callable.
    """
    if (  # as split_options() looks, sooner
        type(func) is not FunctionType
        or func.__code__.co_flags & CO_COROUTINE
        or "contextvars" in modules
        or "decimal" in modules
    ):
        if not callable(func):
            raise TypeError(f"submit() needs something callable, not {describe(func)}")
        return submit_with_options(_scheduler("futures.submit()"), func, args, kwargs)
    scheduler = runtime.current
    if scheduler is None or scheduler.refusal is not None:
        scheduler = runtime.need("futures.submit()")  # which raises
    depends: object = kwargs
    try:  # as may_hold_futures(), sooner
        for arg in args:
            if type(arg) in MAY_HOLD_FUTURES:
                depends = True
                break
    except TypeError:  # a metaclass of the program's has no hash
        depends = True
    if depends:
        return cast(Future, scheduler.graph.submit(func, args, kwargs, PLAIN))
    future = new_task(func, args, kwargs)
    put_on_offer = scheduler.offer  # sooner than scheduler.offer()
    put_on_offer(future)
    return future


@as_map
def map(
    func: Callable[..., T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    buffersize: int | None = None,
    chunksize: int | None = None,
    errors: str = "raise",
    progress: str | None = None,
    **ignored: Any,
) -> Iterator[T]:
    """Call ``func`` on the inputs in parallel; return an iterator of the results, in the order of the inputs.

    The map begins at once, even if you take no results yet. Several iterables are zipped, up to the shortest. If a
    call raises an exception, the iterator raises it in the place of the result, with a note that names the input.
    Then the calls that have not begun are cancelled; likewise when you close the iterator early.

    Parameters:
        timeout: seconds from this call; after that, waiting for a result raises TimeoutError.
        buffersize: how many inputs may be read before their results are taken. By default all, if every iterable has
            a length. If not, 64 for each worker, and more if calls are short. So iterables may be endless.
        chunksize: a hint, how many calls a process makes in its first go. After that it measures how long calls take,
            and chooses the number itself.
        errors: what happens if a call raises an ``Exception``, or its task fails with one. ``"raise"``: the iterator
            raises it. ``"return"``: the iterator returns it as the result; its attribute ``inputs`` is the tuple of
            inputs. ``"skip"``: there is no result for this input. With the latter two the map goes on.
        progress: a label. With it, stderr shows how far the map is. See docs/progress.md.
    """
    check_map("map", func, iterables, ignored, buffersize=buffersize, chunksize=chunksize)
    show = presentation(errors, progress=progress)
    if is_serial("map", func):
        return show.serially(from_async(func), iterables)
    scheduler, sizes = _scheduler("futures.map()"), (buffersize, chunksize)
    return iterators.start_map(scheduler, func, iterables, timeout, True, *sizes, show=show)


@as_map_as_completed
def map_as_completed(
    func: Callable[..., T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    buffersize: int | None = None,
    chunksize: int | None = None,
    errors: str = "raise",
    indexed: bool = False,
    progress: str | None = None,
    **ignored: Any,
) -> Iterator[Any]:
    """Do as map() does, but return each result as soon as it is ready, in no particular order.

    ``indexed``: return pairs, each of the index of the input, counted from 0, and the result.
    """
    check_map("map_as_completed", func, iterables, ignored, buffersize=buffersize, chunksize=chunksize)
    show = presentation(errors, indexed, progress)
    if is_serial("map_as_completed", func):
        return show.serially(from_async(func), iterables)
    scheduler, sizes = _scheduler("futures.map_as_completed()"), (buffersize, chunksize)
    return iterators.start_map(scheduler, func, iterables, timeout, False, *sizes, show=show)


@as_amap
def amap(
    func: Callable[..., Any],
    *iterables: Iterable[Any],
    ordered: bool = True,
    timeout: float | None = None,
    buffersize: int | None = None,
    chunksize: int | None = None,
    **ignored: Any,
) -> AsyncIterator[Any]:
    """Do as map() does, for ``async for`` in a coroutine: the event loop goes on while it waits for results.

    The map starts at the call. Calls that have not begun are cancelled when the iterator is closed (``aclose()``) or
    the loop over it is left (as by ``break``), or when a wait for a result is cancelled.

    Parameters:
        ordered: whether results come in the order of the inputs. If not, each comes as soon as it is ready.
        timeout, buffersize, chunksize: see map().
    """
    check_map("amap", func, iterables, ignored, buffersize=buffersize, chunksize=chunksize)
    from .maps import async_results  # with asyncio

    if is_serial("amap", func):
        return async_results.serially(func, iterables)
    deadline = deadline_after(timeout)
    source = iterators.start(_scheduler("futures.amap()"), func, iterables, ordered, buffersize, chunksize)
    return async_results.AsyncResults(_scheduler("futures.amap()"), source, deadline)


@as_map_reduce
def mapReduce(
    mapFunc: Callable[..., T],
    reductionOp: Callable[[T, T], T],
    *iterables: Iterable[Any],
    timeout: float | None = None,
    **ignored: Any,
) -> T:
    """Return ``functools.reduce(reductionOp, map(mapFunc, *iterables))``, computed as a tree, in parallel.

    ``reductionOp`` must be associative; it need not commute. Raises TypeError if there are no inputs, as
    ``functools.reduce`` does, and TimeoutError after ``timeout`` seconds.
    """
    __tracebackhide__ = True
    return cast(T, _reduce("mapReduce", iterators.map_reduce, mapFunc, reductionOp, iterables, timeout, ignored))


@as_map_scan
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


def with_retries(func: Callable[P, T], retries: int) -> Callable[P, T]:
    """Return a function like ``func`` for submit() and the maps, whose tasks have their own number of retries.

    If a worker dies while it runs a task, SCOOP runs the task again, up to ``--retries`` times (2 by default). After
    that its future fails with WorkerLost. A task of the returned function runs again up to ``retries`` times instead.
    Use 0 for tasks that must never run twice.
    """
    if retries is None:
        raise ValueError("retries must be a whole number, 0 or more, not None")
    return with_options("with_retries", func, Given(retries))


def options(
    func: Callable[P, T],
    *,
    retries: int | None = None,
    seconds: float | None = None,
    memory: int | str | None = None,
    retry_on: type[BaseException] | tuple[type[BaseException], ...] = (),
    backoff: float = 0.1,
    name: str | None = None,
    priority: int | None = None,
    resources: Mapping[str, int] | None = None,
    gpu: int | None = None,
    **unknown: Never,
) -> Callable[P, T]:
    """Return a function like ``func`` for submit(), the maps and executors, with options for each of its tasks.

    If you call it yourself, it just calls ``func``. An option that is not given keeps its value. See docs/limits.md.

    Parameters:
        retries: how often a task runs again after its worker has died, as for with_retries(). It is also how often a
            call is made again after an exception of ``retry_on``, which is counted separately. Default: 2.
        seconds: how long a task may run by the clock, waits for other tasks included. After that SCOOP kills its
            worker and starts another one; the task fails with TaskTimeout, and other tasks of that worker run again.
            Such a task never runs in the process that submits it: TaskNotSent is raised if it cannot travel.
        memory: how many bytes the worker may have while it runs the task, interpreter included: a number, or a text
            such as ``"500M"`` or ``"2 GB"``. Beyond that SCOOP ends the task likewise, with TaskMemoryExceeded.
        retry_on: an exception class, or a tuple of them. After such an exception the worker makes the call again.
        backoff: seconds before the second try. Each later wait is about twice as long, up to a minute. While a task
            waits, its worker runs other tasks.
        name: the name of the tasks in errors, in warnings, and in the ``repr`` of their futures.
        priority: a whole number, 0 by default. Of the tasks that are ready, the one with the highest begins first.
        resources: how much a task needs of what each machine has (``--resources``), as ``{"gpu": 1}``; ``gpu=1`` is
            short for that. The task waits until it is free. Raises TaskNotSent if no machine has as much.

    Raises TypeError or ValueError for values that make no sense.
    """
    refuse_keywords("options", unknown, Given._fields)
    given = Given(retries, seconds, memory, retry_on, backoff, name, priority, resources, gpu)
    return with_options("options", func, given)


def with_own_thread(func: Callable[P, T]) -> Callable[P, T]:
    """Return a function like ``func`` for submit() and the maps, each of whose tasks has a thread of its own.

    While a task waits for others, its thread runs other tasks. If it holds a lock meanwhile, one of them may want the
    same lock: with a Lock both wait for ever, with an RLock both get it. A task of the returned function shares its
    thread with no other task, so it may hold a lock while it waits. Its thread is not the main thread: in it
    ``signal.signal`` does not work. To start a thread takes some 50 us.
    """
    if not callable(func):
        raise TypeError(f"with_own_thread() needs something callable, not {describe(func)}")
    if type(func) is WithOptions:
        return WithOptions(OnOwnThread(from_async(func.function)), func.options)
    return OnOwnThread(from_async(func))


def run_on_workers(func: Callable[[*Ts], T], /, *args: *Ts, later: bool = False) -> list[T]:
    """Have each worker of the run call ``func(*args)`` once; return a list of the results, in no particular order.

    A worker makes the call before its next task, or at once if it has nothing to do. The program's own process does
    not make it, unless it is the only worker (``-n 1``). If a call raises an exception, it is raised here when all
    have ended. Raises ScoopError in a task, and TaskNotSent if the function or its arguments cannot travel.

    Parameters:
        later: whether workers that start later make the call, too, before their first task. A failure is a warning.
    """
    if not callable(func):
        raise TypeError(f"run_on_workers() needs something callable, not {describe(func)}")
    return call_everywhere(_scheduler("futures.run_on_workers()"), func, args, later)


def as_completed(fs: Iterable[Future[T]], timeout: float | None = None) -> Iterator[Future[T]]:
    """Iterate over the futures in the order in which they end; a future that is cancelled has ended, too.

    Raises TimeoutError if one of them has not ended ``timeout`` seconds after this call.
    """
    futures = check_futures("as_completed", fs)
    waiting = Waiting(_scheduler("futures.as_completed()"), futures, prompt=True)
    return _as_completed(waiting, len(futures), deadline_after(timeout))


def _as_completed(waiting: Waiting, count: int, deadline: float | None) -> Iterator[Future]:
    with closing(waiting):
        for _ in range(count):
            yield waiting.next(deadline)


def wait(fs: Iterable[Future[T]], timeout: float | None = -1, return_when: str = ALL_COMPLETED) -> DoneAndNotDone[T]:
    """Wait for the futures; return those that have ended and those that have not, as two sets.

    Parameters:
        timeout: seconds to wait at most. With 0 it only looks; with None or a negative number it waits without limit.
        return_when: FIRST_COMPLETED, FIRST_EXCEPTION (when one has failed, or all have ended) or ALL_COMPLETED.
    """
    if return_when not in (FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED):
        raise ValueError(
            f"return_when must be FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED, not {return_when!r}"
        )
    futures = check_futures("wait", fs)
    deadline = None if timeout is not None and timeout < 0 else deadline_after(timeout)
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
    """With ``cancel_futures``, cancel what was submitted and has not begun. Otherwise do nothing.

    A run needs no shutdown: it ends when the program and all submitted tasks have ended. But a program may have found
    its answer before that. With ``cancel_futures``, the futures of this process that have not begun are cancelled,
    wherever they are. Its maps begin no more calls, and raise CancelledError. The run then ends with the program,
    even if tasks are still running. With ``wait``, the call returns when the futures that had begun have ended.
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


def _reduce(
    what: str, call: Any, func: Any, op: Any, iterables: Any, timeout: float | None, ignored: dict[str, Any]
) -> Any:
    """Reduce, or scan, here; or with a time limit as a task, whose end this one waits for."""
    check_map(what, func, iterables, ignored)
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
