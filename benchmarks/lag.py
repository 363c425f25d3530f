"""How long finished results wait for their consumer, beside concurrent.futures in the same run.

    python benchmarks/lag.py                  a table of lags, and how many results a Ctrl-C leaves
    python benchmarks/lag.py --repeat 5       medians of more runs

The lag of a result is the time from the end of its call to its arrival in the loop of the consumer. An executor's map
is that with chunksize 1. The file is also the program that is measured: ``python -m scoop lag.py CASE``.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed

import scoop
from scoop import futures

Stamped = tuple[int, float]
"""The number of a row, and when it had ended, by a clock that all processes share."""

CASES: dict[str, tuple[int, list[float]]] = {
    "80 of 0.5 s, n = 8": (8, [0.5] * 80),
    "20 of 0.5 s, n = 2": (2, [0.5] * 20),
    "160 random, 0.05 to 0.5 s, n = 8": (8, [random.Random(x).uniform(0.05, 0.5) for x in range(160)]),
    "40 random, 0.05 to 0.5 s, n = 2": (2, [random.Random(x).uniform(0.05, 0.5) for x in range(40)]),
}
"""Workers, and how long the rows take."""

STRUCK_AFTER, STRUCK_ROWS = 6.5, 400
"""When Ctrl-C comes, in seconds, and of how many rows of a second the map is that it strikes."""


def nap(x: int, seconds: float) -> Stamped:
    """Take the time."""
    time.sleep(seconds)
    return x, time.monotonic()


def lags_of(results: Iterable[Stamped]) -> list[float]:
    """Consume results; return how long each had been there."""
    return [time.monotonic() - ended for _, ended in results]


def measured(rows: list[float]) -> dict[str, list[float]]:
    """Return the lags of both maps."""
    numbers = range(len(rows))
    return {
        "map": lags_of(futures.map(nap, numbers, rows)),
        "as completed": lags_of(futures.map_as_completed(nap, numbers, rows)),
    }


def measured_executor(workers: int, rows: list[float]) -> dict[str, list[float]]:
    """Return the lags of an executor's counterparts."""
    numbers = range(len(rows))
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(nap, range(workers), [0.05] * workers))  # all its processes are there
        mapped = lags_of(pool.map(nap, numbers, rows, chunksize=1))
        completed = (task.result() for task in as_completed([pool.submit(nap, *row) for row in enumerate(rows)]))
        return {"map": mapped, "as completed": lags_of(completed)}


def struck() -> tuple[int, int]:
    """Have Ctrl-C come in a map; return how many results were delivered by then, and how many calls had ended."""
    delivered = 0
    begun = time.monotonic()
    threading.Timer(STRUCK_AFTER, os.kill, [os.getpid(), signal.SIGINT]).start()
    try:
        for _ in futures.map_as_completed(nap, range(STRUCK_ROWS), [1.0] * STRUCK_ROWS):
            delivered += 1
    except KeyboardInterrupt:
        pass
    return delivered, scoop.SIZE * int(time.monotonic() - begun)


def run_case(workers: int, case: str) -> str:
    """Measure one case under SCOOP, in processes of its own; return what it printed."""
    words = [sys.executable, "-m", "scoop", "-n", str(workers), os.path.abspath(__file__), "--case", case]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def show(case: str, runs: list[dict[str, dict[str, list[float]]]]) -> None:
    """Print the medians of a case's runs: mean and largest lag."""
    for way in "map", "as completed":
        cells = []
        for library in "scoop", "executor":
            each = [run[library][way] for run in runs]
            mean = statistics.median(map(statistics.mean, each))
            cells += [f"{1000 * mean:10.1f}", f"{1000 * statistics.median(map(max, each)):10.1f}"]
        print(f"{case:34}{way:14}{''.join(cells)}", flush=True)


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=1, help="runs of each case")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(struck() if options.case == "struck" else measured(CASES[options.case][1])))
        return
    print(f"{'lag in ms':34}{'':14}{'scoop mean':>10}{'max':>10}{'exec. mean':>10}{'max':>10}")
    for case, (workers, rows) in CASES.items():
        runs = []
        for _ in range(options.repeat):
            ours = json.loads(run_case(workers, case))
            runs.append({"scoop": ours, "executor": measured_executor(workers, rows)})
        show(case, runs)
    for _ in range(options.repeat):
        delivered, ended = json.loads(run_case(8, "struck"))
        print(f"Ctrl-C after {STRUCK_AFTER} s, 8 workers, rows of 1 s: {delivered} of {ended} delivered", flush=True)


if __name__ == "__main__":
    main()
