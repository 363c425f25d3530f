"""Tasks in tasks in tasks, and tasks that recurse: as deep as one likes, and no deeper than the stack."""

from pathlib import Path

import pytest

from running import Run, RunScoop
from scripts import check, everywhere, start


@everywhere
def test_a_chain_of_100_000_nested_waits(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result()

        def main():
            assert futures.submit(nest, 100_000).result() == 100_000
        """,
    )


@pytest.mark.parametrize("n", [1, 2, 4])
def test_maps_in_maps_in_maps(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def leaf(x):
            return x

        def row(x):
            return sum(futures.map(leaf, range(x)))

        def plane(x):
            return sum(futures.map(row, range(x)))

        def main():
            wanted = [sum(sum(range(i)) for i in range(x)) for x in range(25)]
            assert list(futures.map(plane, range(25))) == wanted
            assert sorted(futures.map_as_completed(plane, range(25))) == sorted(wanted)
        """,
    )


@pytest.mark.parametrize("n", [1, 2, 4])
def test_tasks_of_tasks_that_nobody_waits_for_run_by_the_end(scoop_run: RunScoop, n: int) -> None:
    body = """
        def sow(depth, name):
            open(f"mark-{name}", "w").close()
            for branch in "ab" if depth else "":
                futures.submit(sow, depth - 1, name + branch)

        def main():
            futures.submit(sow, 5, "r")

        print_at_end(marks)
        """
    assert start(scoop_run, n, body) == Run(0, "fine\n63\n", "")


@everywhere
def test_a_task_that_recurses_without_end_fails_alone(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def endless():
            return endless()

        def main():
            for _ in range(50):
                raises(RecursionError, futures.submit(endless).result)
            fs = [futures.submit(endless) for _ in range(20)]
            assert futures.wait(fs).done == set(fs)
            assert all(isinstance(f.exception(), RecursionError) for f in fs)
            assert futures.submit(square, 3).result() == 9
        """,
    )


@everywhere
def test_no_future_is_lost_where_the_stack_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        made = []

        def dive():
            future = futures.submit(square, 3)
            made.append(future)
            future.result()
            dive()

        def main():
            for spare in range(0, 40, 2):  # so that the limit is met on each of our lines
                made.clear()
                raises(RecursionError, nudge, spare)
                for future in made:
                    try:
                        assert future.result(timeout=60) == 9
                    except RecursionError:
                        pass

        def nudge(frames):
            return nudge(frames - 1) if frames else dive()
        """,
    )


@everywhere
def test_each_task_of_a_nest_may_recurse_near_the_limit(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def deep(frames, levels):
            if frames:
                return deep(frames - 1, levels)
            if levels:
                return 1 + futures.submit(deep, 700, levels - 1).result()
            return 0

        def main():
            assert futures.submit(deep, 700, 5).result() == 5
        """,
    )


def test_rows_behind_one_that_waits_are_run_meanwhile(scoop_run: RunScoop, tmp_path: Path) -> None:
    check(
        scoop_run,
        2,
        f"""
        def short(row, seen):
            if row == 0 and seen:
                future = futures.submit(await_file, seen)
                while not os.path.exists(seen + "-awaited"):
                    time.sleep(0.01)
                return future.result()  # another worker has begun it, and it waits for the last row
            if row == 49 and seen:
                open(seen, "w").close()
            return row

        def await_file(path):
            open(path + "-awaited", "w").close()
            while not os.path.exists(path):
                time.sleep(0.01)
            return 0

        def rows(seen):
            open(seen + "-begun", "w").close()
            for _ in range(3):  # then it is known that the rows are short: they are run in one go
                list(futures.map(short, range(50), [None] * 50))
            return list(futures.map(short, range(50), [seen] * 50))

        def main():
            future = futures.submit(rows, {str(tmp_path / "seen")!r})
            while not os.path.exists({str(tmp_path / "seen-begun")!r}):
                time.sleep(0.01)  # until a worker has begun it
            assert future.result() == [*range(50)]
        """,
    )
