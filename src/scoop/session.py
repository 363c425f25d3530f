"""Workers for a program that runs already: a notebook, a console, or a script started with plain ``python``.

    import scoop
    from scoop import futures

    scoop.start()
    print(list(futures.map(work, inputs)))

All calls of ``futures`` and ``shared`` work from then on, until ``stop()`` or the end of the program.
"""

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import Any, Never

import scoop

from .cluster.planning.host_options import HostOptions, Hosts
from .cluster.pool import new_pool
from .engine import runtime
from .engine.tasks.needs import checked_amounts
from .engine.tasks.places import has_place, new_root, set_root
from .errors import ScoopError, describe, refuse_keywords
from .futures import run_on_workers
from .machine.pool import WorkerPool
from .machine.processes import name_process
from .trace.settings import TraceOptions
from .tuning import TUNING

__all__ = ["start", "stop"]

_pool: WorkerPool | None = None


def start(
    n: int | None = None,
    *,
    seed: int | None = None,
    initializer: Callable[..., object] | None = None,
    initargs: tuple[Any, ...] = (),
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
    """Start workers beside this program, for ``futures`` and ``shared``.

    All tasks run in the workers, except those that cannot travel: these run in the program's own process. If there
    are workers already, start() starts none: in a program that was started with ``python -m scoop``, in a task, or
    after another start().

    Parameters:
        n: the number of workers on all hosts together; by default one for each usable processor.
        initializer: a function that each worker calls, with ``initargs``, before its first task. If it fails in a
            worker, all tasks fail. If there are workers already, they call it now.
        seed: the seed of random numbers (``scoop.rng()``) in tasks, as ``scoop.seed()`` sets it.
        resources: how many of something each machine has, for tasks that need it: ``{"gpu": 2}``. See
            docs/resources.md.
        hosts, hostfile, min_hosts, python, ssh_executable, external_hostname, tunnel, host_timeout, silence, relay,
            host_restarts: the machines for the workers, and how they are reached: see Executor.
        trace: a file to record every task in, for ``scoop report``: see docs/traces.md.
        otel: whether to send every task as a span of OpenTelemetry.

    Raises ValueError for fewer than one worker, TypeError or ValueError for a seed that is none, ScoopError if an
    earlier start() has started another number, or for hosts that cannot be used as asked, HostsMissing if too few of
    them take part, OSError for a trace that cannot be written, BrokenExecutor if the processes cannot be started, and
    UnguardedMainError in a worker that imports the main script.
    """
    global _pool
    refuse_keywords("scoop.start", unknown, ("n", *(start.__kwdefaults__ or ())))
    if n is not None and not (hasattr(n, "__index__") and n >= 1):
        raise ValueError(f"n must be 1 or more, or None, not {describe(n)}")
    if runtime.why_refused() is not None:
        runtime.need("scoop.start()")  # which raises
    has = checked_amounts(resources or {})
    is_program = runtime.changes is None and not has_place()
    if seed is not None and is_program:
        set_root(new_root(seed))
    if _pool is None and not runtime.is_part_of_run():
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
        first = initializer and (initializer, initargs)
        try:
            _pool = new_pool(n, first, has, HostOptions(hosts, hostfile, *ways), record)
        except OSError as problem:
            raise problem.with_traceback(None) from None  # of a file that was named: our frames tell nothing
        _pool.enter()
        name_process(0, _pool.size, _pool.broker_pid, is_origin=True)
        _pool.hosts.begin_to_set_size()
    elif _pool is not None and n not in (None, scoop.SIZE):
        raise ScoopError(f"scoop.start({n}): there are {scoop.SIZE} workers already; first call scoop.stop()")
    elif initializer is not None and is_program:
        run_on_workers(initializer, *initargs, later=True)


def stop() -> None:
    """Wait until all submitted tasks have ended, and end the workers that start() has started, if there are any."""
    global _pool
    pool, _pool = _pool, None
    if pool is not None:
        pool.close()
        pool.join()
        pool.leave()
        scoop.IS_RUNNING, scoop.SIZE, scoop.worker, scoop.BROKER = False, 1, None, None
