"""Maps that tell how far they are: where they do, what stays, and that nothing else changes."""

import pytest

from running import RunScoop
from scripts import PRELUDE

both = pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.thorough), 2])

OFTEN = ("-X", "scoop_tuning=progress_line_seconds=0.2")

PROGRAM = (
    PRELUDE
    + """
def slow(x):
    time.sleep(0.02)
    return x

def nested(x):
    return sum(futures.map(slow, range(20), progress="inner"))

async def soon(x):
    return x

def fail_at(x):
    if x == 3:
        raise ValueError(x)
    return x
"""
)

MAIN = '\nif __name__ == "__main__":\n    '


@both
def test_a_map_tells_how_far_it_is_and_that_it_has_ended(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(PROGRAM + MAIN + 'print(sum(futures.map(slow, range(60), progress="[all]")))', n=n, python=OFTEN)
    assert (run.status, run.out) == (0, "1770\n")
    *before, last = run.err.splitlines()
    assert last.startswith("[all]: 60 of 60 in ")
    assert before
    assert all(" of 60" in line for line in before)


@both
def test_loops_of_tasks_are_shown_beside_those_of_the_program(scoop_run: RunScoop, n: int) -> None:
    run = scoop_run(PROGRAM + MAIN + 'list(futures.map(nested, range(8), progress="outer"))', n=n, python=OFTEN)
    lines = run.err.splitlines()
    assert any(line.startswith("outer: ") for line in lines)
    assert any(line.startswith("inner: ") for line in lines)
    ends = [line for line in lines if " in " in line]
    assert len(ends) == 1
    assert ends[0].startswith("outer: 8 of 8 in ")


def test_every_kind_of_map_counts_all_of_its_rows(scoop_run: RunScoop) -> None:
    body = """
    list(futures.map_as_completed(slow, iter(range(9)), progress="unknown"))
    list(futures.map(soon, range(9), progress="coroutines"))
    list(futures.map(fail_at, range(9), errors="skip", progress="skipped"))
    list(futures.map(fail_at, range(9), errors="return", progress="returned"))
    for _ in zip(range(2), futures.map(slow, range(9), progress="left")): pass
    del _
    """
    run = scoop_run(PROGRAM + MAIN + body)
    ends = [line.partition(" in ")[0] for line in run.err.splitlines()]
    assert ends[:4] == ["unknown: 9", "coroutines: 9 of 9", "skipped: 9 of 9", "returned: 9 of 9"]
    assert ends[4].startswith("left: ")


def test_an_error_of_a_map_is_raised_as_without_progress(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM + MAIN + 'list(futures.map(fail_at, range(9), progress="some"))')
    assert run.status == 1
    assert run.err.splitlines()[-2:] == ["ValueError: 3", "input 3 of the map: 3"]
    assert "scoop/progress" not in run.err


@pytest.mark.thorough
def test_quiet_runs_show_no_progress(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM + MAIN + 'list(futures.map(slow, range(9), progress="some"))', options=("-q",))
    assert (run.status, run.err) == (0, "")


def test_without_workers_progress_is_shown_too(scoop_run: RunScoop) -> None:
    body = 'print(sum(futures.map(slow, range(9), progress="some")))'
    run = scoop_run(f"import warnings; warnings.simplefilter('ignore')\n{PROGRAM}{MAIN}{body}", plain=True)
    assert run.out == "36\n"
    assert run.err.startswith("some: 9 of 9 in ")


@pytest.mark.thorough
def test_without_rich_the_error_names_the_extra(scoop_run: RunScoop) -> None:
    body = 'futures.map(slow, range(9), progress="some")'
    run = scoop_run(f"import sys; sys.modules['rich'] = None\n{PROGRAM}{MAIN}{body}")
    assert run.status == 1
    assert "pip install rich" in run.err.splitlines()[-1]


@pytest.mark.thorough
def test_a_label_that_is_no_text_is_refused(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM + MAIN + "raises(TypeError, futures.map, slow, [1], progress=True)")
    assert run.status == 0, run.err
