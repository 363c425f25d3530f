"""Change one measured compromise at a time, and see what that does to SCOOP's own figures.

    python benchmarks/sweep_tuning.py slice_seconds                        at half, and at twice what it is
    python benchmarks/sweep_tuning.py slice_seconds=0.01,0.1 most_pieces=4 at these values
    python benchmarks/sweep_tuning.py --list                               all fields, with their reasons

Each round runs SCOOP once as it is, and once at each of the values, in turns. So a machine whose speed drifts treats
all alike. The table has the median of the rounds, and by how much better (more than 1) or worse (less) that is than
SCOOP as it is. A field that changes no row by more than chance, at half and at twice its value, can go.
"""

import argparse
import inspect
import json
import re
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from processes import end_when_told, run
from rows import ROWS, WORKERS, Row
from scoop.tuning import TUNING, Tuning, tuned

HERE = Path(__file__).parent
AS_IT_IS = ""
"""The setting that changes nothing."""
LIMIT_SECONDS = 180
USUAL_ROWS = "no-op,100us,1ms,pareto,squares,submit"

Figures = dict[str, dict[str, list[float]]]
"""By row and by setting, a figure for each round."""


def settings(words: list[str]) -> list[str]:
    """Return what is to be measured: each what -X scoop_tuning is given.

    >>> settings(["most_pieces=4,5", "most_pieces"])
    ['most_pieces=4', 'most_pieces=5', 'most_pieces=4', 'most_pieces=16']
    """
    found = []
    for word in words:
        name, _, given = word.partition("=")
        usual = getattr(TUNING, name, None)
        if usual is None:
            raise SystemExit(f"{name!r} is no field of scoop.tuning.Tuning: --list shows them")
        values = given.split(",") if given else [str(type(usual)(usual * factor)) for factor in (0.5, 2)]
        found += [f"{name}={value}" for value in values]
    for setting in found:
        tuned(setting)  # which raises if a value makes no sense
    return found


def measure(chosen: list[Row], variants: list[str], rounds: int, quick: bool) -> Figures:
    """Run all variants in turns."""
    figures: Figures = defaultdict(lambda: defaultdict(list))
    keys = {row.key for row in chosen}
    for number in range(rounds):
        print(f"round {number + 1}", flush=True)
        for group in dict.fromkeys(row.group for row in chosen):
            for variant in variants:
                for key, value in run_group(group, variant, quick).items():
                    if key in keys:
                        figures[key][variant].append(value)
    return figures


def run_group(group: str, variant: str, quick: bool) -> dict[str, float]:
    """Return SCOOP's figures of a group of rows."""
    command = [
        sys.executable,
        *(["-X", f"scoop_tuning={variant}"] if variant else []),
        "-m",
        "scoop",
        "-n",
        str(WORKERS),
        str(HERE / "one_peer.py"),
        "scoop",
        str(WORKERS),
        group,
    ]
    ended = run(command + ["--quick"] * quick, LIMIT_SECONDS)
    print(f"  {group:9}{variant or 'as it is':40}{ended.seconds:7.1f} s", flush=True)
    if ended.status:
        print(f"failed with status {ended.status}:\n{ended.err}", file=sys.stderr)
    lines = [json.loads(line) for line in ended.out.splitlines() if line.startswith("{")]
    return {line["row"]: line["value"] for line in lines if "row" in line}


def table(chosen: list[Row], variants: list[str], figures: Figures) -> str:
    """Return the medians, and how much better than SCOOP as it is."""
    lines = []
    for row in chosen:
        medians = {each: statistics.median(values) for each, values in figures[row.key].items()}
        lines.append(f"{row.title} ({row.unit})")
        for variant in variants:
            if variant in medians and AS_IT_IS in medians:
                better = medians[variant] / medians[AS_IT_IS]
                better = better if row.more_is_better else 1 / better
                lines.append(f"  {variant or 'as it is':40}{medians[variant]:>14.5g}{better:>8.3f}")
    return "\n".join(lines)


def list_fields() -> str:
    """Return all fields, what each is, and why: as their file says."""
    found = re.findall(r'^    (\w+): \w+ = (.+)\n    """(.+)"""$', inspect.getsource(Tuning), re.MULTILINE)
    return "\n".join(f"{name} = {value}\n    {reason}" for name, value, reason in found)


def main() -> None:
    """Measure, and print what was found."""
    end_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fields", nargs="*", metavar="FIELD[=VALUE,...]")
    parser.add_argument("--list", action="store_true", help="show the fields, and measure nothing")
    parser.add_argument("--rows", default=USUAL_ROWS, help=f"of: {', '.join(row.key for row in ROWS if row.measure)}")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="one map where others take the median of several")
    options = parser.parse_args()
    if options.list:
        print(list_fields())
        return
    names = options.rows.split(",")
    chosen = [row for row in ROWS if row.measure and row.key in names]
    variants = [AS_IT_IS, *settings(options.fields)]
    if len(variants) == 1 or len(chosen) < len(names):
        parser.error("name one field at least, and rows that there are")
    print(table(chosen, variants, measure(chosen, variants, options.rounds, options.quick)))


if __name__ == "__main__":
    main()
