"""What joblib asks of a backend.

joblib has two ways to get results. By callback it polls every 10 ms for what has come, and knows nothing of a thread
that might run tasks meanwhile. So this backend takes the other one, in which joblib asks for the result of a batch
and waits: then SCOOP waits, as it does in ``Future.result()``.
"""

from collections.abc import Callable
from typing import Any

from joblib.parallel import AutoBatchingMixin, FallbackToBackend, ParallelBackendBase, parallel_config

from ..engine.results.future import Future
from .arrays import RepeatedArrays, unwrapped
from .calls import ParallelCall
from .workers import Workers

__all__ = ["ScoopBackend"]

Items = list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]
"""The calls of a batch: functions, arguments, keywords."""


class ScoopBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]
    """The backend ``"scoop"`` of joblib.

    One that stands in the settings (``parallel_config``) may serve several Parallel objects at a time, so each of
    these gets one of its own, with the same workers.

    Parameters:
        nesting_level: how deep in other calls of Parallel.
        workers: to use; None for those that are there, or new ones.
    """

    supports_retrieve_callback = False
    supports_return_generator = True
    supports_timeout = True
    default_n_jobs = -1  # who names this backend wants its workers

    def __init__(self, nesting_level: int | None = None, workers: Workers | None = None) -> None:
        super().__init__(nesting_level=nesting_level)
        self._is_shared = workers is None
        self._workers = workers or Workers()
        self._n_jobs = 1
        self._mmap_arguments: tuple[int | None, str | None] = None, None
        self.parallel: Any = None

    def __reduce__(self) -> Any:
        return ScoopBackend, (self.nesting_level,)

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many tasks may run at a time."""
        return self._workers.count(n_jobs)

    def configure(
        self,
        n_jobs: int | None = 1,
        parallel: Any = None,
        max_nbytes: int | None = None,
        mmap_mode: str | None = None,
        **_: Any,
    ) -> int:
        """Get ready to serve a Parallel object; return how many tasks may run at a time."""
        if self._is_shared:
            raise FallbackToBackend(ScoopBackend(self.nesting_level, self._workers))
        self.parallel = parallel
        self._mmap_arguments = max_nbytes, mmap_mode
        self._n_jobs = self.effective_n_jobs(n_jobs)
        return self._n_jobs

    def start_call(self) -> None:
        """Begin a call of the Parallel object."""
        scheduler = self._workers.take(self._n_jobs)
        in_order = getattr(self.parallel, "return_as", "list") != "generator_unordered"
        # To joblib all results come in order: which batch is handed out for which is decided here.
        self.parallel.return_ordered = True
        self._arrays = RepeatedArrays(scheduler.send, *self._mmap_arguments)
        self._call = ParallelCall(scheduler, self._n_jobs, in_order, self._arrays.free)

    def submit(self, batch: Any, callback: Callable[[Any], object]) -> Future:
        """Have a batch of calls run by a worker."""
        items = self._arrays.replaced_in(batch.items)
        return self._call.submit(run_batch, (items, self.nesting_level + 1), callback)

    def retrieve_result(self, job: Future | None, timeout: float | None = None) -> Any:
        """Return the results of a batch, or raise what it raised."""
        if job is None:  # what joblib counts as one, since its inputs have raised an exception
            return None
        with parallel_config():  # other tasks may run on this thread meanwhile: this puts its settings back
            return self._call.outcome(job, timeout)

    def abort_everything(self, ensure_ready: bool = True) -> None:  # noqa: ARG002
        """Begin nothing more, since the results are not wanted; end workers that go on, if they are our own."""
        if self._call.abort():
            self._workers.abandon()

    def stop_call(self) -> None:
        """End a call of the Parallel object."""
        self._call.close()
        self._workers.release()

    def terminate(self) -> None:
        """Let go of the Parallel object."""
        self.parallel = None
        self.reset_batch_stats()

    def get_nested_backend(self) -> tuple["ScoopBackend", int]:
        """Return what joblib is to use within the tasks: see run_batch, which does so."""
        return self, -1


def run_batch(items: Items, nesting_level: int) -> list[Any]:
    """Make the calls of a batch. Calls of Parallel within them use the same workers."""
    with parallel_config(backend=ScoopBackend(nesting_level), n_jobs=-1):
        return [
            function(*map(unwrapped, args), **{name: unwrapped(value) for name, value in kwargs.items()})
            for function, args, kwargs in items
        ]
