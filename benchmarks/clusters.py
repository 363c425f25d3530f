"""The libraries that are made for clusters, run on this machine."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from peer import Peer


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
        function, *fixed = (function.func, *function.args) if isinstance(function, partial) else (function,)
        if function not in self._remote:
            self._remote[function] = self._ray.remote(function)
        remote = self._remote[function].remote
        return self._ray.get([remote(*fixed, *row) for row in zip(*inputs, strict=False)])  # type: ignore[no-any-return]

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
