"""How busy the broker is with more and more workers: real processes, many more than processors, whose tasks sleep.

    python benchmarks/broker_load.py [--workers 2,16,64,256]

For each number of workers, the script runs a tree of tasks that sleep 10 ms each. The table says how near the run
came to the ideal time, how many tasks changed hands a second, and what share of the time the broker was busy. Tasks
that sleep need no processor, so a few processors are enough for many workers. But to wake a worker needs a processor.
So with many workers the processors are the limit.
"""

import argparse
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from processes import end_when_told

TASKS = 100
"""Tasks a worker."""

LENGTH = 0.01
"""Seconds each of them sleeps."""


def split(count: int) -> int:
    """Sleep ``count`` times, half of them in a task of its own; return how many of them another worker began."""
    import scoop
    from scoop import futures

    if count == 1:
        time.sleep(LENGTH)
        return 0
    here = scoop.worker
    first, second = futures.submit(moved, count // 2, here), futures.submit(moved, count - count // 2, here)
    return int(first.result() + second.result())


def moved(count: int, parent: object) -> int:
    """Do the same, and count this task if it runs on another worker than its parent."""
    import scoop

    return split(count) + (scoop.worker != parent)


def busy_seconds(pid: int) -> float:
    """Return how long a process has been computing."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure() -> None:
    """Measure within a run, and print a row."""
    import scoop
    from scoop import futures

    assert scoop.worker
    broker = int(scoop.worker.broker.split(":")[-1])
    list(futures.map(time.sleep, [0.02] * scoop.SIZE * 2))  # until all are up
    count = TASKS * scoop.SIZE
    busy, begun = busy_seconds(broker), time.perf_counter()
    travelled = split(count)
    seconds = time.perf_counter() - begun
    busy = busy_seconds(broker) - busy
    ideal = count * LENGTH / scoop.SIZE
    print(f"| {scoop.SIZE} | {ideal / seconds:.2f} | {travelled / seconds:,.0f} | {busy / seconds:.1%} |")


def main() -> None:
    """Run one program for each number of workers."""
    end_when_told()
    parser = argparse.ArgumentParser(description=textwrap.dedent(__doc__ or ""))
    parser.add_argument("--workers", default="2,16,64,256")
    print("| workers | of ideal | tasks that changed hands, a second | broker busy |\n|---:|---:|---:|---:|")
    for workers in parser.parse_args().workers.split(","):
        subprocess.run([sys.executable, "-m", "scoop", "-n", workers, __file__], check=True)


if __name__ == "__main__":
    import scoop

    measure() if scoop.IS_RUNNING else main()
