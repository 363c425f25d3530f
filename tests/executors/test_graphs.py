"""Futures of an executor as arguments of its calls."""

from executors.programs import check
from running import RunScoop

HELPERS = """
        def gated(x):
            is_open()
            return x

        def add(*numbers, **named):
            return sum(numbers) + sum(named.values())

        def bad(x):
            raise ValueError(x)

        def later(x):
            return futures.submit(square, x)
"""


def test_calls_get_the_results_of_others(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        HELPERS
        + """
        def main():
            with Executor(2) as executor:
                one, two = executor.submit(gated, 1), futures.submit(gated, 2)
                calls = [executor.submit(add, one, two, named=one), executor.submit(sum, [one, 10])]
                last = executor.submit(add, *calls)
                task = futures.submit(add, one, last)
                assert not any(each.done() or each.running() for each in [*calls, last, task])
                open_gate()
                assert [call.result() for call in calls] == [4, 11]
                assert (last.result(), task.result()) == (15, 16)
                assert executor.submit(add, last, task).result() == 31, "all have ended"
                assert executor.submit(later, 3).result() == 9
                assert [call.result() for call in [executor.submit(later, x) for x in range(20)]][-1] == 361
        """,
    )


def test_failures_and_cancellations_go_on_to_dependent_calls(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        HELPERS
        + """
        def main():
            with Executor(2) as executor:
                call = executor.submit(add, 0, executor.submit(bad, 1))
                error = raises(ValueError, call.result)
                assert error.__notes__[0].startswith("scoop: add() was not called: argument 1 is a future")
                root = executor.submit(gated, 1)
                first = executor.submit(add, root)
                second = executor.submit(add, first)
                beside = executor.submit(add, root, 1)
                assert first.cancel()
                assert second.cancelled()
                assert not library.wait([first, second], timeout=60).not_done
                open_gate()
                assert beside.result() == 2
        """,
    )


def test_calls_that_wait_for_others_are_made_before_the_end(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        HELPERS
        + """
        def begin():
            open_gate("begun")
            return gated(1)

        def main():
            with Executor(2) as executor:
                call = executor.submit(gated, 1)
                for _ in range(5):
                    call = executor.submit(add, call, 1)
                open_gate()
            assert call.result() == 6
            os.remove("gate")
            executor = Executor(2)
            begun = executor.submit(begin)
            is_open("begun")
            call = executor.submit(add, begun, 1)
            executor.shutdown(wait=False, cancel_futures=True)
            open_gate()
            executor.shutdown()
            assert call.cancelled() and begun.result() == 1
        """,
    )


def test_calls_that_wait_fail_with_their_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        HELPERS
        + """
        def main():
            executor = Executor(2)
            call = executor.submit(add, executor.submit(gated, 1))
            last = executor.submit(add, call)
            os.kill(executor._calls.broker_pid, signal.SIGKILL)
            raises(BrokenExecutor, last.result)
            raises(BrokenExecutor, call.result)
            executor.shutdown()
        """,
    )
