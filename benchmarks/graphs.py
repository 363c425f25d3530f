"""Graphs of tasks that depend on two others each: how many tasks a second, beside Dask and Ray.

    python benchmarks/graphs.py [--workers 2] [--tasks 100000] [--peer-tasks 2000] [--rounds 3]

Each task adds the results of the one before it and of the fiftieth before it. Dask and Ray get fewer tasks, since
they take longer. All take turns. A round makes the graph, and asks for the last result. A library that cannot be
imported is left out.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from processes import end_when_told

WIDTH = 50


def start(x: int) -> int:
    """Be the first tasks."""
    return x


def add(x: int, y: int) -> int:
    """Be all others."""
    return (x + y) % 1009


def rate(submit: Callable[..., Any], result: Callable[[Any], int], tasks: int) -> float:
    """Make a graph, wait for its end, and return how many tasks a second that was."""
    began = time.perf_counter()
    row = [submit(start, number) for number in range(WIDTH)]
    for _ in range(tasks - WIDTH):
        row.append(submit(add, row[-1], row[-WIDTH]))
    result(row[-1])
    return tasks / (time.perf_counter() - began)


def scoop_rate(workers: int, tasks: int) -> float:
    """Measure SCOOP; this process was started with it."""
    from scoop import futures

    del workers
    rate(futures.submit, lambda future: future.result(), 1000)
    return rate(futures.submit, lambda future: future.result(), tasks)


def dask_rate(workers: int, tasks: int, processes: bool) -> float:
    """Measure Dask, with worker processes or threads. It takes equal calls for one, unless told otherwise."""
    from functools import partial

    from distributed import Client, LocalCluster

    shape = {"n_workers": workers, "threads_per_worker": 1} if processes else {"threads_per_worker": workers}
    with LocalCluster(processes=processes, dashboard_address=None, **shape) as cluster, Client(cluster) as client:
        submit = partial(client.submit, pure=False)
        rate(submit, lambda future: future.result(), 200)
        return rate(submit, lambda future: future.result(), tasks)


def ray_rate(workers: int, tasks: int) -> float:
    """Measure Ray."""
    import ray

    ray.init(num_cpus=workers, include_dashboard=False, logging_level="ERROR")
    remote = {function: ray.remote(function) for function in (start, add)}

    def submit(function: Callable[..., Any], *args: Any) -> Any:
        return remote[function].remote(*args)

    rate(submit, ray.get, 200)
    return rate(submit, ray.get, tasks)


RATES: dict[str, Callable[[int, int], float]] = {
    "SCOOP": scoop_rate,
    "Dask, processes": lambda workers, tasks: dask_rate(workers, tasks, processes=True),
    "Dask, threads": lambda workers, tasks: dask_rate(workers, tasks, processes=False),
    "Ray": ray_rate,
}


def measured(name: str, workers: int, tasks: int) -> float | None:
    """Measure a library in a process of its own; return None if that fails."""
    scoop = ["-m", "scoop", "-n", str(workers), "--"] if name == "SCOOP" else []
    words = [sys.executable, *scoop, __file__, "--measure", name, "--workers", str(workers), "--tasks", str(tasks)]
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return float(json.loads(run.stdout.splitlines()[-1])) if run.returncode == 0 else None


def main() -> None:
    """Measure all by turns, and print the best rate of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--peer-tasks", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=RATES, help="one library, within this process")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(RATES[options.measure](options.workers, options.tasks)))
        return
    end_when_told()
    best: dict[str, float] = {}
    for _ in range(options.rounds):
        for name in RATES:
            tasks = options.tasks if name == "SCOOP" else options.peer_tasks
            best[name] = max(best.get(name, 0.0), measured(name, options.workers, tasks) or 0.0)
    print("| library | tasks a second | SCOOP is faster by |")
    print("|---|---:|---:|")
    for name, found in best.items():
        print(f"| {name} | {found:,.0f} | {best['SCOOP'] / found:.0f} |" if found else f"| {name} | cannot run | |")


if __name__ == "__main__":
    main()
