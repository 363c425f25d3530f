"""`--progress`: what a run says of itself on standard error, beside what the program prints."""

import pytest

from running import RunScoop

OFTEN = ("-X", "scoop_tuning=progress_line_seconds=0.2")

PROGRAM = """
import time
from scoop import futures

def leaf(x):
    time.sleep(0.02)
    return x

def fail(x):
    raise ValueError(x)

def tree(n):
    if n == 0:
        return leaf(1)
    return sum(each.result() for each in [futures.submit(tree, n - 1), futures.submit(tree, n - 1)])

if __name__ == "__main__":
    print(tree(3), sum(futures.map(leaf, range(40))), futures.submit(fail, 1).exception())
"""


@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.thorough), 2])
def test_a_run_counts_every_task_once_wherever_it_ran(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(PROGRAM, n=n, python=OFTEN, options=("--progress=table",))
    assert (run.status, run.out) == (0, "8 780 1\n")
    lines = run.err.splitlines()
    assert any(line.startswith("tasks: ") and " busy, " in line for line in lines)
    last = max(place for place, line in enumerate(lines) if line.startswith("tasks: "))
    assert lines[last].startswith("tasks: 55 of 55 in ")
    assert "1 failed" in lines[last]
    table = {line.split()[0]: line.split()[1:3] for line in lines[last + 2 :]}
    assert table == {"leaf": ["40", "40"], "tree": ["14", "14"], "fail": ["1", "1"]}


VERY_MANY = """
from scoop import futures
from scoop.engine import runtime

def fib(n):
    if n < 2:
        return n
    left, right = futures.submit(fib, n - 1), futures.submit(fib, n - 2)
    return left.result() + right.result()

def fail(x):
    raise ValueError(x)

if __name__ == "__main__":
    result = fib(16)
    assert runtime.current.offer.__name__ == "offer_and_count"
    errors = [future.exception() for future in [futures.submit(fail, x) for x in range(20)]]
    print(result, len(errors), sum(futures.map(abs, range(10))))
"""


@pytest.mark.parametrize("n", [1, 2])
def test_very_many_tasks_are_only_counted_and_each_once(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(VERY_MANY, n=n, options=("--progress",))
    assert (run.status, run.out) == (0, "987 20 45\n")
    last = run.err.splitlines()[-1]
    assert last.startswith("tasks: 3,222 of 3,222 in ")  # 3192 of fib, 20 that fail, 10 rows
    assert ", 20 failed, " in last


@pytest.mark.thorough
def test_a_quiet_run_says_nothing_of_its_progress(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM, python=OFTEN, options=("-q", "--progress"))
    assert (run.status, run.err) == (0, "")


def test_a_run_that_fails_says_how_far_it_was(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM + "    raise SystemExit(3)", options=("--progress",))
    assert run.status == 3
    assert run.err.splitlines()[-1].startswith("tasks: ")


def test_tasks_that_die_with_their_worker_are_told_of(scoop_run: RunScoop) -> None:
    kills = """
import os
from scoop import futures

def die_once(x):
    if x == 3 and not os.path.exists("dead"):
        open("dead", "w").close()
        os._exit(1)
    return x

if __name__ == "__main__":
    print(sum(futures.map(die_once, range(20))))
"""
    run = scoop_run(kills, options=("--progress", "--spare-origin"))
    assert (run.status, run.out) == (0, "190\n")
    assert " interrupted, " in run.err.splitlines()[-1]


@pytest.mark.thorough
def test_without_rich_no_run_begins_and_the_package_is_named(scoop_run: RunScoop) -> None:
    hidden = "import sys; sys.modules['rich'] = None; from scoop.__main__ import console; console()"
    run = scoop_run(
        "import subprocess, sys; print(subprocess.run([sys.executable, '-c', sys.argv[1], '--progress', 'x.py'], "
        "stderr=subprocess.PIPE, text=True).stderr)",
        plain=True,
        args=(hidden,),
    )
    assert "pip install rich" in run.out
