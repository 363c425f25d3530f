"""Seeds of executors, and of scoop.start()."""

from executors.programs import check
from running import RunScoop
from scripts import check as check_in_run

DRAW = """
        def draw(x=0):
            time.sleep(0.001)
            return scoop.random().random()

        def nested(x):
            return draw(), [futures.submit(draw).result() for _ in range(3)], list(futures.map(draw, range(3)))
"""

SEEDED = (
    DRAW
    + """
        def numbers(workers):
            with Executor(workers, seed=7) as executor:
                calls = [executor.submit(nested, x) for x in range(20)]
                rows = list(executor.map(nested, range(20)))
                block = list(futures.map(nested, range(5)))
                return [call.result() for call in calls], rows, block

        def main():
            from scoop import Executor
            found = numbers(2)
            assert found == numbers(1) == numbers(3)
            with Executor(2, seed=8) as executor:
                assert executor.submit(nested, 0).result() != found[0][0]
            raises(TypeError, Executor, seed="7")
            raises(ValueError, Executor, seed=-7)
"""
)


def test_numbers_in_calls_depend_on_the_seed_of_the_executor(scoop_run: RunScoop) -> None:
    check(scoop_run, SEEDED)


def test_the_same_in_a_run(scoop_run: RunScoop) -> None:
    check_in_run(scoop_run, 2, "        from scoop import Executor\n" + SEEDED)


def test_numbers_after_start_depend_on_its_seed(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        DRAW
        + """
        def numbers(workers):
            scoop.start(workers, seed=7)
            found = list(futures.map(nested, range(20))), [futures.submit(nested, x).result() for x in range(5)]
            scoop.stop()
            return found

        def main():
            assert numbers(2) == numbers(1)
        """,
    )
