"""Two machines beside one: the cost of sending tasks between hosts, measured on this machine alone.

    python benchmarks/hosts.py

The second host is simulated: `local_ssh` starts its agent on this machine. Tasks sleep, so the workers of both hosts
fit on two processors; tasks that do not sleep are so short that none of them should travel.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from processes import end_when_told

HERE = Path(__file__).parent
NAP = 0.03
TASKS = 400
ROUNDS = 5


def nap(_: object) -> str:
    """Sleep; return which worker this is."""
    import scoop

    time.sleep(NAP)
    assert scoop.worker
    return scoop.worker.broker


def tiny(x: int) -> int:
    """Do next to nothing."""
    return x + 1


def measure() -> None:
    """Measure within a run, and print a row."""
    import scoop
    from scoop import futures

    machines = int(sys.argv[1])
    while len(set(futures.map(nap, range(10 * scoop.SIZE)))) < machines:
        pass

    def usual(function: Callable[[], object]) -> float:
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    ideal = TASKS * NAP / scoop.SIZE
    by_map = ideal / usual(lambda: list(futures.map(nap, range(TASKS))))
    by_submit = ideal / usual(lambda: [each.result() for each in [futures.submit(nap, x) for x in range(TASKS)]])
    tiny_map = usual(lambda: sum(futures.map(tiny, range(100_000))))
    tiny_submit = usual(lambda: [each.result() for each in [futures.submit(tiny, x) for x in range(20_000)]])
    figures = f"{by_map:.2f} | {by_submit:.2f} | {1e3 * tiny_map:.0f} ms | {1e3 * tiny_submit:.0f} ms"
    print(f"| {machines} | {scoop.SIZE} | {figures} |", flush=True)


def main() -> None:
    """Run on one machine, and on two."""
    end_when_told()
    print("| machines | workers | map of naps | naps by submit | 100,000 tiny by map | 20,000 tiny by submit |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    two = ["--hosts", "localhost", "localhost", "second", "second"]
    two += ["--ssh-executable", str(HERE / "local_ssh"), "--external-hostname", "127.0.0.1"]
    for machines, words in (("1", ["-n", "2"]), ("1", ["-n", "4"]), ("2", two)):
        subprocess.run([sys.executable, "-m", "scoop", *words, "--", __file__, machines], check=True)


if __name__ == "__main__":
    import scoop

    measure() if scoop.IS_RUNNING else main()
