"""An executor, as ``concurrent.futures`` has them, with SCOOP's workers: for programs that start as they always do.

    from scoop import Executor

    with Executor() as executor:
        print(list(executor.map(work, inputs)))

The program is started with plain ``python``, and its main thread stays free.
"""

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from contextlib import ExitStack
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Never, Protocol, TypeVar, cast

from .cluster.planning.host_options import HostOptions, Hosts
from .cluster.pool import new_pool
from .engine import runtime
from .engine.offers.executor_tasks import ExecutorTasks
from .engine.offers.limited_offers import check
from .engine.results.call_checks import check_sizes
from .engine.results.call_future import CallFuture
from .engine.results.signatures import as_executor_submit
from .engine.scheduler import Scheduler
from .engine.tasks.async_function import from_async
from .engine.tasks.needs import checked_amounts
from .engine.tasks.places import counted, new_root, within
from .engine.tasks.task import PLAIN, TaskOptions, split_options
from .errors import describe, refuse_keywords
from .machine.cores import usable_cores
from .maps.iterators import read_columns, start_map
from .maps.signatures import as_executor_map
from .trace.settings import TraceOptions
from .tuning import TUNING

__all__ = ["CallFuture", "Executor"]

T = TypeVar("T")


class Calls(Protocol):
    """Who sees to the calls of an executor: a pool of its own, or the run."""

    scheduler: Any
    must_travel: bool

    def submit(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions
    ) -> CallFuture[T]: ...
    def prepared(self, function: Callable[..., T]) -> Callable[..., T]: ...
    def check(self) -> None: ...
    def enter(self) -> None: ...
    def leave(self) -> None: ...
    def close(self, cancel: bool = ...) -> None: ...
    def abort(self) -> None: ...
    def join(self) -> None: ...


class Executor(futures.Executor):
    """An executor with workers beside this program, which run the calls that you submit.

    Within its ``with`` block, ``scoop.futures`` and ``scoop.shared`` use these workers, too. The end of the block
    shuts the executor down. In a program that was started with ``python -m scoop``, and in tasks, it starts no
    workers, and uses those of the run.

    Parameters:
        max_workers: the number of workers on all hosts together; by default one for each usable processor.
        initializer: a function that each worker calls, with ``initargs``, before its first task. If it fails in a
            worker, all calls fail.
        seed: the seed of random numbers (``scoop.rng()``) in the calls, and in tasks that are submitted in the block.
        resources: how many of something each machine has, for calls that need it: ``{"gpu": 2}``. See
            docs/resources.md.
        hosts: the machines for the workers, instead of this machine: names as for ``--hosts``, a mapping of names to
            numbers of workers, or ``"auto"`` for the hosts that a batch system has given to this job.
        hostfile: a file that names the hosts, as for ``--hostfile``.
        min_hosts: how many hosts must take part, this machine included; by default all.
        python: the path of Python on the hosts; by default the path of this Python.
        ssh_executable: ssh, with options.
        external_hostname: the name or address by which the hosts reach this machine; by default SCOOP chooses it.
        tunnel: whether the hosts reach this machine through their ssh connections.
        host_timeout: the seconds that a host has to answer.
        silence: after so many seconds without a sign of life, the connection to a host is given up. The host has as
            long again to connect before it counts as lost.
        host_restarts: how often a host is started again when its processes have ended, or it stays lost.
        relay: whether hosts pass large data on to each other; else it is sent to each of them from here.
        trace: a file to record every call in, for ``scoop report``: see docs/traces.md.
        otel: whether to send every call as a span of OpenTelemetry.

    Raises ValueError or TypeError for arguments that make no sense, OSError for a trace that cannot be written,
    BrokenExecutor if the processes cannot be started, ScoopError for hosts that cannot be used as asked, HostsMissing
    if too few of them take part, and UnguardedMainError in a worker that imports the main script: see
    docs/executor.md.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        seed: int | None = None,
        resources: Mapping[str, int] | None = None,
        hosts: Hosts = None,
        hostfile: str | None = None,
        min_hosts: int | None = None,
        python: str | None = None,
        ssh_executable: str = "ssh",
        external_hostname: str | None = None,
        tunnel: bool = False,
        host_timeout: float = 60.0,
        silence: float = TUNING.silence_seconds,
        host_restarts: int = TUNING.host_restarts,
        relay: bool = True,
        trace: str | PathLike[str] | None = None,
        otel: bool = False,
        **unknown: Never,
    ) -> None:
        refuse_keywords("Executor", unknown, ("max_workers", *(Executor.__init__.__kwdefaults__ or ())))
        if max_workers is not None and not (hasattr(max_workers, "__index__") and max_workers >= 1):
            raise ValueError(f"max_workers must be 1 or more, or None, not {max_workers!r}")
        if initializer is not None and not callable(initializer):
            raise TypeError(f"initializer must be something callable, not {describe(initializer)}")
        if runtime.current is None and runtime.refusal is not None:
            runtime.need("Executor()")  # which raises: a worker imports a main script without a guard
        has = checked_amounts(resources or {})
        self._root = None if seed is None else new_root(seed)
        self._within = ExitStack()
        first = initializer and (initializer, initargs)
        ways = (
            min_hosts,
            python,
            ssh_executable,
            external_hostname,
            tunnel,
            host_timeout,
            silence,
            relay,
            host_restarts,
        )
        record = TraceOptions(None if trace is None else fspath(trace), otel)
        run = _run()
        try:
            pool = None if run else new_pool(max_workers, first, has, HostOptions(hosts, hostfile, *ways), record)
        except OSError as problem:
            raise problem.with_traceback(None) from None  # of a file that was named: our frames tell nothing
        self._calls: Calls = pool or ExecutorTasks(cast(Scheduler, run), first)
        self._max_workers = pool.size if pool else max_workers or usable_cores()  # some libraries look at it
        self._end = weakref.finalize(self, self._calls.close)
        self._end.atexit = False  # the pool sees to that

    @as_executor_submit
    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> CallFuture[T]:
        """Have a worker call ``fn(*args, **kwargs)``; return the future of this call at once.

        If the call cannot travel to a worker, the future fails with TaskNotSent. Raises TypeError if ``fn`` is not
        callable, RuntimeError after shutdown(), and BrokenExecutor if the processes have ended.
        """
        if not callable(fn):
            raise TypeError(f"submit() needs something callable, not {describe(fn)}")
        fn, options = split_options(fn)
        if options is not PLAIN:
            with within(self._root):
                options = counted(options)
            if options.needs:
                check(self._calls.scheduler, fn, options)
            if not options.context:
                options = options._replace(context=None)  # calls with the same options travel together
        return self._calls.submit(fn, args, kwargs, options)

    @as_executor_map
    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """Call ``fn`` on the inputs in parallel; return an iterator of the results, in the order of the inputs.

        All inputs are read at the call, unless there is a ``buffersize``. If a call raises an exception, the iterator
        raises it in the place of the result. Then the calls that have not begun are cancelled; likewise when you
        close the iterator early.

        Parameters:
            timeout: seconds from this call; after that, waiting for a result raises TimeoutError.
            chunksize: a hint, how many calls a worker makes in its first go. After that it measures how long calls
                take, and chooses the number itself.
            buffersize: how many inputs may be read before their results are taken.
        """
        return self._map(True, fn, iterables, timeout, chunksize, buffersize)

    @as_executor_map
    def map_as_completed(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """Do as map() does, but return each result as soon as it is ready, in no particular order."""
        return self._map(False, fn, iterables, timeout, chunksize, buffersize)

    def _map(
        self,
        in_order: bool,
        fn: Callable[..., T],
        iterables: tuple[Iterable[Any], ...],
        timeout: float | None,
        chunksize: int,
        buffersize: int | None,
    ) -> Iterator[T]:
        if not callable(fn):
            raise TypeError(f"map() needs something callable, not {describe(fn)}")
        check_sizes(chunksize=chunksize, buffersize=buffersize)
        if not iterables:
            return iter(())
        inputs = read_columns(iterables) if buffersize is None else iterables
        calls = self._calls
        calls.check()
        sizes = buffersize, chunksize
        function, travel = calls.prepared(from_async(fn)), calls.must_travel
        with within(self._root):
            results = start_map(calls.scheduler, function, inputs, timeout, in_order, *sizes, must_travel=travel)
        results.kept = self  # an executor that is forgotten ends, and would read no more inputs
        return results

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more calls, and let the workers end when all submitted calls have ended.

        Parameters:
            wait: whether to return only when the workers have ended.
            cancel_futures: whether to cancel the calls that have not begun, also those that were sent to a worker.
        """
        self._end.detach()
        self._calls.close(cancel_futures)
        if wait:
            self._calls.join()

    def terminate_workers(self) -> None:
        """Accept no more calls, and end the workers at once. Calls that have not ended fail with BrokenExecutor.

        In a run, whose workers do not belong to the executor, the calls that have not begun are cancelled instead.
        """
        self._end.detach()
        self._calls.abort()
        if not self._calls.must_travel:
            return
        self._calls.join()

    def __enter__(self) -> "Executor":
        self._calls.enter()
        self._within.enter_context(within(self._root))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.shutdown(cancel_futures=kind is not None and issubclass(kind, KeyboardInterrupt))
        finally:
            self._within.close()
            self._calls.leave()


def _run() -> Scheduler | None:
    """Return the scheduler of the run that this process belongs to; None if it has only executors."""
    return cast(Scheduler, runtime.current) if runtime.is_part_of_run() else None
