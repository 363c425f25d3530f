"""The libraries that are compared, each behind the same few calls.

A call that a library does not have raises NotImplementedError, and its cells in the table stay empty. Libraries are
imported when they are used: what one costs to import is not to slow the others down.
"""

import builtins
import math
import os
from collections.abc import Callable, Iterable
from typing import Any


class Peer:
    """A library that is ready to run tasks on so many workers; by itself, the one that runs all serially."""

    divisor = 1
    """By how much rows of many small tasks are to be cut short, for they are given as rates."""
    fib = 20
    """What to call ``fib`` with: libraries that need a thread or a process for each waiting task get less."""
    nested_map: Callable[..., Iterable[Any]] | None = None
    """A map that tasks may call too."""
    submit: Callable[..., Any] | None = None
    """A submit that tasks may call too; what it returns has ``result()``."""
    packages: tuple[str, ...] = ()
    """The distributions whose versions are to be recorded."""

    def __init__(self, workers: int) -> None:
        """Start the workers."""

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        """Call ``function`` on all inputs; return the results in order."""
        return builtins.map(function, *inputs)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Submit one call, and wait for it."""
        raise NotImplementedError

    def keep(self, value: Any) -> Any:
        """Send ``value`` to where tasks run, once; return what map() takes in its stead."""
        raise NotImplementedError

    def close(self) -> None:
        """End the workers."""


class Kept:
    """The name of a constant, which becomes its value where a task runs."""

    def __init__(self, name: str) -> None:
        self.name = name


class WithKept:
    """A function that takes constants by name."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        """Call the function with the values."""
        from scoop import shared

        return self.function(*(shared.getConst(arg.name) if isinstance(arg, Kept) else arg for arg in args))


class Scoop(Peer):
    """This library."""

    packages = ("scoop", "greenlet", "cloudpickle")

    def __init__(self, workers: int) -> None:
        import scoop
        from scoop import futures

        if scoop.SIZE != workers:
            raise RuntimeError(f"{scoop.SIZE} workers, not {workers}")
        self.nested_map, self.submit = futures.map, futures.submit
        self._constants = 0

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        assert self.nested_map
        return self.nested_map(function, *inputs)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        assert self.submit
        return self.submit(function, *args).result()

    def keep(self, value: Any) -> Any:
        from scoop import shared

        self._constants += 1
        kept = Kept(f"kept{self._constants}")
        shared.setConst(**{kept.name: value})
        return kept


class Original(Scoop):
    """SCOOP 0.7.2, which has the same calls."""

    divisor = 5
    fib = 17
    packages = ("scoop", "greenlet", "pyzmq")


class Executor(Peer):
    """concurrent.futures.ProcessPoolExecutor, as most people use it."""

    divisor = 2

    def __init__(self, workers: int) -> None:
        from concurrent.futures import ProcessPoolExecutor

        self._workers = workers
        self._pool: Any = ProcessPoolExecutor(workers)

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        return self._pool.map(function, *inputs)  # type: ignore[no-any-return]

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return self._pool.submit(function, *args).result()

    def close(self) -> None:
        self._pool.shutdown()


class ExecutorInChunks(Executor):
    """The same, by one who knows how to choose chunks: four for each worker."""

    divisor = 1

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        rows = [list(each) for each in inputs]
        chunk = math.ceil(min(map(len, rows)) / (4 * self._workers))
        return self._pool.map(function, *rows, chunksize=chunk)  # type: ignore[no-any-return]


class Loky(Executor):
    """loky, the executor under joblib."""

    packages = ("loky",)

    def __init__(self, workers: int) -> None:
        import loky

        self._workers = workers
        self._pool = loky.get_reusable_executor(max_workers=workers)


class Pool(Peer):
    """multiprocessing.Pool and its map, which chooses chunks."""

    def __init__(self, workers: int) -> None:
        import multiprocessing

        self._pool = multiprocessing.Pool(workers)

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        if len(inputs) > 1:
            return self._pool.starmap(function, zip(*inputs, strict=False))
        return self._pool.map(function, *inputs)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return self._pool.apply(function, args)

    def close(self) -> None:
        self._pool.terminate()


class PoolImap(Pool):
    """multiprocessing.Pool and its imap, which sends inputs one by one."""

    divisor = 2

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        if len(inputs) > 1:
            raise NotImplementedError
        return self._pool.imap(function, *inputs)


class Joblib(Peer):
    """joblib, with its workers kept from one call to the next."""

    packages = ("joblib",)

    def __init__(self, workers: int) -> None:
        import joblib

        self._delayed = joblib.delayed
        self._parallel = joblib.Parallel(n_jobs=workers).__enter__()

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        function = self._delayed(function)
        return self._parallel(builtins.map(function, *inputs))  # type: ignore[no-any-return]

    def close(self) -> None:
        self._parallel.__exit__(None, None, None)


class Dask(Peer):
    """Dask's distributed scheduler, on this machine."""

    divisor = 10
    fib = 9
    packages = ("dask", "distributed")

    def __init__(self, workers: int) -> None:
        from distributed import Client, LocalCluster

        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        )
        self._client = Client(cluster)
        self._client.wait_for_workers(workers)
        self.submit = submit_to_dask

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        rows = [list(each) for each in inputs]
        return self._client.gather(self._client.map(function, *rows, pure=False))  # type: ignore[no-any-return]

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return self._client.submit(function, *args, pure=False).result()

    def keep(self, value: Any) -> Any:
        return self._client.scatter(value, hash=False)

    def close(self) -> None:
        self._client.shutdown()


class Waited:
    """The future of a task that a task of Dask's or Ray's has started."""

    def __init__(self, wait: Callable[[], Any]) -> None:
        self.result = wait


def submit_to_dask(function: Callable[..., Any], *args: Any) -> Waited:
    """Start a task from within a task; waiting for it frees the worker's only thread."""
    from distributed import get_client, rejoin, secede

    future = get_client().submit(function, *args, pure=False)

    def wait() -> Any:
        secede()
        try:
            return future.result()
        finally:
            rejoin()

    return Waited(wait)


class Ray(Peer):
    """Ray, on this machine."""

    divisor = 10
    fib = 6
    packages = ("ray",)

    def __init__(self, workers: int) -> None:
        os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
        import ray

        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        self._ray = ray
        self._remote: dict[Callable[..., Any], Any] = {}
        self.submit = submit_to_ray

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        if function not in self._remote:
            self._remote[function] = self._ray.remote(function)
        remote = self._remote[function].remote
        return self._ray.get([remote(*row) for row in zip(*inputs, strict=False)])  # type: ignore[no-any-return]

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return next(iter(self.map(function, *([arg] for arg in args))))

    def keep(self, value: Any) -> Any:
        return self._ray.put(value)

    def close(self) -> None:
        self._ray.shutdown()


def submit_to_ray(function: Callable[..., Any], *args: Any) -> Waited:
    """Start a task from within a task."""
    import ray

    reference = ray.remote(function).remote(*args)
    return Waited(lambda: ray.get(reference))


class Mpi(Executor):
    """mpi4py.futures, where there is an MPI."""

    packages = ("mpi4py",)

    def __init__(self, workers: int) -> None:
        from mpi4py.futures import MPIPoolExecutor

        self._workers = workers
        self._pool = MPIPoolExecutor(workers)


PEERS: dict[str, type[Peer]] = {
    "scoop": Scoop,
    "serial": Peer,
    "original": Original,
    "executor": Executor,
    "executor in chunks": ExecutorInChunks,
    "Pool.map": Pool,
    "Pool.imap": PoolImap,
    "loky": Loky,
    "joblib": Joblib,
    "Dask": Dask,
    "Ray": Ray,
    "mpi4py": Mpi,
}
