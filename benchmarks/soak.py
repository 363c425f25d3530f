"""A million tasks through one map while workers are killed and replaced: memory must stay flat.

    python benchmarks/soak.py [--tasks N] [-n WORKERS]

Every few tasks the program prints how far it is, and the memory of the origin and of the broker. In the first quarter
both may grow. From there to the end the growth must stay below a bound.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

import psutil

import scoop
from scoop import futures

BOUND = 16.0
"""MiB that origin or broker may grow from the first quarter to the end: 22 bytes for each of 750,000 tasks, much less
than any object takes. The origin's memory levels off at some 30 MiB, after the first million or two."""

STEPS = 200

TASKS_PER_WORKER = 20_000

PAUSE = 0.5
"""Seconds between two kills, on average."""


def tiny(x: int) -> int:
    """Be a task: most are tiny, some small."""
    return sum(range(x)) if x % 10 else sum(range(x % 20_000))


def numbers(tasks: int) -> Iterator[int]:
    """Yield the inputs: a map over these cannot read ahead of what it does."""
    return (x % 1000 for x in range(tasks))


def run(tasks: int) -> None:
    """Be the program: run the tasks, say how far it is."""
    expected = [tiny(x) for x in range(1000)]
    for number, result in enumerate(futures.map(tiny, numbers(tasks))):
        assert result == expected[number % 1000], (number, result)
        if number % (tasks // STEPS) == 0:
            print(number, flush=True)
    print(tasks, flush=True)


class Sample(NamedTuple):
    """What was seen at one step."""

    done: int
    seconds: float
    origin: float
    broker: float
    killed: int
    started: int


def watch(tasks: int, workers: int, seed: int) -> list[Sample]:
    """Run the program, kill workers at random, and return a sample for each step."""
    rng, samples, killed = random.Random(seed), [], 0
    options = ["-n", str(workers), "--retries", "1000", "--max-tasks-per-worker", str(TASKS_PER_WORKER)]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scoop", *options, os.path.abspath(__file__), "--tasks", str(tasks)]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        start = time.monotonic()
        next_kill = start + PAUSE
        origin = psutil.Process(process.pid)
        broker: psutil.Process | None = None
        for line in process.stdout:
            broker = broker or origin.children()[0]
            now = time.monotonic()
            if now > next_kill:
                killed += kill_one(broker, rng, folder)
                next_kill = now + rng.expovariate(1 / PAUSE)
            sample = Sample(
                int(line), now - start, resident(origin), resident(broker), killed, len(os.listdir(folder))
            )
            samples.append(sample)
        if process.wait() != 0:
            sys.exit(f"status {process.returncode}, seed {seed}")
    return samples


def resident(process: psutil.Process) -> float:
    """Return the memory of a process, in MiB."""
    return float(process.memory_info().rss) / (1 << 20)


def kill_one(broker: psutil.Process, rng: random.Random, folder: str) -> int:
    """Kill one of the workers that have started; return how many that were."""
    try:
        workers = [one for one in broker.children() if os.path.exists(os.path.join(folder, str(one.pid)))]
        if workers:
            rng.choice(workers).send_signal(signal.SIGKILL)
        return len(workers[:1])
    except psutil.NoSuchProcess:
        return 0


def show(samples: list[Sample]) -> None:
    """Print five of the samples."""
    print(f"{'tasks':>10} {'seconds':>8} {'origin, MiB':>12} {'broker, MiB':>12} {'killed':>7} {'started':>8}")
    for quarter in range(5):
        one = samples[quarter * (len(samples) - 1) // 4]
        print(
            f"{one.done:>10,} {one.seconds:>8.1f} {one.origin:>12.1f} {one.broker:>12.1f} {one.killed:>7} "
            f"{one.started:>8}"
        )


def main() -> None:
    """Run, show, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("-n", type=int, default=3, metavar="WORKERS")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if scoop.IS_RUNNING:
        run(options.tasks)
        return
    samples = watch(options.tasks, options.n, options.seed)
    show(samples)
    warm = samples[len(samples) // 4 :]
    growth = {name: getattr(warm[-1], name) - getattr(warm[0], name) for name in ("origin", "broker")}
    print(", ".join(f"{name} {grown:+.1f} MiB" for name, grown in growth.items()), "since the first quarter")
    if max(growth.values()) > BOUND:
        sys.exit(f"more than {BOUND} MiB")


if scoop.IS_RUNNING and not scoop.IS_ORIGIN:
    open(str(os.getpid()), "w").close()  # here is somebody to kill

if __name__ == "__main__":
    main()
