"""Fail if SCOOP has become too slow. That is judged by ratios to peers in the same run, never by absolute times.

    python benchmarks/guard.py [--rounds N]

The script compares the best of all rounds, since a busy machine disturbs that least. The floors are far below the
usual ratios. If a ratio is below its floor, something is broken.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from measure import Measurement, original_python
from processes import end_when_told
from report import ratio
from rows import ROWS


class Floor(NamedTuple):
    """How many times better than a peer SCOOP must be in a row."""

    row: str
    peer: str
    times: float


FLOORS = [
    Floor("no-op", "Pool.map", 1),
    Floor("no-op", "executor", 20),
    Floor("100us", "Pool.map", 0.85),
    Floor("1ms", "Pool.map", 0.85),
    Floor("1ms", "executor", 0.8),
    Floor("pareto", "executor", 0.8),
    Floor("pareto", "Pool.map", 0.9),
    Floor("squares", "Pool.map", 1.3),
    Floor("submit", "executor", 10),
    Floor("submit", "Pool.map", 5),
    Floor("small map", "executor", 5),
    Floor("fib", "original", 50),
    Floor("hello 2", "executor", 0.67),
    Floor("hello 2", "original", 1.2),
    Floor("hello 16", "executor", 0.67),
    Floor("hello 16", "original", 3),
]


def main() -> int:
    """Measure; say which floors hold; return the exit status."""
    end_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--venvs", type=Path, default=Path(".venvs"))
    options = parser.parse_args()
    measurement = Measurement(original_python(options.venvs), quick=True)
    for _ in range(options.rounds):
        measurement.round(["scoop", *dict.fromkeys(floor.peer for floor in FLOORS)], ["tasks", "nested", "hello"])
    rows = {row.key: row for row in ROWS}
    broken = 0
    for floor in FLOORS:
        found = ratio(measurement.results, rows[floor.row], floor.peer, best=True)
        if found is None and floor.peer in measurement.results.left_out:
            verdict = "skipped: " + measurement.results.left_out[floor.peer]
        elif found is None or found < floor.times:
            verdict = f"BROKEN: {'no figure' if found is None else f'{found:.2f}'}"
            broken += 1
        else:
            verdict = f"{found:.2f}"
        print(f"{rows[floor.row].title:36} at least {floor.times:5g} x {floor.peer:10} {verdict}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
