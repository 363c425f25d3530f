"""Many workers die in a run, or always by the same task; workers are replaced before they do harm."""

import textwrap
from pathlib import Path

import pytest

from running import Run, RunScoop
from scripts import MAIN, program

EVERY_25TH = """
    import signal

    open(f"worker-{os.getpid()}", "w").close()

    def is_once(event):
        try:
            os.close(os.open(event, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    def parent_of(pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                return int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            return None

    def kill_one():
        \"\"\"Kill a worker, as soon as there is one that has come as far as this program.\"\"\"
        broker = int(scoop.worker[1].rpartition(":")[2])
        while True:
            for name in os.listdir():
                kind, _, pid = name.partition("-")
                if kind == "worker" and parent_of(pid) == broker and is_once(f"killed-{pid}"):
                    os.kill(int(pid), signal.SIGKILL)
                    return
            time.sleep(0.001)

    def work(x):
        time.sleep(0.01)
        if x % 25 == 0 and not os.path.exists(f"kill-{x}"):
            if scoop.IS_ORIGIN:
                kill_one()
                open(f"kill-{x}", "w").close()
            else:
                until(is_once, f"killed-{os.getpid()}")  # else the origin is about to kill us, for a task of its own
                open(f"kill-{x}", "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
        return x * x

    def branch(start):
        return list(futures.map(work, range(start, start + 10)))

    def flat():
        return list(futures.map(work, range(500)))

    def nested():
        return [result for results in futures.map(branch, range(0, 500, 10)) for result in results]

    def main():
        assert {way}() == [x * x for x in range(500)]
        assert sum(name.startswith("killed-") for name in os.listdir()) == 20
"""


@pytest.mark.parametrize("way", ["flat", "nested"])
@pytest.mark.parametrize("round_", range(1))
def test_all_results_are_right_though_every_25th_task_kills_a_worker(
    scoop_run: RunScoop,
    way: str,
    round_: int,  # noqa: ARG001
) -> None:
    source = program(EVERY_25TH.replace("{way}", way)) + MAIN
    assert scoop_run(source, n=3, options=("--retries", "50")) == Run(0, "fine\n", "")


CRASHES = """
    import resource, signal, socket

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def note(x):
        open(f"run-{x}-{os.getpid()}-{time.monotonic_ns()}", "w").close()

    def runs(x):
        return sum(name.startswith(f"run-{x}-") for name in os.listdir())

    def work(x):
        note(x)
        time.sleep(0.002)
        return x + 1

    def crash(x, text):
        note(x)
        signal.raise_signal(signal.SIGSEGV)

    def main():
        tasks = [futures.submit(work, x) for x in range(30)]
        crashed = futures.submit({task}, 99, text="ab")
        tasks += [futures.submit(work, x) for x in range(30, 59)]
        error = left_alone(crashed).exception()  # it is not for the origin, which it would end
        assert [task.result() for task in tasks] == list(range(1, 60))
        assert type(error).__name__ == "WorkerLost"
        for word in ("crash(99, text='ab')", "SIGSEGV", "pid ", socket.gethostname(), "defect", "{tries}"):
            assert word in str(error), (word, str(error))
        assert runs(99) == {runs}, runs(99)
        if {never_twice}:
            assert [runs(x) for x in range(59)] == [1] * 59
"""


@pytest.mark.parametrize(
    ("retries", "task", "runs", "tries"),
    [
        (None, "crash", 3, "at the last of 3 tries"),
        (0, "crash", 1, "at its only try"),
        (5, "crash", 6, "at the last of 6 tries"),
        (None, "futures.with_retries(crash, 0)", 1, "at its only try"),
        (0, "futures.with_retries(crash, 3)", 4, "at the last of 4 tries"),
    ],
)
def test_a_task_that_always_crashes_its_worker_fails_alone_after_its_tries(
    scoop_run: RunScoop, retries: int | None, task: str, runs: int, tries: str
) -> None:
    source = CRASHES
    for name, value in {"task": task, "runs": runs, "tries": tries, "never_twice": retries == 0}.items():
        source = source.replace(f"{{{name}}}", str(value))
    options = () if retries is None else ("--retries", str(retries))
    run = scoop_run(program(source) + MAIN, n=3, options=options)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert run.err.count("Fatal Python error: Segmentation fault") == runs, run.err
    assert "scoop:" not in run.err


@pytest.mark.parametrize("retries", [0, 2])
def test_a_row_of_a_map_that_kills_names_all_its_tries(scoop_run: RunScoop, retries: int) -> None:
    source = """
    def work(x):
        time.sleep(0.01)
        if x == 3:
            os.kill(os.getpid(), 9)
        return x

    def main():
        try:
            list(futures.map(work, range(9)))
        except Exception as error:
            print(error)
    """
    run = scoop_run(program(source) + MAIN, options=("--retries", str(retries), "--spare-origin"))
    assert run.status == 0, run.err
    assert f"work(3) was lost: at {'the last of 3 tries' if retries else 'its only try'}, " in run.out


@pytest.mark.parametrize("waits", [False, True])
def test_a_row_that_kills_is_named_with_as_many_tries_as_it_ran(scoop_run: RunScoop, waits: bool) -> None:
    source = f"""
    def work(x):
        if {waits}:
            assert [*futures.map(leave_mark, range(3))] == [0, 1, 2]
        if x == 7:
            with open("tries", "a") as file:
                file.write("x")
            time.sleep(0.05)  # so the rows behind it go to others, and those to others again
            os.kill(os.getpid(), 9)
        time.sleep(0.01)

    def main():
        error = raises(scoop.errors.WorkerLost, list, futures.map(work, range(40)))
        tries = os.path.getsize("tries")
        assert f"work(7) was lost: at the last of {{tries}} tries, " in str(error), (tries, error)
        assert {waits} or tries == 2, tries
    """
    options = "--retries", "1"
    run = scoop_run(program("import scoop.errors\n" + textwrap.dedent(source)) + MAIN, n=3, options=options)
    assert run.status == 0, run.err


def test_what_waits_behind_a_task_that_kills_is_not_blamed(scoop_run: RunScoop) -> None:
    source = """
    import signal

    def first(x):
        if x == 0 and len(runtime.current.inbox.waiting) < 3:
            return x  # it was not the first of many: this worker may live
        if x == 0:
            open(f"died-{os.getpid()}", "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    from scoop.engine import runtime

    def main():
        # The workers ask when all are there, and what kills one comes before all the others that it gets.
        busy = [taken(is_open) for _ in range(scoop.SIZE)]
        tasks = [futures.submit(futures.with_retries(first, 9) if x == 0 else first, x) for x in range(40)]
        open_gate()
        assert [left_alone(task).result() for task in [*busy, *tasks]] == [True, True, *range(40)]
        assert any(name.startswith("died-") for name in os.listdir())
    """
    run = scoop_run(program(source) + MAIN, n=2, options=("--retries", "0"))
    assert run == Run(0, "fine\n", "")


def test_workers_are_replaced_after_so_many_tasks(scoop_run: RunScoop) -> None:
    source = """
    from collections import Counter

    def who(x):
        time.sleep(0.001)
        return x, os.getpid()

    def tree(x):
        return sum(y for y, _ in futures.map(who, range(x)))

    def main():
        tasks = [left_alone(task) for task in [futures.submit(who, x) for x in range(60)]]
        assert [task.result()[0] for task in tasks] == list(range(60))
        runs = Counter(task.result()[1] for task in tasks)
        assert max(runs.values()) <= 5 and len(runs) >= 12, runs
        assert [send(tree, x).result() for x in range(30)] == [sum(range(x)) for x in range(30)]
        assert list(futures.map(tree, range(30))) == [sum(range(x)) for x in range(30)]
    """
    options = ("--max-tasks-per-worker", "5", "--retries", "0")
    assert scoop_run(program(source) + MAIN, n=3, options=options) == Run(0, "fine\n", "")


def test_workers_are_replaced_after_so_many_rows_of_a_map(scoop_run: RunScoop) -> None:
    source = """
    from collections import Counter

    def who(x):
        time.sleep(0.0002)
        if scoop.IS_ORIGIN:
            is_open()
        else:
            open_gate()
        return os.getpid()

    def main():
        runs = Counter(futures.map(who, range(5000)))
        del runs[os.getpid()]
        assert runs
        assert max(runs.values()) <= 5 * 50, runs  # what has begun, or is being given, is not broken off
    """
    assert scoop_run(program(source) + MAIN, n=3, options=("--max-tasks-per-worker", "50")) == Run(0, "fine\n", "")


def test_workers_that_have_grown_are_replaced(scoop_run: RunScoop) -> None:
    source = """
    kept = []

    def grow(x):
        kept.append(bytearray(os.urandom(1)) * (40 << 20))
        return x, os.getpid(), len(kept)

    def main():
        tasks = [left_alone(task) for task in [futures.submit(grow, x) for x in range(12)]]
        assert [task.result()[0] for task in tasks] == list(range(12))
        # The interpreter itself needs some 20 MiB; so the second or third of these blocks is the last.
        assert max(task.result()[2] for task in tasks) <= 3
        assert len({task.result()[1] for task in tasks}) >= 4
    """
    options = ("--worker-memory-limit", "100M", "--retries", "0")
    assert scoop_run(program(source) + MAIN, n=2, options=options) == Run(0, "fine\n", "")


def test_a_run_in_which_no_worker_can_start_ends_and_says_why(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    import signal

    if not scoop.IS_ORIGIN:
        os.close(os.open(f"came-{os.getpid()}", os.O_CREAT))
        os.kill(os.getpid(), signal.SIGKILL)

    def main():
        send(abs, -1).result()
    """
    run = scoop_run(program(source) + MAIN, n=3)
    assert run.status == 1
    assert "MainImportError: workers die while they start" in run.err
    assert "SIGKILL" in run.err
    assert len([*tmp_path.glob("came-*")]) == 12  # four in each of three places


def test_a_task_that_needs_more_memory_than_it_may_have_fails_alone(scoop_run: RunScoop) -> None:
    source = """
    import resource

    def greedy():
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + (64 << 20), resource.RLIM_INFINITY))
        try:
            return bytes(1 << 30)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def main():
        tasks = [futures.submit(abs, -x) for x in range(50)]
        assert isinstance(send(greedy).exception(), MemoryError)
        assert [task.result() for task in tasks] == list(range(50))
    """
    assert scoop_run(program(source) + MAIN, n=3) == Run(0, "fine\n", "")
