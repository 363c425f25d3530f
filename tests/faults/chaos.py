"""A random tree of tasks while workers are killed at random; the result is compared with a serial computation.

    python tests/faults/chaos.py --minutes 10       seeds from now on, one after another
    python tests/faults/chaos.py --seed 123         one again; --rounds for more of it

A seed decides the tree and when whom is killed; how far the run is by then, the machine decides. The file is also the
program that is run: ``python -m scoop chaos.py SEED``.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial, reduce
from itertools import accumulate
from typing import Any, NamedTuple

import scoop
from scoop import futures

LIMIT = 300
"""Seconds after which a run counts as hung."""

KILLED_FOR_A_LONGER_PAUSE = 50

PRIME = 1_000_003

Pair = tuple[int, int]


# -- The tree. Each node is a number; what it does, and its children, follow from that.


def node(seed: int, depth: int, serially: bool = False) -> int:
    """Return the value of a node: computed by tasks, or serially."""
    rng = random.Random(f"{seed} {depth}")
    if depth == 0:
        return leaf(rng)
    children = [rng.randrange(PRIME) for _ in range(rng.randint(1, 9))]
    evaluate = partial(node, depth=depth - 1 - (rng.random() < 0.3 and depth > 1), serially=serially)
    ways = SERIAL if serially else PARALLEL
    return ways[rng.randrange(len(ways))](evaluate, children)


def leaf(rng: random.Random) -> int:
    """Be a task without tasks: short, or not so short; some hold the interpreter, others do not."""
    kind, length, value = rng.random(), rng.random(), rng.randrange(PRIME)
    if kind < 0.2 and scoop.IS_RUNNING:
        time.sleep(length * 0.01)
    elif kind < 0.5 and scoop.IS_RUNNING:
        sum(range(int(length * 100_000)))
    return value


def digest(values: list[int]) -> int:
    """Make one number of several; their order matters."""
    return reduce(lambda total, value: (total * 31 + value) % PRIME, values, 1)


def pair(evaluate: Callable[[int], int], child: int) -> Pair:
    """Return a linear function, as its two coefficients: those are what maps are reduced to."""
    return evaluate(child) or 1, child


def after(first: Pair, second: Pair) -> Pair:
    """Compose two linear functions: associative, and the order matters."""
    return first[0] * second[0] % PRIME, (first[1] * second[0] + second[1]) % PRIME


def numbered(evaluate: Callable[[int], int], number: int, child: int) -> tuple[int, int, bytes]:
    """Return a value, its number, and some ballast."""
    return number, evaluate(child), bytes(child % 5 * 20_000)


def in_order(results: Any) -> list[int]:
    """Return the values of numbered results, in the order of their numbers; each must be there once."""
    values = sorted(results)
    assert [number for number, _, _ in values] == list(range(len(values)))
    return [value for _, value, _ in values]


Evaluate = Callable[[int], int]


def by_map(evaluate: Evaluate, children: list[int]) -> int:
    """Map."""
    return digest(list(futures.map(evaluate, children)))


def by_map_of_a_stream(evaluate: Evaluate, children: list[int]) -> int:
    """Map over what does not tell its length."""
    return digest(list(futures.map(evaluate, iter(children))))


def by_submit(evaluate: Evaluate, children: list[int]) -> int:
    """Submit; ask for the results, the last first."""
    tasks = [futures.submit(evaluate, child) for child in children]
    return digest([task.result() for task in reversed(tasks)][::-1])


def by_as_completed(evaluate: Evaluate, children: list[int]) -> int:
    """Submit; take the results as they come."""
    tasks = [futures.submit(numbered, evaluate, number, child) for number, child in enumerate(children)]
    return digest(in_order(task.result() for task in futures.as_completed(tasks)))


def by_map_as_completed(evaluate: Evaluate, children: list[int]) -> int:
    """Map; take the results as they come."""
    return digest(in_order(futures.map_as_completed(partial(numbered, evaluate), range(len(children)), children)))


def by_patience(evaluate: Evaluate, children: list[int]) -> int:
    """Wait with deadlines, which makes other threads work meanwhile."""
    tasks = {futures.submit(evaluate, child) for child in children[1:]}
    first = futures.submit(evaluate, children[0])
    while tasks:
        tasks = futures.wait(tasks, timeout=0.01).not_done
    value: int = first.result()
    return value + len(children)


def by_leaving_early(evaluate: Evaluate, children: list[int]) -> int:
    """Map, and take no more than the first result."""
    results = futures.map(evaluate, children)
    for first in results:
        return first
    raise AssertionError("no result")


def by_reduce(evaluate: Evaluate, children: list[int]) -> int:
    """Reduce."""
    total: Pair = futures.mapReduce(partial(pair, evaluate), after, children)
    return sum(total) % PRIME


def by_scan(evaluate: Evaluate, children: list[int]) -> int:
    """Scan."""
    return digest([sum(each) for each in futures.mapScan(partial(pair, evaluate), after, children)])


def serial_digest(evaluate: Evaluate, children: list[int]) -> int:
    """Do what the maps do."""
    return digest([evaluate(child) for child in children])


def serial_patience(evaluate: Evaluate, children: list[int]) -> int:
    """Do what by_patience() returns."""
    return evaluate(children[0]) + len(children)


def serial_first(evaluate: Evaluate, children: list[int]) -> int:
    """Do what by_leaving_early() returns."""
    return evaluate(children[0])


def serial_reduce(evaluate: Evaluate, children: list[int]) -> int:
    """Do what by_reduce() does."""
    total: Pair = reduce(after, [pair(evaluate, child) for child in children])
    return sum(total) % PRIME


def serial_scan(evaluate: Evaluate, children: list[int]) -> int:
    """Do what by_scan() does."""
    return digest([sum(each) for each in accumulate([pair(evaluate, child) for child in children], after)])


WAYS: dict[Callable[[Evaluate, list[int]], int], Callable[[Evaluate, list[int]], int]] = {
    by_map: serial_digest,
    by_map_of_a_stream: serial_digest,
    by_submit: serial_digest,
    by_as_completed: serial_digest,
    by_map_as_completed: serial_digest,
    by_patience: serial_patience,
    by_leaving_early: serial_first,
    by_reduce: serial_reduce,
    by_scan: serial_scan,
}
"""What is done with tasks, and what comes to the same without."""

PARALLEL, SERIAL = list(WAYS), list(WAYS.values())

SHAPES = [(60, 1), (20, 2), (8, 3), (3, 4)]
"""How many trees, and how deep, take about as long."""


def trees(seed: int) -> list[tuple[int, int]]:
    """Return the roots of the trees that belong to a seed."""
    rng = random.Random(seed)
    return [(rng.randrange(PRIME), depth) for many, depth in SHAPES for _ in range(many)]


def play(seed: int) -> None:
    """Be the program: compute all trees of a seed, and print their values."""
    tasks = [futures.submit(node, *root) for root in trees(seed)]
    print(*(task.result() for task in tasks))


# -- The killer.


class Round(NamedTuple):
    """What came of a seed: how many workers were killed, and what was wrong, if anything was."""

    killed: int
    problem: str | None


def run_round(seed: int) -> Round:
    """Run the program of a seed, kill workers meanwhile, and compare."""
    rng = random.Random(seed)
    workers, pause = rng.choice([(2, 0.3), (3, 0.1), (3, 0.2), (3, 0.4), (4, 0.15), (6, 0.1)])
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        options = ["-n", str(workers), "--retries", "1000"]
        process = subprocess.Popen(
            [sys.executable, "-m", "scoop", *options, os.path.abspath(__file__), str(seed)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            killed, hung = kill_at_random(process, rng, pause, folder)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        said = output.read()
    expected = " ".join(str(node(*root, serially=True)) for root in trees(seed)) + "\n"
    if hung:
        return Round(killed, f"it did not end within {LIMIT} s, and said\n{said}")
    if (process.returncode, said) != (0, expected):
        return Round(killed, f"status {process.returncode}; it said\n{said}\ninstead of\n{expected}")
    return Round(killed, None)


def kill_at_random(
    process: "subprocess.Popen[bytes]", rng: random.Random, pause: float, folder: str
) -> tuple[int, bool]:
    """Kill workers until the program ends; return how many it were, and whether it is still there at the limit.

    On a busy machine a worker needs long to start, and dies before it has done anything. So the pauses grow.
    """
    killed, end = set[int](), time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            process.wait(rng.expovariate(1 / pause) * (1 + len(killed) / KILLED_FOR_A_LONGER_PAUSE))
        except subprocess.TimeoutExpired:
            pass
        else:
            return len(killed), False
        # Those that have noted that they have started, still live, and are the broker's children: numbers are reused.
        living = [pid for pid in map(int, sorted(os.listdir(folder))) if grandparent(pid) == process.pid]
        for pid in rng.sample(living, min(len(living), rng.choice([1, 1, 1, 2, 9]))):
            if pid not in killed:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # the run has just ended
                killed.add(pid)
    return len(killed), True


def grandparent(pid: int) -> int | None:
    """Return the parent of a process's parent; None if one of them is no more."""
    parent = parent_of(pid)
    return parent and parent_of(parent)


def parent_of(pid: int) -> int | None:
    """Return the parent of a living process."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def main() -> None:
    """Play rounds until the time is up or one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=sys.maxsize)
    parser.add_argument("--seed", type=int, help="the first seed (default: the time)")
    options = parser.parse_args()
    first = int(time.time()) if options.seed is None else options.seed
    rounds = options.rounds if options.seed is None or options.rounds < sys.maxsize else 1
    end, killed, played = time.monotonic() + 60 * options.minutes, 0, 0
    while played < rounds and (played == 0 or time.monotonic() < end):
        seed = first + played
        outcome = run_round(seed)
        if outcome.problem is not None:
            sys.exit(f"seed {seed}, {outcome.killed} workers killed: {outcome.problem}")
        played, killed = played + 1, killed + outcome.killed
    print(f"{played} rounds, from seed {first} on: {killed} workers killed, all results right")


if scoop.IS_RUNNING and not scoop.IS_ORIGIN:
    open(str(os.getpid()), "w").close()  # here is somebody to kill

if __name__ == "__main__":
    if scoop.IS_RUNNING:
        play(int(sys.argv[1]))
    else:
        main()
