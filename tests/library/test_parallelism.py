"""All workers work, and as many long tasks as workers run at once."""

import platform
from pathlib import Path

import pytest

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_n_workers_run_the_tasks(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        f"""
        def where(_):
            time.sleep(0.005)
            return scoop.worker

        def main():
            assert scoop.SIZE == {n}
            seen = set()
            def all_have_worked():
                seen.update(futures.map(where, range(100)))
                return len(seen) >= {n}
            until(all_have_worked)
            assert len(seen) == {n}
            assert (scoop.worker in seen) == ({n} == 1), "several workers run beside the program"
        """,
    )


def test_two_long_tasks_run_at_once_on_two_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            one, two = futures.submit(meet, "submit", 0, 2), futures.submit(meet, "submit", 1, 2)
            assert one.result() != two.result()
            assert len(set(futures.map(lambda who: meet("map", who, 2), range(2)))) == 2
        """,
    )


def test_four_long_tasks_run_at_once_on_four_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        4,
        """
        def main():
            assert len(set(futures.map(meet, ["map"] * 4, range(4), [4] * 4))) == 4
        """,
    )


def grants_slices() -> bool:
    """Return whether the system lets processes choose how long they run at a time, and shows it."""
    version = tuple(map(int, platform.release().split(".")[:2]))
    return platform.machine() == "x86_64" and Path("/proc/self/sched").exists() and version >= (6, 12)


@pytest.mark.skipif(not grants_slices(), reason="this system grants, or shows, no slices")
def test_the_broker_goes_first_when_it_is_woken_and_no_other(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def slice_of(pid):
            with open(f"/proc/{pid}/sched") as file:
                return next(int(line.split(":")[1]) for line in file if line.startswith("se.slice"))

        def work(who):
            meet("both", who, 2)
            return slice_of(os.getpid())

        def main():
            assert set(futures.map(work, range(2))) == {slice_of(os.getpid())} != {100_000}
            assert slice_of(scoop.worker.broker.split(":")[1]) == 100_000
        """,
    )


def test_tiny_tasks_end_also_if_the_program_does_not_ask_for_them(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            for _ in range(3):  # from here on it is known that they are tiny
                assert [futures.submit(square, x).result() for x in range(200)] == [x * x for x in range(200)]
                assert [task.result() for task in [futures.submit(square, x) for x in range(200)]][3] == 9
            for count in 1, 2, 50, 3000:
                tasks = [futures.submit(square, x) for x in range(count)]
                until(lambda: all(task.done() for task in tasks))
                tasks = [futures.submit(square, x) for x in range(count)]
                assert left_alone(tasks[-1]).result() == (count - 1) ** 2
                assert [left_alone(task).result() for task in tasks] == [x * x for x in range(count)]
        """,
    )
