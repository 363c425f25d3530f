"""Progress and profiles of a run on three machines: all of them tell what they have done."""

import pstats

import pytest

from .conftest import Far

BODY = """
def leaf(x):
    time.sleep(0.01)
    return x

def parent(x):
    return sum(futures.map(leaf, range(10), progress="inner"))

def main():
    all_at_work(3)
    assert sum(futures.map(parent, range(60), progress="outer")) == 60 * 45
"""


@pytest.mark.thorough
def test_every_machine_tells_what_it_has_done(far: Far) -> None:
    file = far.folder / "run.prof"
    run = far.run(BODY, "localhost localhost f1 f1 f2 f2", "--progress=table", "--profile", str(file))
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "outer: 60 of 60 in " in run.err
    rows = {line.split()[0]: line.split()[1:3] for line in run.err.splitlines() if line[:1].isalpha()}
    assert rows["leaf"] == ["600", "600"]
    assert rows["parent"] == ["60", "60"]
    found = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]
    calls = {name: counts[1] for (_, _, name), counts in found.items()}
    assert (calls["leaf"], calls["parent"]) == (600, 60)
