"""Tasks that need resources: what they have, how many run at a time, and how resources come back."""

import textwrap
from typing import Any

import pytest

from running import RunScoop
from scoop import futures
from scripts import MAIN, check, program

HELPERS = """
    import signal
    from concurrent.futures import wait
    from scoop import Executor
    from scoop.errors import TaskNotSent, TaskTimeout, WorkerLost

    def devices():
        return os.environ.get("CUDA_VISIBLE_DEVICES")

    def work(x, name="gpu"):
        \"\"\"Note that a resource is taken: fail if it is taken already.\"\"\"
        numbers = scoop.task().resources[name]
        for number in numbers:
            os.close(os.open(f"{name}-{number}", os.O_CREAT | os.O_EXCL))
        time.sleep(0.01)
        for number in numbers:
            os.remove(f"{name}-{number}")
        return numbers, devices(), os.getpid()

    def spin(x=0):
        while True:
            pass

    def die(x=0):
        os._exit(3)

    def one(function, **options):
        return futures.options(function, gpu=1, **options)

    """


def test_no_more_tasks_run_at_a_time_than_there_are_resources(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        4,
        HELPERS
        + """
    def main():
        tasks = [futures.submit(futures.options(work, gpu=1 + x % 2), x) for x in range(12)]
        rows = futures.map(one(work), range(12))
        licensed = futures.options(work, resources={"licence": 1})
        others = [futures.submit(licensed, x, "licence") for x in range(3)]
        for numbers, shown, pid in [task.result() for task in tasks] + [*rows]:
            assert shown == ",".join(map(str, numbers)) and pid != os.getpid()
        assert [task.result()[0] for task in others] == [(0,)] * 3
        assert {len(task.result()[0]) for task in tasks} == {1, 2}
        assert {*futures.map(lambda _: devices(), range(99))} == {None}
        with Executor() as executor:
            assert {call.result()[0] for call in [executor.submit(one(work), x) for x in range(6)]} <= {(0,), (1,)}
    """,
        "--resources",
        "gpu=2",
        "--resources",
        "licence=1",
    )


def test_resources_come_back_however_a_task_ends(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        assert type(futures.submit(one(fail), "x").exception()) is ValueError
        assert type(futures.submit(one(die, retries=1)).exception()) is WorkerLost
        assert type(futures.submit(one(spin, seconds=0.2)).exception()) is TaskTimeout
        assert type(futures.submit(one(give), threading.Lock()).exception()) is TaskNotSent
        unwanted = [futures.submit(one(spin)) for _ in range(3)]
        assert all(future.cancel(force=True) for future in unwanted)
        later = futures.submit(give, 7)
        assert futures.submit(one(square), later).result() == 49
        assert [numbers for numbers, _, _ in futures.map(one(work), range(3))] == [(0,)] * 3
    """,
        "--resources",
        "gpu=1",
    )


@pytest.mark.thorough
def test_a_worker_that_is_killed_gives_back_what_its_task_has(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
    def killed_once(x):
        try:
            os.close(os.open("first", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return scoop.task().resources
        os.kill(os.getpid(), signal.SIGKILL)

    def main():
        tasks = [futures.submit(futures.options(killed_once, gpu=2), x) for x in range(6)]
        assert [task.result() for task in tasks] == [{"gpu": (0, 1)}] * 6
    """,
        "--resources",
        "gpu=2",
    )


def test_what_no_machine_has_is_refused_at_once(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def nested(x):
        return futures.submit(one(square), x).result()

    def through_another(x):
        return futures.submit(nested, x).result()

    def main():
        for needs in {"gpu": 3}, {"licence": 1}, {"gpu": 1, "licence": 1}:
            f = futures.options(square, resources=needs)
            for call in futures.submit, futures.map, futures.mapReduce, Executor().submit:
                args = [int.__add__, [1]] if call is futures.mapReduce else [[1]]
                error = raises(TaskNotSent, call, f, *args)
                asked = ", ".join(f"{name}={amount}" for name, amount in needs.items())
                assert f"tasks of square need {asked}, and each machine of this run has gpu=2" in str(error), error
        assert futures.submit(nested, 3).result() == 9
        for function in nested, through_another:
            error = raises(TaskNotSent, futures.submit(one(function), 3).result)
            assert f"submitted within {function.__name__}" in str(error), error
    """,
        "--resources",
        "gpu=2",
    )


def test_a_run_without_resources_says_so(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        HELPERS
        + """
    def main():
        assert "this run has no resources" in str(raises(TaskNotSent, futures.submit, one(square), 3))
        assert one(square)(3) == 9
    """,
    )


def test_executors_and_sessions_have_resources_of_their_own(scoop_run: RunScoop) -> None:
    source = textwrap.dedent(
        """
    import os, scoop
    from scoop import Executor, futures

    def numbers(x):
        return scoop.task().resources

    def main():
        needy = futures.options(numbers, resources={"gpu": 1})
        with Executor(2, resources={"gpu": 1}) as executor:
            assert [executor.submit(needy, x).result() for x in range(3)] == [{"gpu": (0,)}] * 3
            assert [*executor.map(needy, range(3))] == [{"gpu": (0,)}] * 3
            assert [*futures.map(needy, range(3))] == [{"gpu": (0,)}] * 3
            for wrong in -1, "1", 1.5:
                try:
                    Executor(resources={"gpu": wrong})
                except (TypeError, ValueError) as error:
                    assert "gpu" in str(error)
        scoop.start(2, resources={"gpu": 1})
        assert futures.submit(needy, 1).result() == {"gpu": (0,)}
        scoop.stop()
    """
    )
    run = scoop_run(source + MAIN, plain=True)
    assert (run.status, run.out, run.err) == (0, "fine\n", "")


@pytest.mark.thorough
def test_devices_that_the_run_was_given_are_passed_on(scoop_run: RunScoop) -> None:
    source = """
    def shown(x):
        return os.environ["CUDA_VISIBLE_DEVICES"]

    def main():
        assert futures.submit(futures.options(shown, gpu=2), 1).result() == "4,GPU-7f"
        assert elsewhere(shown, 1) == "4,GPU-7f,6"
    """
    run = scoop_run(
        program(source) + MAIN, options=("--resources", "gpu=2"), env={"CUDA_VISIBLE_DEVICES": "4,GPU-7f,6"}
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", "")


@pytest.mark.parametrize(
    "wrong", [5, {"gpu": 0}, {"gpu": "1"}, {"gpu": 1.5}, {"": 1}, {"a b": 1}, {1: 1}, {"gpu": True}], ids=repr
)
def test_resources_that_make_no_sense_are_named(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^resources must "):
        futures.options(len, resources=wrong)


@pytest.mark.parametrize("wrong", [-1, 1.5, "high", True], ids=repr)
def test_priorities_that_make_no_sense_are_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^priority must be a whole number"):
        futures.options(len, priority=wrong)


def test_needs_and_priorities_add_up() -> None:
    full: Any = futures.options(futures.options(len, gpu=1, priority=3), resources={"licence": 2}, gpu=2)
    assert full.options.needs == {"licence": 2, "gpu": 2}
    assert full.options.priority == 3
    assert futures.options(full, seconds=3).options.needs == full.options.needs  # type: ignore[attr-defined]
