"""Tasks that are ended by force, on whatever machine they run."""

from .conftest import Far


def test_tasks_that_run_too_long_or_are_unwanted_are_ended_anywhere(far: Far) -> None:
    far.check(
        """
from scoop.errors import TaskTimeout

def mark_and_spin(x):
    leave_mark(x)
    while True:
        pass

def main():
    all_at_work(3)
    limited = futures.options(nap, seconds=0.5)
    results = [*futures.map(limited, range(12), [99 if x % 3 == 0 else 0.1 for x in range(12)], errors="return")]
    assert [type(result) is TaskTimeout for result in results] == [x % 3 == 0 for x in range(12)], results
    unwanted = [futures.submit(mark_and_spin, x) for x in range(6)]
    until(lambda: marks() == 6)
    assert all(future.cancel(force=True) for future in unwanted)
    assert len([*futures.map(nap, range(40))]) == 40
"""
    )
