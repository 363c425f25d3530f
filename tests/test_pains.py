"""What people who used SCOOP ran into does not happen here: the rows that belong to one machine."""

import json
import os
import sys
import textwrap
import time
from pathlib import Path

import pytest

import scoop
from conftest import Run, RunScoop, run_python
from scoop import futures, shared

PAINS: dict[str, tuple[str, ...]] = {
    "19: a remote error's traceback was lost among the framework's frames": (
        "test_a_remote_traceback_shows_the_users_frames_on_both_sides_and_none_of_ours",
        "test_the_frames_of_nested_tasks_are_chained",
    ),
    "57, 13, 14, 12: what could not be pickled took the pool down": (
        "test_what_cannot_travel_fails_its_one_future_and_the_pool_lives_on",
    ),
    "23: to format the user's exception crashed the worker": (
        "test_an_exception_that_cannot_even_be_formatted_fails_its_one_future",
        "test_words_about_what_cannot_travel_are_short",
    ),
    "55, 31: a killed worker stalled the run": (
        "test_a_run_outlives_a_worker_that_is_killed_in_the_middle_of_a_task",
        "test_tasks_of_a_killed_worker_that_waited_for_others_are_run_again",
        "test_a_task_that_kills_its_workers_fails_alone_and_names_signal_host_and_process",
    ),
    "64, 65, 67: futures were reported lost while they ran; records leaked": (
        "test_a_long_task_is_not_lost_among_many_short_ones",
        "test_the_books_balance_after_every_kind_of_end",
    ),
    "68: a worker kept two long tasks while others idled": ("test_two_long_tasks_overlap_wherever_they_stand",),
    "51: a map registered all inputs before the first result": (
        "test_a_map_over_endless_inputs_gives_results_at_once",
    ),
    "89: all processors at 100 % whatever was asked for": (
        "test_the_affinity_of_the_process_bounds_the_number_of_workers",
        "test_numerical_libraries_are_kept_from_starting_a_thread_a_processor",
        "test_what_the_user_set_for_numerical_libraries_stays",
        "test_nobody_is_busy_waiting",
    ),
    "11: seconds of hang at exit": ("test_a_program_that_fails_ends_at_once_also_while_workers_are_busy",),
    "84: the work of a map that was not consumed was skipped": ("test_a_map_that_nobody_consumes_is_done",),
    "93: getConst while a worker imported the script crashed": (
        "test_constants_can_be_read_while_the_script_is_imported",
    ),
    "45, 47, 49, 10: names were looked up at import, which failed offline": (
        "test_import_and_a_run_use_no_network",
        "test_nothing_listens",
    ),
    "61, 83, 94: noise at exit": ("test_a_run_is_silent_also_where_python_shows_every_warning",),
    "the exit status was always 0": ("test_the_exit_status_is_the_scripts",),
    "functools.wraps left __wrapped__ in the public functions' __dict__": (
        "test_public_functions_have_an_empty_dict",
    ),
    "constants could not be deleted": ("test_constants_can_be_deleted_and_set_anew",),
    '"is it running?" had no public answer': ("test_whether_scoop_is_running_is_public",),
}

HOME = os.path.dirname(scoop.__file__) + os.sep

PRELUDE = """\
import os, sys, threading, time
import scoop
from scoop import futures, shared

def elsewhere(function, *args):
    \"\"\"Run the call on another worker: this one waits in a way that lets it run no tasks.\"\"\"
    future, ended = futures.submit(function, *args), threading.Event()
    future.add_done_callback(lambda _: ended.set())
    ended.wait()
    return future

"""


def program(source: str) -> str:
    """Return a program that can use ``elsewhere``, whose future has ended."""
    return PRELUDE + textwrap.dedent(source)


def test_the_table_names_tests_that_exist() -> None:
    tests = {name for name in globals() if name.startswith("test_")} - {"test_the_table_names_tests_that_exist"}
    assert {test for row in PAINS.values() for test in row} == tests


# -- 19 ----------------------------------------------------------------------------------------------------------


def test_a_remote_traceback_shows_the_users_frames_on_both_sides_and_none_of_ours(scoop_run: RunScoop) -> None:
    source = """
    def inner(x):
        return 1 / x

    def outer(x):
        return inner(x)

    def main():
        return elsewhere(outer, 0).result()

    if __name__ == "__main__":
        main()
    """
    run = scoop_run(program(source))
    assert (run.status, run.out) == (1, "")
    there, here = run.err.split("The above exception was the direct cause of the following exception:")
    for frame in ("in outer\n    return inner(x)\n", "in inner\n    return 1 / x\n"):
        assert frame in there
    for frame in ("in <module>\n    main()\n", "in main\n    return elsewhere(outer, 0).result()\n"):
        assert frame in here
    assert there.rstrip().endswith("ZeroDivisionError: division by zero")
    assert here.endswith("ZeroDivisionError: division by zero\n")
    assert HOME not in run.err


def test_the_frames_of_nested_tasks_are_chained(scoop_run: RunScoop) -> None:
    source = """
    def leaf(x):
        raise LookupError(f"no {x}")

    def branch(x):
        return futures.submit(leaf, x).result()

    def tree(x):
        return list(futures.map(branch, [x]))

    if __name__ == "__main__":
        elsewhere(tree, "luck").result()
    """
    run = scoop_run(program(source))
    assert run.status == 1
    for name in ("<module>", "tree", "branch", "leaf"):
        assert f", in {name}\n" in run.err
    assert run.err.endswith("LookupError: no luck\n")
    assert HOME not in run.err


# -- 57, 13, 14, 12 ----------------------------------------------------------------------------------------------


def test_what_cannot_travel_fails_its_one_future_and_the_pool_lives_on(scoop_run: RunScoop) -> None:
    source = """
    class Trap:
        def __init__(self, x):
            self.x = x

        def __reduce__(self):
            if self.x == "there":
                raise ValueError("cannot be pickled")
            return int, ("not a number",)

    class Failed(Exception):
        def __init__(self):
            super().__init__("words")
            self.lock = threading.Lock()

    class Picky(Exception):
        def __init__(self, one, two):
            super().__init__(one)

    def lock(): return threading.Lock()
    def generator(): return (x for x in "abc")
    def nest():
        nest = []
        for _ in range(100_000):
            nest = [nest]
        return nest
    def unpickled_there(): return Trap("there")
    def unpickled_here(): return Trap("here")
    def failed(): raise Failed
    def picky(): raise Picky(1, 2)
    def ends(): sys.exit(3)

    TASKS = lock, generator, nest, unpickled_there, unpickled_here, failed, picky, ends

    if __name__ == "__main__":
        for task in TASKS:
            print(task.__name__, type(elsewhere(task).exception()).__name__)
            assert elsewhere(abs, -1).result() == 1
    """
    run = scoop_run(program(source))
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines() == [
        "lock ResultNotSent",
        "generator ResultNotSent",
        "nest ResultNotSent",
        "unpickled_there ResultNotSent",
        "unpickled_here ResultNotSent",
        "failed RemoteError",
        "picky RemoteError",
        "ends SystemExit",
    ]


# -- 23 ----------------------------------------------------------------------------------------------------------


def test_an_exception_that_cannot_even_be_formatted_fails_its_one_future(scoop_run: RunScoop) -> None:
    source = """
    class NoStr(Exception):
        def __str__(self):
            raise RuntimeError("no words")
        __repr__ = __str__

    class ExitsWhenFormatted(Exception):
        def __str__(self):
            sys.exit(9)
        __repr__ = __str__

    class NotEvenText(Exception):
        def __str__(self):
            return 5

    def fail(kind, *args):
        raise kind(*args)

    class NoRepr:
        def __repr__(self):
            raise RuntimeError

    if __name__ == "__main__":
        for kind in (NoStr, ExitsWhenFormatted, NotEvenText):
            print(type(elsewhere(fail, kind).exception()) is kind)
        print(type(elsewhere(fail, ValueError, NoRepr()).exception()) is ValueError)
        print(elsewhere(abs, -1).result())
    """
    assert scoop_run(program(source)) == Run(0, "True\n" * 4 + "1\n", "")


def test_words_about_what_cannot_travel_are_short(scoop_run: RunScoop) -> None:
    source = """
    asked = threading.Event()

    class Wordy:
        def __reduce__(self):
            asked.set()
            raise TypeError("it stays here")

        def __repr__(self):
            return "word " * 1_000_000

    def make():
        return Wordy()

    def take(wordy):
        pass

    if __name__ == "__main__":
        print(len(str(elsewhere(make).exception())) < 1000)
        future = futures.submit(take, Wordy())
        asked.wait()
        print(future.result())
        try:
            futures.submit(Wordy())
        except TypeError as error:
            print(len(str(error)) < 1000)
    """
    run = scoop_run(program(source))
    assert (run.status, run.out) == (0, "True\nNone\nTrue\n")
    assert len(run.err) < 1000


# -- 55, 31 ------------------------------------------------------------------------------------------------------

DOOMED = """
    import signal

    def doomed(x):
        \"\"\"Kill the worker, the first that comes here; then be a task like any other.\"\"\"
        time.sleep(0.01)
        if not scoop.IS_ORIGIN:
            try:
                os.close(os.open("killed", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return x * x

    def tree(x):
        return sum(futures.map(doomed, range(x)))
    """


def test_a_run_outlives_a_worker_that_is_killed_in_the_middle_of_a_task(scoop_run: RunScoop) -> None:
    main = """
    if __name__ == "__main__":
        print(list(futures.map(doomed, range(40))) == [x * x for x in range(40)], os.path.exists("killed"))
        print(elsewhere(scoop.SIZE.__add__, 1).result())
    """
    assert scoop_run(program(DOOMED) + textwrap.dedent(main)) == Run(0, "True True\n3\n", "")


def test_tasks_of_a_killed_worker_that_waited_for_others_are_run_again(scoop_run: RunScoop) -> None:
    main = """
    if __name__ == "__main__":
        print(elsewhere(tree, 30).result(), os.path.exists("killed"))
    """
    expected = Run(0, f"{sum(x * x for x in range(30))} True\n", "")
    assert scoop_run(program(DOOMED) + textwrap.dedent(main), n=3) == expected


def test_a_task_that_kills_its_workers_fails_alone_and_names_signal_host_and_process(scoop_run: RunScoop) -> None:
    source = """
    import signal, socket

    def killer():
        os.kill(os.getpid(), signal.SIGKILL)

    def work(x):
        return x + 1

    if __name__ == "__main__":
        others = [futures.submit(work, x) for x in range(10)]
        error = elsewhere(killer).exception()
        named = [word in str(error) for word in ("killer", "SIGKILL", "pid", socket.gethostname())]
        print(type(error).__name__, all(named))
        print([future.result() for future in others], elsewhere(work, 1).result())
    """
    expected = f"WorkerLost True\n{list(range(1, 11))} 2\n"
    assert scoop_run(program(source)) == Run(0, expected, "")


# -- 64, 65, 67 --------------------------------------------------------------------------------------------------


def test_a_long_task_is_not_lost_among_many_short_ones(scoop_run: RunScoop) -> None:
    source = """
    def long():
        time.sleep(0.7)
        return "long"

    if __name__ == "__main__":
        future = futures.submit(long)
        while not future.running():  # it is on its way to the other worker
            time.sleep(0.002)
        rounds = 0
        while not future.done():
            assert list(futures.map(abs, range(-100, 0))) == list(range(100, 0, -1))
            rounds += 1
        print(future.result(), rounds > 1)
    """
    assert scoop_run(program(source)) == Run(0, "long True\n", "")


def test_the_books_balance_after_every_kind_of_end(scoop_run: RunScoop) -> None:
    # A run ends with status 0 only when all is off the broker's books; a worker's own are looked at here.
    source = """
    import gc, weakref

    class Result:
        pass

    def work(x):
        if x % 7 == 3:
            raise ValueError(x)
        if x % 7 == 5:
            return threading.Lock()
        return Result()

    if __name__ == "__main__":
        kept = []
        for _ in range(30):
            for future in [futures.submit(work, x) for x in range(30)]:
                if future.exception() is None:
                    kept.append(weakref.ref(future.result()))
                kept.append(weakref.ref(future))
            try:
                list(futures.map(work, range(30)))
            except (ValueError, scoop.errors.ResultNotSent):
                pass
            lazy = futures.map(abs, range(30))
            next(lazy)
            lazy.close()
            for future in [futures.submit(work, x) for x in range(10)]:
                future.cancel()
            try:
                elsewhere(work, 3).result(timeout=0)
            except ValueError:
                pass
        del future, lazy
        deadline = time.monotonic() + 20
        while any(reference() for reference in kept) and time.monotonic() < deadline:
            gc.collect()
            time.sleep(0.01)
        print([reference() for reference in kept if reference()])
    """
    assert scoop_run(program(source).replace("import scoop\n", "import scoop, scoop.errors\n")) == Run(0, "[]\n", "")


# -- 68, 51 ------------------------------------------------------------------------------------------------------


def test_two_long_tasks_overlap_wherever_they_stand(scoop_run: RunScoop) -> None:
    source = """
    import itertools

    def task(meeting, who):
        \"\"\"Be long: until the other has come.\"\"\"
        if who is None:
            return True
        open(f"{meeting}.{who}", "w").close()
        deadline = time.monotonic() + 20
        while not os.path.exists(f"{meeting}.{1 - who}") and time.monotonic() < deadline:
            time.sleep(0.002)
        return time.monotonic() < deadline

    def by_submit(function, *rows):
        return [future.result() for future in [futures.submit(function, *row) for row in zip(*rows)]]

    if __name__ == "__main__":
        for name, run in (("map", futures.map), ("submit", by_submit), ("unordered", futures.map_as_completed)):
            for places in itertools.combinations(range(6), 2):
                meeting = f"{name}-{places[0]}-{places[1]}"
                who = [places.index(place) if place in places else None for place in range(6)]
                if not all(run(task, [meeting] * 6, who)):
                    sys.exit(f"they did not meet: {meeting}")
        print("all met")
    """
    assert scoop_run(program(source)) == Run(0, "all met\n", "")


def test_a_map_over_endless_inputs_gives_results_at_once(scoop_run: RunScoop) -> None:
    source = """
    import itertools

    if __name__ == "__main__":
        drawn = 0

        def numbers():
            global drawn
            for drawn in itertools.count():
                yield drawn

        for map_ in (futures.map, futures.map_as_completed):
            results = map_(abs, numbers())
            first = [next(results) for _ in range(100)]
            results.close()
            print(len(set(first)), drawn < 10_000)
    """
    assert scoop_run(program(source)) == Run(0, "100 True\n" * 2, "")


# -- 89 ----------------------------------------------------------------------------------------------------------


def test_the_affinity_of_the_process_bounds_the_number_of_workers(tmp_path: Path) -> None:
    bound = """
    import os, sys
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    os.execv(sys.executable, [sys.executable, "-m", "scoop", "-c", "import scoop; print(scoop.SIZE)"])
    """
    assert run_python("-c", textwrap.dedent(bound), cwd=tmp_path) == Run(0, "1\n", "")


LIMITS = """
    NAMES = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"

    def limits():
        return [os.environ.get(name) for name in NAMES]

    if __name__ == "__main__":
        import json
        print(json.dumps([limits(), elsewhere(limits).result()]))
    """


def test_numerical_libraries_are_kept_from_starting_a_thread_a_processor(
    scoop_run: RunScoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    workers = len(os.sched_getaffinity(0)) + 1
    run = scoop_run(program(LIMITS), n=workers)
    assert (run.status, run.err) == (0, "")
    assert json.loads(run.out) == [["1"] * 3] * 2


def test_what_the_user_set_for_numerical_libraries_stays(scoop_run: RunScoop) -> None:
    run = scoop_run(program(LIMITS), env={"OMP_NUM_THREADS": "7"})
    assert (run.status, run.err) == (0, "")
    assert [limits[0] for limits in json.loads(run.out)] == ["7", "7"]


def test_nobody_is_busy_waiting(scoop_run: RunScoop) -> None:
    source = """
    import psutil

    def used(processes):
        return sum(sum(process.cpu_times()[:2]) for process in processes)

    def nap():
        time.sleep(1)

    if __name__ == "__main__":
        list(futures.map(abs, range(100)))
        run = [psutil.Process(), *psutil.Process().children(recursive=True)]
        before = used(run)
        time.sleep(1)  # while all others have nothing to do
        idle = used(run)
        future = futures.submit(nap)
        while not future.running():
            time.sleep(0.002)
        future.result()  # while another works, and the origin waits for it
        waiting = used(run)
        print(len(run), idle - before < 0.3, waiting - idle < 0.3)
    """
    assert scoop_run(program(source)) == Run(0, "3 True True\n", "")


# -- 11 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ('raise ValueError("v")', 1),
        ("sys.exit(1)", 1),
        ("os._exit(5)", 5),
        ("os.kill(os.getpid(), 2)", -2),
        ("os.kill(os.getpid(), 15)", -15),
        ("os.kill(os.getpid(), 9)", -9),
    ],
)
@pytest.mark.parametrize("busy", ["time.sleep(300)", "while True: pass"])
def test_a_program_that_fails_ends_at_once_also_while_workers_are_busy(
    scoop_run: RunScoop, end: str, status: int, busy: str
) -> None:
    source = f"""
    def work():
        open("begun", "w").close()
        {busy}

    if __name__ == "__main__":
        future = futures.submit(work)
        while not os.path.exists("begun"):
            time.sleep(0.002)
        {end}
        time.sleep(300)
    """
    begun = time.monotonic()
    assert scoop_run(program(source)).status == status
    assert time.monotonic() - begun < 30


# -- 84, 93 ------------------------------------------------------------------------------------------------------


def test_a_map_that_nobody_consumes_is_done(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def work(kind, x):
        open(f"{kind}{x}", "w").close()

    if __name__ == "__main__":
        kept = futures.map(work, "a" * 20, range(20))
        unordered = futures.map_as_completed(work, "b" * 20, range(20))
        futures.submit(work, "c", 0)
    """
    assert scoop_run(program(source)) == Run(0, "", "")
    expected = {f"{kind}{x}" for kind in "ab" for x in range(20)} | {"c0"}
    assert {path.name for path in tmp_path.iterdir()} >= expected


def test_constants_can_be_read_while_the_script_is_imported(scoop_run: RunScoop) -> None:
    source = """
    missing = shared.getConst("missing", timeout=0, default="none")
    if __name__ != "__main__":
        table = shared.getConst("table", timeout=20)

    def look():
        return missing, table

    if __name__ == "__main__":
        shared.setConst(table=[1, 2])
        print(missing, elsewhere(look).result())
    """
    assert scoop_run(program(source)) == Run(0, "none ('none', [1, 2])\n", "")


# -- 45, 47, 49, 10 ----------------------------------------------------------------------------------------------

WATCHED = """
import os, runpy, sys

def watch(event, args):
    if event.startswith("socket."):
        # What is opened must be of the kind that never leaves the machine: AF_UNIX is 1.
        family = args[1] if event == "socket.__new__" else None
        with open(log, "a") as file:
            file.write(f"{event} {family}\\n")

log = os.path.abspath(sys.argv.pop(1))
sys.addaudithook(watch)  # heard in all processes that are forked from this one
runpy.run_module("scoop", run_name="__main__", alter_sys=True)
"""


def test_import_and_a_run_use_no_network(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def work(x):
        shared.getConst("table")
        return x + 1

    if __name__ == "__main__":
        shared.setConst(table=1)
        print(list(futures.map(work, range(5))), elsewhere(work, 1).result())
        if sys.argv[1:]:
            import socket
            socket.socket().close()
    """
    scoop_run(program(source))  # writes the script
    words = ("-c", WATCHED, "log", "-n", "2", "script.py")
    assert run_python(*words, cwd=tmp_path) == Run(0, "[1, 2, 3, 4, 5] 2\n", "")
    events = set((tmp_path / "log").read_text().splitlines())
    assert events <= {"socket.__new__ 1", "socket.gethostname None"}
    assert run_python(*words, "network", cwd=tmp_path).status == 0
    assert "socket.__new__ 2" in (tmp_path / "log").read_text()  # the watch does watch


def test_nothing_listens(scoop_run: RunScoop) -> None:
    source = """
    import psutil

    def own():
        return psutil.Process().net_connections("all")

    if __name__ == "__main__":
        list(futures.map(abs, range(100)))
        run = [psutil.Process(), *psutil.Process().children(recursive=True)]
        ends = [end for process in run for end in process.net_connections("all")]
        print(len(run), len(ends) > 0, [end for end in ends if end.family != 1 or end.laddr or end.raddr])
    """
    assert scoop_run(program(source), n=3) == Run(0, "4 True []\n", "")


# -- the rest ----------------------------------------------------------------------------------------------------


def test_a_run_is_silent_also_where_python_shows_every_warning(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def work(x):
        return x + 1

    def tree(x):
        return futures.mapReduce(work, max, range(x))

    if __name__ == "__main__":
        shared.setConst(table=1)
        try:
            futures.submit(time.sleep, 0.2).result(timeout=0.01)  # which needs a thread of ours
        except TimeoutError:
            pass
        print(sum(futures.map(tree, range(1, 20))), elsewhere(work, 1).result())
    """
    expected = Run(0, f"{sum(range(1, 20))} 2\n", "")
    assert scoop_run(program(source)) == expected
    for words in (("-X", "dev"), ("-W", "always"), ("-X", "dev", "-W", "error"), ("-I",)):
        assert run_python(*words, "-m", "scoop", "-n", "2", str(tmp_path / "script.py"), cwd=tmp_path) == expected


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit(3)", 3),
        ('sys.exit("words")', 1),
        ("1 / 0", 1),
        ("elsewhere(divmod, 1, 0).result()", 1),
    ],
)
def test_the_exit_status_is_the_scripts(scoop_run: RunScoop, end: str, status: int) -> None:
    source = f"""
    if __name__ == "__main__":
        list(futures.map(abs, range(100)))
        {end}
    """
    assert scoop_run(program(source)).status == status


@pytest.mark.parametrize("module", [futures, shared], ids=["futures", "shared"])
def test_public_functions_have_an_empty_dict(module: object) -> None:
    names: list[str] = module.__all__  # type: ignore[attr-defined]
    functions = [getattr(module, name) for name in names if not isinstance(getattr(module, name), type | str)]
    assert functions
    assert [function for function in functions if vars(function)] == []


def test_constants_can_be_deleted_and_set_anew(scoop_run: RunScoop) -> None:
    source = """
    def look():
        return shared.getConst("table", timeout=0)

    def delete():
        shared.delConst("table", "never set")

    if __name__ == "__main__":
        for by in (shared.delConst, None):
            shared.setConst(table="old")
            old = look(), elsewhere(look).result()
            by("table") if by else elsewhere(delete).result()
            deadline = time.monotonic() + 20
            while look() is not None and time.monotonic() < deadline:
                time.sleep(0.002)
            gone = look(), elsewhere(look).result()
            shared.setConst(table="new")
            print(old, gone, look(), elsewhere(look).result())
            shared.delConst("table")
    """
    line = "('old', 'old') (None, None) new new\n"
    assert scoop_run(program(source)) == Run(0, line * 2, "")


def test_whether_scoop_is_running_is_public(scoop_run: RunScoop) -> None:
    source = """
    def state():
        return scoop.IS_RUNNING, scoop.IS_ORIGIN

    if __name__ == "__main__":
        print(state(), elsewhere(state).result() if scoop.IS_RUNNING else "none")
    """
    assert scoop_run(program(source)) == Run(0, "(True, True) (True, False)\n", "")
    assert scoop_run(program(source), plain=True) == Run(0, "(False, False) none\n", "")
    assert (scoop.IS_RUNNING, "scoop" in sys.modules) == (False, True)
