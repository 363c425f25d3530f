"""What a task learns of itself, and the order in which urgent tasks begin."""

import textwrap

import pytest

from running import RunScoop
from scripts import MAIN, check, everywhere

HELPERS = """
    import asyncio
    from functools import partial
    from scoop.current_task import Task

    def me(x=0):
        return scoop.task()

    async def async_me(x=0):
        await asyncio.sleep(0)
        return scoop.task()

    def parent(x=0):
        return scoop.task().name, futures.submit(me).result().name, [each.name for each in futures.map(me, range(3))]

    def flaky(x, tries=3):
        attempt = scoop.task().attempt
        if attempt < tries:
            raise OSError(attempt)
        return attempt

    """


@everywhere
def test_a_task_knows_its_name_and_its_try(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        named = futures.options(me, name="nightly")
        assert scoop.task() is None and named() is None
        for function, name in (me, "me"), (named, "nightly"), (partial(me, 1), "me"), (async_me, "async_me"):
            attempt = None if function is async_me else 1
            assert futures.submit(function).result() == elsewhere(function) == Task(name, attempt, {})
        assert {each.name for each in futures.map(named, range(50))} == {"nightly"}
        assert {each.name for each in futures.map(me, range(50))} == {"me"}
        assert futures.submit(futures.with_own_thread(me)).result().name == "me"
        assert futures.submit(parent).result() == elsewhere(parent) == ("parent", "me", ["me"] * 3)
        again = futures.options(flaky, retry_on=OSError, retries=2, backoff=0)
        assert [*futures.map(again, range(9), [1, 2, 3] * 3)] == [1, 2, 3] * 3
        assert scoop.task() is None
    """,
    )


def test_urgent_tasks_begin_before_those_that_came_earlier(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
    order = []

    def main():
        tasks = [futures.submit(futures.options(order.append, priority=x % 3), x) for x in range(9)]
        futures.submit(futures.with_own_thread(until), lambda: len(order) == 9).result()
        assert order[:6] == [2, 5, 8, 1, 4, 7] and {*order[6:]} == {0, 3, 6}, order
    """,
    )


@pytest.mark.thorough
def test_urgent_calls_of_an_executor_go_before_others(scoop_run: RunScoop) -> None:
    source = textwrap.dedent(
        """
    import os, time
    from scoop import Executor, futures

    def note(x):
        with open("order", "a") as file:
            file.write(f"{x}\\n")

    def gate():
        while not os.path.exists("gate"):
            time.sleep(0.005)

    def main():
        with Executor(1) as executor:
            held = executor.submit(futures.options(gate, seconds=600))
            while not held.running():
                time.sleep(0.005)
            calls = [executor.submit(futures.options(note, priority=x % 3, seconds=600), x) for x in range(9)]
            open("gate", "w").close()
            [call.result() for call in calls]
        order = [int(line) for line in open("order")]
        ranks = [x % 3 for x in order]
        assert ranks == sorted(ranks, reverse=True), order
    """
    )
    run = scoop_run(source + MAIN, plain=True)
    assert (run.status, run.out, run.err) == (0, "fine\n", "")
