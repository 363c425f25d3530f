"""scoop.start() and scoop.stop(): workers for programs, and consoles, that run already."""

from pathlib import Path

from executors.programs import check, start
from running import RunScoop, run_python
from scripts import check as check_in_run


def test_after_start_all_calls_work_until_stop(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            assert (scoop.IS_RUNNING, scoop.SIZE, scoop.worker) == (False, 1, None)
            raises(ValueError, scoop.start, 0)
            scoop.start(2)
            scoop.start()
            scoop.start(2)
            raises(ScoopError, scoop.start, 3)
            assert (scoop.IS_RUNNING, scoop.IS_ORIGIN, scoop.SIZE) == (True, True, 2)
            assert list(futures.map(square, range(100))) == [x * x for x in range(100)]
            assert futures.submit(os.getpid).result() != os.getpid()
            shared.setConst(answer=42)
            assert futures.submit(shared.getConst, "answer").result() == 42
            with Executor(1) as executor:
                assert executor.submit(square, 3).result() == 9
            assert futures.mapReduce(square, max, range(100)) == 99 * 99
            scoop.stop()
            scoop.stop()
            assert (scoop.IS_RUNNING, scoop.SIZE, scoop.worker, scoop.BROKER) == (False, 1, None, None)
            raises(NotStartedProperly, futures.submit, square, 3)
            scoop.start(1)
            assert futures.submit(square, 3).result() == 9
        """,
    )


def test_an_initializer_is_called_in_workers_that_are_started_or_there(scoop_run: RunScoop) -> None:
    body = """
        table = []

        def extend(x):
            table.append(x)

        def look(_):
            time.sleep(0.005)
            return table

        def main():
            scoop.start(2, initializer=extend, initargs=(1,))
            assert all(found == [1] for found in futures.map(look, range(20)))
            scoop.start(initializer=extend, initargs=(2,))
            assert all(found == [1, 2] for found in futures.map(look, range(20)))
            assert len(futures.run_on_workers(os.getpid)) == 2
        """
    check(scoop_run, body)


def test_a_program_that_ends_without_stop_ends_its_tasks_first(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def main():
            scoop.start(2)
            for x in range(10):
                futures.submit(leave_mark, x)
            print_at_end(marks)
        """,
    )
    assert (run.status, run.out, run.err) == (0, "fine\n10\n", "")


def test_in_a_run_and_in_tasks_it_does_nothing(scoop_run: RunScoop) -> None:
    check_in_run(
        scoop_run,
        2,
        """
        def task():
            scoop.start(7)
            scoop.stop()
            return futures.submit(square, 3).result()

        def main():
            scoop.start(5)
            assert scoop.SIZE == 2 and far(task) == 9
            scoop.stop()
            assert list(futures.map(square, range(5))) == [0, 1, 4, 9, 16]
        """,
    )


def test_a_script_without_a_guard_that_starts_workers_is_told_so(scoop_run: RunScoop) -> None:
    run = scoop_run("import scoop\nscoop.start(2)\nprint(scoop.futures.submit(abs, -3).result())\n", plain=True)
    assert run.status == 1
    assert "UnguardedMainError" in run.err
    assert '__name__ == "__main__"' in run.err


def test_ctrl_c_interrupts_a_wait_and_the_workers_go_on(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            scoop.start(2)
            future = futures.submit(is_open)
            for wait in (future.result, lambda: list(futures.map(is_open, ["gate"] * 5))):
                interrupted(lambda inside: (inside(), wait()))
            open_gate()
            assert future.result() is True
            assert list(futures.map(square, range(5))) == [0, 1, 4, 9, 16]
        """,
    )


CONSOLE = """
import scoop
from scoop import futures
scoop.start(2)
def f(x): return g(x)

def g(x): return x

print(list(futures.map(f, range(3))))
def g(x): return x * 10

print(list(futures.map(f, range(3))), futures.submit(f, 3).result())
class C:
    def __init__(self, x): self.x = x
    def get(self): return self.x

print(type(futures.submit(C, 3).result()) is C, futures.submit(C(3).get).result())
class C:
    def __init__(self, x): self.x = x
    def get(self): return -self.x

print(type(futures.submit(C, 3).result()) is C, futures.submit(C(3).get).result())
print(futures.submit(lambda x: C(x).get(), 7).result())
"""


def test_what_is_typed_into_a_console_works_and_the_newest_counts(tmp_path: Path) -> None:
    run = run_python("-i", "-q", cwd=tmp_path, stdin=CONSOLE)
    assert run.status == 0
    assert run.out.splitlines() == ["[0, 1, 2]", "[0, 10, 20] 30", "True 3", "True -3", "-7"], run.err


def test_in_a_module_that_is_no_file_within_an_event_loop_it_works(scoop_run: RunScoop) -> None:
    cells = CONSOLE.replace("\n\n", "\n").replace("\nprint", "\n\nprint").replace("\nclass", "\n\nclass")
    run = scoop_run(
        f"""
import asyncio, sys, types

CELLS = {cells!r}

async def notebook():
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    for cell in CELLS.split("\\n\\n"):
        exec(cell, main.__dict__)
        await asyncio.sleep(0)

asyncio.run(notebook())
""",
        plain=True,
    )
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines() == ["[0, 1, 2]", "[0, 10, 20] 30", "True 3", "True -3", "-7"]
