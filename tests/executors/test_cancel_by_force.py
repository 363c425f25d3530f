"""Calls of an executor that are cancelled while they run: by force, with the worker that runs them."""

import pytest

from executors.programs import IMPORTS, check
from running import RunScoop
from scripts import MAIN, program

HELPERS = """
        def spin(name):
            open_gate(name)
            while True:
                pass

        def begun(executor, name):
            future = executor.submit(spin, name)
            is_open(name)
            return future
"""

BODY = """
        def main():
            with Executor(2) as executor:
                one, told = begun(executor, "one"), []
                one.add_done_callback(told.append)
                assert one.running() and not one.cancel() and one.running()
                assert one.cancel(force=True) and one.cancelled() and one.done()
                raises(library.CancelledError, one.result)
                until(lambda: told == [one])
                ended = executor.submit(square, 3)
                assert ended.result() == 9 and not ended.cancel(force=True) and ended.result() == 9
                two = begun(executor, "two")
                others = [executor.submit(square, x) for x in range(200)]
                assert two.cancel(force=True)
                assert [each.result() for each in others] == [x * x for x in range(200)]
                done, left = library.wait([one, two, *others], 60)
                assert not left
                assert [*executor.map(square, range(50))] == [x * x for x in range(50)]
"""


def test_a_call_that_runs_is_ended_with_its_worker_and_others_go_on(scoop_run: RunScoop) -> None:
    check(scoop_run, HELPERS + BODY)


@pytest.mark.thorough
def test_within_a_run_likewise(scoop_run: RunScoop) -> None:
    run = scoop_run(program(IMPORTS) + program(HELPERS + BODY).removeprefix(program("")) + MAIN, n=2)
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err


def test_one_of_several_calls_that_travel_together_is_ended_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def spin_at(x):
            if x == 70:
                open_gate()
                while not os.path.exists("enough"):
                    pass
            return x

        def main():
            with Executor(1) as executor:
                calls = [executor.submit(spin_at, x) for x in range(100)]
                is_open()
                assert calls[70].cancel(force=True)
                del calls[70]
                assert [each.result() for each in calls] == [*range(70), *range(71, 100)]
        """,
    )
