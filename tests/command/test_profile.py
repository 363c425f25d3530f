"""`--profile`: where the time goes in all processes, whatever waits for whatever."""

import pstats
from pathlib import Path

import pytest

from running import RunScoop, run_python

PROGRAM = """
import sys, time
from scoop import futures

def work(n):
    return sum([i * i for i in range(n)])

def leaf(x):
    return work(1000) + len(str(x))

def parent(x):
    work(1000)
    return sum(futures.map(leaf, range(4)))

def tree(n):
    if n == 0:
        return leaf(n)
    return sum(each.result() for each in [futures.submit(tree, n - 1), futures.submit(tree, n - 1)])

if __name__ == "__main__":
    list(futures.map(parent, range(10)))
    tree(4)
    print("done")
"""

CALLS = {"work": 66, "leaf": 56, "parent": 10, "tree": 31}


@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_profile_counts_every_call_in_whichever_process(scoop_run: RunScoop, n: int, tmp_path: Path) -> None:
    file = tmp_path / "run.prof"
    run = scoop_run(PROGRAM, n=n, options=("--profile", str(file)))
    assert (run.status, run.out, run.err) == (0, "done\n", "")
    found = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]
    calls = {name: counts[1] for (path, _, name), counts in found.items() if path.endswith("script.py")}
    assert {name: calls[name] for name in CALLS} == CALLS
    assert not [path for path, _, _ in found if "/scoop/engine/" in path]
    assert all(own >= 0 for _, _, own, _, _ in found.values())


def test_without_a_file_a_profile_is_printed_at_the_end(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM, options=("--profile",))
    assert (run.status, run.out) == (0, "done\n")
    assert run.err.startswith("scoop: profile of 3 processes\n")
    assert "script.py" in run.err


def test_the_functions_that_raise_memory_are_named_also_in_the_report(scoop_run: RunScoop, tmp_path: Path) -> None:
    program = """
from scoop import futures
def large(n):
    return len(bytearray(60_000_000))
if __name__ == "__main__":
    assert sum(each.result() for each in [futures.submit(large, n) for n in range(4)]) == 240_000_000
"""
    run = scoop_run(program, options=("--profile", "--trace", "t.json"))
    assert run.status == 0
    _, _, table = run.err.partition("have raised the most memory")
    assert float(table.split()[table.split().index("large") - 2]) > 50
    shown = run_python("-m", "scoop", "report", "t.json", "--text", cwd=tmp_path).out
    assert "MB  large" in shown


@pytest.mark.thorough
def test_a_profile_that_cannot_be_written_says_so(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM, options=("--profile", "/nowhere/run.prof"))
    assert run.status == 0
    assert run.err == "scoop: the profile cannot be written to /nowhere/run.prof: No such file or directory\n"
