"""Options of tasks: memory, tries after exceptions, names; and how they add up."""

import math
import pickle
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import scoop
from running import RunScoop
from scoop import futures
from scripts import MAIN, check, everywhere, program

HELPERS = """
    from scoop.errors import TaskMemoryExceeded, TaskTimeout, WorkerLost

    def greedy(x=0, mebibytes=300):
        data = bytearray(mebibytes << 20)
        data[::4096] = bytes(len(data[::4096]))
        until(os.path.exists, "never")

    def flaky(name, times):
        \"\"\"Fail so many times, wherever it is called.\"\"\"
        for number in range(times):
            try:
                os.close(os.open(f"{name}.{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            raise OSError(number)
        return name

    def die(x=0):
        os._exit(3)

    """


def test_a_task_that_takes_too_much_memory_is_ended(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        for memory in "200 MB", 200 << 20:
            error = raises(TaskMemoryExceeded, futures.submit(futures.options(greedy, memory=memory), 7).result)
            assert "greedy(7)" in str(error) and "200 MiB" in str(error), error
        results = [*futures.map(futures.options(greedy, memory="0.2G"), range(2), errors="return")]
        assert [type(result) for result in results] == [TaskMemoryExceeded] * 2
        assert futures.submit(futures.options(square, memory="1 TB", seconds=60), 7).result() == 49
        assert [*futures.map(square, range(99))] == [x * x for x in range(99)]
    """,
    )


@everywhere
def test_a_task_is_tried_again_after_the_exceptions_that_are_named(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        again = futures.options(flaky, retry_on=OSError, backoff=0.01)
        assert futures.submit(again, "a", 2).result() == "a"
        assert elsewhere(again, "b", 2) == "b"
        error = raises(OSError, elsewhere, again, "c", 9)
        assert error.args == (2,) and "this was the last of 3 tries" in error.__notes__, error.__notes__
        more = futures.options(flaky, retry_on=(KeyError, OSError), retries=5, backoff=0)
        assert [*futures.map(more, ["d", "e", "f"], [5, 0, 3])] == ["d", "e", "f"]
        assert futures.with_retries(again, 1).options.retries == 1
        assert raises(OSError, elsewhere, futures.with_retries(again, 1), "g", 9).args == (1,)
        assert raises(OSError, elsewhere, futures.options(again, retry_on=KeyError), "h", 9).args == (0,)
        assert raises(OSError, again, "i", 1).args == (0,), "who calls it just calls the function"
        own = futures.with_own_thread(again)
        assert elsewhere(own, "j", 2) == elsewhere(futures.options(own, name="own"), "j", 2) == "j"
    """,
    )


def test_tasks_that_wait_for_their_next_try_keep_no_worker(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def once_open(number):
        leave_mark(number)
        if not os.path.exists("gate"):
            raise OSError
        return number

    def main():
        waiting = futures.options(once_open, retry_on=OSError, retries=99, backoff=0.2)
        tasks = [futures.submit(waiting, number) for number in range(20)]
        rows = futures.map_as_completed(waiting, range(20, 40))
        until(lambda: marks() == 40)  # all of them wait, and there are two workers
        assert [*futures.map(square, range(99))] == [x * x for x in range(99)]
        open_gate()
        assert [task.result() for task in tasks] == [*range(20)]
        assert sorted(rows) == [*range(20, 40)]
    """,
    )


@everywhere
def test_the_end_of_the_program_waits_for_further_tries(scoop_run: RunScoop, n: int) -> None:
    source = program(
        HELPERS
        + """
    def main():
        futures.submit(futures.options(flaky, retry_on=OSError, backoff=0.1), "left", 2)
        print_at_end(lambda: sorted(name for name in os.listdir() if name.startswith("left")))
        if scoop.SIZE > 1:
            until(os.path.exists, "left.0")
    """
    )
    assert scoop_run(source + MAIN, n=n).out == "fine\n['left.0', 'left.1']\n"


def test_the_name_of_a_task_stands_in_what_is_told_of_it(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        night = futures.options(die, name="the night run", retries=0)
        future = futures.submit(night, 7)
        assert repr(future).startswith("<Future 'the night run' "), repr(future)
        assert "the night run(7) was lost" in str(left_alone(future).exception())
        assert repr(future).startswith("<Future 'the night run' failed at"), repr(future)
        late = futures.options(time.sleep, seconds=0.2, name="late")
        assert str(raises(TaskTimeout, futures.submit(late, 99).result)).startswith("late(99) ran")
        assert str(raises(TaskTimeout, list, futures.map(late, [99]))).startswith("late(99) ran")
        renamed = futures.options(night, name="the day run")
        assert "the day run(8) was lost" in str(send(renamed, 8).exception())
        assert futures.submit(futures.options(square, name="n")).exception() is not None
        assert repr(futures.options(square, name="n")) == "<n with options>"
    """,
    )


def test_a_function_whose_place_options_have_taken_travels_by_name(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    CALLS = []

    def work(name):
        CALLS.append(name)
        return flaky(name, 2)

    work = futures.options(work, name="nightly", retry_on=OSError, backoff=0, seconds=60)

    def level():
        return LEVEL

    level = futures.options(level, seconds=60)

    def deeper():
        return level()

    @futures.with_own_thread
    def deepest():
        return deeper()

    def calls():
        return len(CALLS)

    def main():
        assert futures.submit(work, "a").result() == "a"
        assert [*futures.map(work, "bcd")] == ["b", "c", "d"]
        assert raises(OSError, work, "e").args == (0,)
        assert sum(map(elsewhere, [calls] * 9)) > 0, "it is the function of the module that is called"
        global LEVEL
        for LEVEL in 5, 6:
            assert futures.submit(level).result() == elsewhere(deeper) == elsewhere(deepest) == LEVEL
    """,
    )


def test_options_pickle_and_add_up() -> None:
    full: Any = futures.options(math.sqrt, retries=1, seconds=2, memory="2 GB", retry_on=OSError, name="root")
    more: Any = pickle.loads(pickle.dumps(futures.options(full, seconds=3)))
    assert more(9) == 3
    assert more.options.limits == (3, 2 << 30)
    assert more.options.retries == 1
    assert more.options.name == "root"
    assert repr(more) == "<root with options>"


@pytest.mark.parametrize(
    "wrong",
    [
        {"memory": "much"},
        {"memory": 0},
        {"memory": 1.5},
        {"memory": "-3"},
        {"retry_on": OSError()},
        {"retry_on": [OSError]},
        {"retry_on": "OSError"},
        {"retry_on": futures.CancelledError.__mro__[-1]},
        {"backoff": -1},
        {"backoff": "1"},
        {"backoff": math.inf},
        {"name": ""},
        {"name": 5},
    ],
    ids=repr,
)
def test_options_that_make_no_sense_are_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises((TypeError, ValueError), match=f"^{name} "):
        futures.options(len, **wrong)


@pytest.mark.parametrize(
    ("call", "wrong", "message"),
    [
        (partial(futures.options, len), "second", r"options() takes no second=; did you mean seconds=?"),
        (partial(futures.options, len), "timeout", r"options() takes no timeout=; it takes retries, seconds,"),
        (scoop.Executor, "workers", r"Executor() takes no workers=; did you mean max_workers=?"),
        (scoop.start, "workers", r"scoop.start() takes no workers=; it takes n, seed,"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_misspelt_keyword_is_named_and_what_was_meant(call: Callable[..., Any], wrong: str, message: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(message)):
        call(**{wrong: 3})


def test_a_size_that_is_a_text_is_named() -> None:
    with pytest.raises(TypeError, match=r"^chunksize must be a whole number or None, not str: '3'$"):
        futures.map(len, [], chunksize="3")  # type: ignore[call-overload]


def test_calls_that_are_not_in_scoop_are_said_to_be_in_futures() -> None:
    with pytest.raises(AttributeError, match=r"^scoop has no map: it is scoop\.futures\.map$"):
        scoop.map  # type: ignore[attr-defined]  # noqa: B018
