"""futures.run_on_workers(), and initializers, on three machines."""

import pytest

from .conftest import Far


def test_each_worker_of_each_machine_makes_the_call(far: Far) -> None:
    far.check(
        """
calls = []

def note(x):
    calls.append(x)
    return scoop.worker, x

def look(_):
    time.sleep(0.02)
    return calls

def main():
    machines = all_at_work(3)
    for x in range(5):
        found = futures.run_on_workers(note, x)
        assert len(set(found)) == 6 and {value for _, value in found} == {x}, found
        assert {worker.broker for worker, _ in found} == machines
    assert sum(found == [0, 1, 2, 3, 4] for found in futures.map(look, range(60))) > 50
    raises(ValueError, futures.run_on_workers, fail, "there")
"""
    )


@pytest.mark.thorough
def test_an_initializer_is_called_on_each_machine(far: Far) -> None:
    far.check(
        """
def setup():
    sys.is_set_up = True

def look():
    return sys.is_set_up

def main():
    all_at_work(3)
    assert all(anywhere_else(look).values())
""",
        "localhost localhost f1 f1 f2 f2",
        "--initializer",
        "script:setup",
    )
