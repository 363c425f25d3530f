"""Tasks that may take only so many seconds: they are ended by force, and no other task suffers."""

import textwrap
import warnings
from typing import Any

import pytest

from running import RunScoop
from scoop import errors, futures
from scripts import MAIN, check

HELPERS = """
    import re
    from scoop.errors import NotStartedProperly, TaskNotSent, TaskTimeout, WorkerLost

    def spin(x=0):
        while True:
            pass

    def stuck_in_c(x=0):
        return re.match("(a+)+$", "a" * 60 + "b")  # holds the interpreter: no other thread of its process runs

    def deaf(x=0):
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
        while True:
            time.sleep(1)

    def caught(function, x):
        try:
            futures.submit(futures.options(function, seconds=0.3), x).result()
        except TaskTimeout:
            return x
        raise AssertionError("it has ended")

    def sleepy(x, seconds):
        time.sleep(seconds)
        return x

    """


def test_a_task_that_runs_too_long_is_ended_and_says_what_it_was(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        for function in spin, stuck_in_c, deaf:
            error = raises(TaskTimeout, futures.submit(futures.options(function, seconds=0.2), 7).result)
            assert isinstance(error, TimeoutError)
            for part in f"{function.__name__}(7)", "0.2 s", "worker", "pid":
                assert part in str(error), error
        assert futures.submit(futures.options(square, seconds=60), 7).result() == 49
        assert [*futures.map(square, range(99))] == [x * x for x in range(99)]
    """,
    )


def test_a_row_that_runs_too_long_is_ended_and_fails_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        limited = futures.options(sleepy, seconds=0.5)
        waits = [99 if x in (3, 11) else 0 for x in range(20)]
        for inputs in [*range(20)], iter(range(20)):
            results = [*futures.map(limited, inputs, waits, errors="return")]
            kinds = {x: type(result) for x, result in enumerate(results) if result != x}
            assert kinds == {3: TaskTimeout, 11: TaskTimeout}, results
            assert results[11].inputs == (11, 99)
        error = raises(TaskTimeout, list, futures.map(limited, range(20), waits))
        assert "sleepy(3, 99)" in str(error), error
        assert futures.mapReduce(limited, int.__add__, range(9), [0] * 9) == 36
        assert futures.mapScan(limited, int.__add__, range(4), [0] * 9) == [0, 1, 3, 6]
        raises(TaskTimeout, futures.mapReduce, limited, int.__add__, range(4), waits)
    """,
    )


@pytest.mark.parametrize("n", [2, 3])
def test_what_waits_beside_an_ended_task_runs_again_and_ends_well(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        nested = [futures.submit(caught, spin, x) for x in range(4)]
        others = [futures.submit(square, x) for x in range(50)]
        rows = futures.map(sleepy, range(60), [0.02] * 60)
        assert [future.result() for future in nested] == [0, 1, 2, 3]
        assert [future.result() for future in others] == [x * x for x in range(50)]
        assert [*rows] == [*range(60)]
    """,
        "--retries",
        "1",
    )


def test_with_no_tries_at_all_only_what_had_begun_is_lost(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        limited = [futures.submit(futures.options(sleepy, seconds=0.3), x, 99 * (x == 2)) for x in range(9)]
        kinds = [type(future.exception()) for future in limited]
        assert kinds == [TaskTimeout if x == 2 else type(None) for x in range(9)], kinds
        assert [future.result() for x, future in enumerate(limited) if x != 2] == [x for x in range(9) if x != 2]
    """,
        "--retries",
        "0",
    )


def test_tasks_with_limits_never_run_where_they_are_from(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def pid(x=0):
        return os.getpid()

    def nested():
        found = {futures.submit(futures.options(pid, seconds=60)).result() for _ in range(9)}
        found |= set(futures.map(futures.options(pid, seconds=60), range(9)))
        return os.getpid() not in found

    def main():
        assert os.getpid() not in [*futures.map(futures.options(pid, seconds=60), range(30))]
        assert futures.submit(nested).result()
        assert elsewhere(nested)
        lock = threading.Lock()
        raises(TaskNotSent, futures.submit(futures.options(give, seconds=60), lock).result)
        [error] = futures.map(futures.options(give, seconds=60), [lock], errors="return")
        assert type(error) is TaskNotSent, error
        unwanted = futures.submit(futures.options(square, seconds=60), 3)
        assert not unwanted.cancel()
    """,
    )


def test_without_another_worker_limits_are_refused(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        HELPERS
        + """
    def main():
        limited = futures.options(square, seconds=1)
        for call in (
            lambda: futures.submit(limited, 3),
            lambda: futures.map(limited, [3]),
            lambda: futures.mapReduce(limited, int.__add__, [3]),
        ):
            assert "has no other worker" in str(raises(TaskNotSent, call))
        assert limited(3) == 9
    """,
    )


def test_executors_end_calls_that_run_too_long(scoop_run: RunScoop) -> None:
    source = textwrap.dedent(
        """
    import time
    from scoop import Executor, futures
    from scoop.errors import TaskTimeout

    def sleepy(x, seconds):
        time.sleep(seconds)
        return x

    def main():
        limited = futures.options(sleepy, seconds=0.5)
        with Executor(2) as executor:
            calls = [executor.submit(limited, x, 99 * (x == 5)) for x in range(12)]
            plain = [executor.submit(sleepy, x, 0.01) for x in range(50)]
            kinds = [type(call.exception()) for call in calls]
            assert kinds == [TaskTimeout if x == 5 else type(None) for x in range(12)], kinds
            assert [call.result() for call in plain] == [*range(50)]
            assert [*executor.map(limited, range(5), [0] * 5)] == [*range(5)]
            assert type(futures.submit(limited, 1, 99).exception()) is TaskTimeout
    """
    )
    for plain in True, False:
        run = scoop_run(source + MAIN, plain=plain)
        assert (run.status, run.out, run.err) == (0, "fine\n", "")


def test_options_are_like_the_function_and_travel(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def shadowed(x):
        return x + 1

    shadowed = futures.options(shadowed, seconds=60)

    def call(function, x):
        return function(x), futures.submit(function, x).result()

    def main():
        assert shadowed(1) == 2 and shadowed.__name__ == "shadowed"
        assert elsewhere(call, shadowed, 1) == (2, 2)
        assert elsewhere(call, futures.options(square, seconds=60), 3) == (9, 9)
        by = 4
        assert elsewhere(call, futures.options(lambda x: x + by, seconds=60), 3) == (7, 7)
        own = futures.with_own_thread(futures.options(square, seconds=60))
        assert elsewhere(call, own, 3) == (9, 9)
        own = futures.with_retries(futures.options(futures.with_own_thread(spin), seconds=0.2), 0)
        raises(TaskTimeout, futures.submit(own, 3).result)
        assert repr(shadowed) == "<shadowed with options>"
    """,
    )


def test_options_that_make_no_sense_are_named_at_once() -> None:
    nonsense: list[Any] = [-1, 0, float("nan"), "3", True, []]
    for seconds in nonsense:
        with pytest.raises((TypeError, ValueError), match="seconds must be"):
            futures.options(len, seconds=seconds)
    for retries in -1, 1.5, "3", True:
        with pytest.raises(ValueError, match="retries must be"):
            futures.options(len, retries=retries)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="something callable"):
        futures.options(5)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(errors.NotStartedProperly, match="with limits"):
            futures.map(futures.options(len, seconds=3), ["a"])
        assert [*futures.map(futures.options(len, retries=3), ["a"])] == [1]
