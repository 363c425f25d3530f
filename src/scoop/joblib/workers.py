"""Whose workers run joblib's tasks: those that are there; else some that are started for it.

Own workers end when all is gone that might use them: the settings (``parallel_config``) and all Parallel objects.
"""

import weakref
from threading import RLock
from typing import cast

from ..engine import runtime
from ..engine.process.signal_safety import indivisible
from ..engine.scheduler import Scheduler
from ..machine.cores import usable_cores
from ..machine.pool import WorkerPool

__all__ = ["Workers"]


class Workers:
    """The workers of one backend."""

    def __init__(self) -> None:
        self._pools: list[WorkerPool] = []
        self._users = 0  # calls of Parallel that are under way
        self._lock = RLock()
        weakref.finalize(self, _end, self._pools)

    def count(self, n_jobs: int | None) -> int:
        """Return how many workers there are for so many jobs; negative: for all but so many, -1 being all."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        there = _run()
        size = there.size if there else usable_cores()
        if n_jobs is None or n_jobs < 0:
            return max(1, size + 1 + (-1 if n_jobs is None else n_jobs))
        return min(n_jobs, size) if there else n_jobs

    def take(self, count: int) -> Scheduler:
        """Return the scheduler of that many workers, or more, for a call of Parallel. Starts them if need be."""
        if runtime.why_refused() is not None:
            runtime.need("joblib.Parallel()")  # which raises
        scheduler = _run() or self._own(count).scheduler
        self._count_users(1)
        return scheduler

    def release(self) -> None:
        """A call of Parallel is over."""
        self._count_users(-1)

    def abandon(self) -> None:
        """End our own workers, whatever they do, unless another call uses them."""
        if self._users == 1:
            _end(self._pools)

    @indivisible
    def _own(self, count: int) -> WorkerPool:
        with self._lock:
            for pool in self._pools:
                if pool.size >= count and pool.scheduler.refusal is None:
                    return pool
            self._pools.append(WorkerPool(count, None))
            return self._pools[-1]

    @indivisible
    def _count_users(self, more: int) -> None:
        with self._lock:
            self._users += more


def _run() -> Scheduler | None:
    """Return the scheduler that the calls of ``futures`` use; None if there is none."""
    return cast(Scheduler | None, runtime.current)


def _end(pools: list[WorkerPool]) -> None:
    while pools:
        pools.pop().abort()
