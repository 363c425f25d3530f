"""All workers work, and as many long tasks as workers run at once."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_n_counts_the_origin(scoop_run: RunScoop, n: int) -> None:
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
                return scoop.worker in seen and len(seen) >= {n}
            until(all_have_worked)
            assert len(seen) == {n}
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
