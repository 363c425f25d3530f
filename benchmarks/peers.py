"""The libraries that are compared, each behind the calls of ``peer.Peer``.

A library is imported when it is used. So its import does not slow the others down.
"""

import builtins
import math
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Any

from clusters import Dask, Ray
from peer import Peer


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

        if workers != scoop.SIZE:
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

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.nested_map, self.submit = map_of_original, submit_to_original


def submit_to_original(function: Callable[..., Any], *args: Any) -> Any:
    """Start a task from within a task: the original's own ``submit`` cannot be pickled."""
    return sys.modules["scoop"].futures.submit(function, *args)


def map_of_original(function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
    """Map within a task, likewise."""
    return sys.modules["scoop"].futures.map(function, *inputs)  # type: ignore[no-any-return]


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


class Mpi(Executor):
    """mpi4py.futures, where there is an MPI."""

    packages = ("mpi4py",)

    def __init__(self, workers: int) -> None:
        if not shutil.which("mpiexec"):
            raise ImportError("No module named MPI: nor is there an mpiexec")
        from mpi4py.futures import MPIPoolExecutor

        self._workers = workers
        self._pool = MPIPoolExecutor(workers)


class Pool(Peer):
    """multiprocessing.Pool and its map, which chooses chunks."""

    def __init__(self, workers: int) -> None:
        import multiprocessing

        self._pool: Any = multiprocessing.Pool(workers)

    def map(self, function: Callable[..., Any], *inputs: Iterable[Any]) -> Iterable[Any]:
        if len(inputs) > 1:
            return self._pool.starmap(function, zip(*inputs, strict=False))  # type: ignore[no-any-return]
        return self._pool.map(function, *inputs)  # type: ignore[no-any-return]

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
        return self._pool.imap(function, *inputs)  # type: ignore[no-any-return]


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
