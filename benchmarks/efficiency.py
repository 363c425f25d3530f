"""Three machines beside one: which share of the ideal time maps, trees and graphs of short tasks reach.

    python benchmarks/efficiency.py [tasks]

The hosts are simulated: `local_ssh` starts their agents on this machine. Tasks sleep, so all workers fit on two
processors; what they really sleep is measured, and counts as ideal. On a machine that does other work besides, the
figures say little.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from processes import end_when_told

HERE = Path(__file__).parent
TASKS = 10_000
NAPS = (0.003, 0.001)
WIDTH = 100
"""Tasks of a layer of the graph, and branches of the tree."""


def nap(_: object, *__: object, seconds: float) -> str:
    """Sleep; return which machine this is on."""
    import scoop

    time.sleep(seconds)
    assert scoop.worker
    return scoop.worker.broker


def branch(leaves: int, seconds: float) -> list[str]:
    """Return what a map within a task gives."""
    from scoop import futures

    return [*futures.map(partial(nap, seconds=seconds), range(leaves))]


def by_map(tasks: int, seconds: float) -> list[str]:
    """Return the machines of one map."""
    return branch(tasks, seconds)


def by_submit(tasks: int, seconds: float) -> list[str]:
    """Return the machines of as many tasks."""
    from scoop import futures

    return [each.result() for each in [futures.submit(nap, x, seconds=seconds) for x in range(tasks)]]


def by_tree(tasks: int, seconds: float) -> list[str]:
    """Return the machines of maps within the tasks of a map."""
    from scoop import futures

    branches = futures.map(partial(branch, seconds=seconds), [tasks // WIDTH] * WIDTH)
    return [machine for machines in branches for machine in machines]


def by_graph(tasks: int, seconds: float) -> list[str]:
    """Return the machines of a graph: each task needs the results of two of the layer before."""
    from scoop import futures

    layer = [futures.submit(nap, x, seconds=seconds) for x in range(WIDTH)]
    found = [*layer]
    while len(found) < tasks:
        pairs = zip(layer, layer[1:] + layer[:1], strict=True)
        layer = [futures.submit(nap, *pair, seconds=seconds) for pair in pairs]
        found += layer
    return [each.result() for each in found]


def measure() -> None:
    """Measure within a run, and print a row for each length of task."""
    import scoop
    from scoop import futures

    machines, tasks = map(int, sys.argv[1:])
    while len(set(futures.map(partial(nap, seconds=0.03), range(10 * scoop.SIZE)))) < machines:
        pass
    shapes: tuple[Callable[[int, float], list[str]], ...] = (by_map, by_submit, by_tree, by_graph)
    for seconds in NAPS:
        start = time.perf_counter()
        for _ in range(100):
            time.sleep(seconds)
        ideal = (time.perf_counter() - start) / 100 * tasks / scoop.SIZE
        shares = []
        for shape in shapes:
            start = time.perf_counter()
            shape(tasks, seconds)
            shares.append(f"{ideal / (time.perf_counter() - start):.2f}")
        print(f"| {machines} | {scoop.SIZE} | {1e3 * seconds:g} ms | {' | '.join(shares)} |", flush=True)


def main() -> None:
    """Run on one machine, and on three besides this one."""
    end_when_told()
    tasks = sys.argv[1] if len(sys.argv) > 1 else str(TASKS)
    print(
        "| machines | workers | tasks | map | submit | tree | graph |\n|---:|---:|---:|---:|---:|---:|---:|",
        flush=True,
    )
    three = ["-n", "3", "--hosts", "one", "two", "three", "--external-hostname", "127.0.0.1"]
    three += ["--ssh-executable", str(HERE / "local_ssh")]
    for machines, words in (("1", ["-n", "3", "--spare-origin"]), ("3", three)):
        subprocess.run([sys.executable, "-m", "scoop", *words, "--", __file__, machines, tasks], check=True)


if __name__ == "__main__":
    import scoop

    measure() if scoop.IS_RUNNING else main()
