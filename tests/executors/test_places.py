"""Where executors are made: any program, thread or event loop, several at once, and within runs."""

from pathlib import Path

import pytest

from executors.programs import check, fail, give, pid, start
from running import RunScoop, run_python
from scoop import Executor
from scripts import check as check_in_run
from scripts import everywhere


def test_within_a_test_of_pytest() -> None:
    with Executor(2) as executor:
        assert executor.submit(give, 3).result() == 3
        assert len({executor.submit(pid).result() for _ in range(20)}) <= 2
        assert list(executor.map(lambda x: x + 1, range(10))) == [*range(1, 11)]
        with pytest.raises(ValueError, match="of mine"):
            executor.submit(fail, "of mine").result()


def test_in_code_of_the_command_line_and_of_standard_input(tmp_path: Path) -> None:
    source = """
from scoop import Executor
class C:
    def __init__(self, x): self.x = x
def f(x): return C(g(x))
def g(x): return x + 1
with Executor(2) as executor:
    found = executor.submit(f, 1).result()
    assert type(found) is C, type(found)
    print(found.x, list(executor.map(lambda x: f(x).x, range(3))))
    def g(x): return x + 2
    print(executor.submit(f, 1).result().x)
"""
    for run in (run_python("-c", source, cwd=tmp_path), run_python("-", cwd=tmp_path, stdin=source)):
        assert (run.status, run.out, run.err) == (0, "2 [1, 2, 3]\n3\n", "")


def test_a_module_that_is_run_is_imported_by_workers(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(
        "from scoop import Executor\nclass C: pass\n"
        "if __name__ == '__main__':\n    with Executor(2) as executor:\n"
        "        assert type(executor.submit(C).result()) is C\n        print('fine')\n"
    )
    for words in (("-m", "package"), ("package",)):
        run = run_python(*words, cwd=tmp_path)
        assert (run.status, run.out, run.err) == (0, "fine\n", "")


def test_in_a_thread_that_ends_before_it_does(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            made = []
            thread = threading.Thread(target=lambda: made.append(Executor(2)))
            thread.start()
            thread.join()
            found = []
            def work():
                found.extend(made[0].map(square, range(99)))
            threads = [threading.Thread(target=work) for _ in range(9)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            assert sorted(found) == sorted([x * x for x in range(99)] * 9)
            made[0].shutdown()
        """,
    )


def test_in_an_event_loop_which_goes_on_meanwhile(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        async def work():
            loop = asyncio.get_running_loop()
            with Executor(2) as executor:
                assert await loop.run_in_executor(executor, square, 3) == 9
                assert await asyncio.wrap_future(executor.submit(square, 4)) == 16
                many = [loop.run_in_executor(executor, square, x) for x in range(500)]
                assert await asyncio.gather(*many) == [x * x for x in range(500)]
                late = loop.run_in_executor(executor, is_open)
                for _ in range(10):
                    await asyncio.sleep(0.001)
                assert not late.done()
                open_gate()
                assert await late
                try:
                    await loop.run_in_executor(executor, fail, "of mine")
                except ValueError:
                    return
                raise AssertionError

        def main():
            asyncio.run(work())
        """,
    )


@pytest.mark.thorough
def test_several_at_once_have_workers_of_their_own(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(1) as first, Executor(1) as second, Executor(1) as third:
                everyone = first, second, third
                pids = [executor.submit(os.getpid).result() for executor in everyone]
                assert len({*pids}) == 3
                first.submit(is_open)
                assert [executor.submit(square, 3).result() for executor in (second, third)] == [9, 9]
                second.submit(os.kill, pids[1], signal.SIGKILL).exception()
                assert third.submit(os.getpid).result() == pids[2]
                open_gate()
            for _ in range(5):
                with Executor(2) as executor:
                    assert executor.submit(square, 3).result() == 9
        """,
    )


def test_within_its_block_futures_and_shared_use_its_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            raises(NotStartedProperly, futures.submit, square, 3)
            with Executor(2) as outer:
                assert futures.submit(os.getpid).result() != os.getpid()
                assert list(futures.map(square, range(100))) == [x * x for x in range(100)]
                assert sorted(futures.map_as_completed(square, range(9))) == [x * x for x in range(9)]
                assert futures.mapReduce(square, max, range(100)) == 99 * 99
                assert futures.mapScan(square, max, range(4)) == [0, 1, 4, 9]
                assert len(futures.wait([futures.submit(square, x) for x in range(9)]).done) == 9
                shared.setConst(answer=42)
                assert outer.submit(shared.getConst, "answer").result() == 42
                with Executor(1) as inner:
                    assert shared.getConst("answer", timeout=0) is None
                    mine = futures.submit(os.getpid).result()
                    assert inner.submit(os.getpid).result() == mine
                assert futures.submit(os.getpid).result() != mine and shared.getConst("answer") == 42
            raises(NotStartedProperly, futures.submit, square, 3)
        """,
    )


def test_within_its_block_tasks_of_futures_that_cannot_travel_run_here(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def main():
            lock = threading.Lock()
            with Executor(2):
                assert futures.submit(lambda: (lock, os.getpid())).result() == (lock, os.getpid())
                assert list(futures.map(lambda x: (lock, x)[1], range(3))) == [0, 1, 2]
        """,
    )
    assert (run.status, run.out) == (0, "fine\n")
    assert "cannot travel to other workers" in run.err


def test_tasks_may_start_tasks_and_make_executors(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def tree(depth):
            if depth == 0:
                return 1
            with Executor() as executor:
                return sum(executor.map(tree, [depth - 1] * 2)) + executor.submit(tree, 0).result() - 1

        def fib(n):
            if n < 2:
                return n
            children = [futures.submit(fib, n - 1), futures.submit(fib, n - 2)]
            return sum(child.result() for child in children)

        def main():
            with Executor(2) as executor:
                assert executor.submit(fib, 15).result() == 610
                assert executor.submit(tree, 5).result() == 32
        """,
    )


@everywhere
def test_within_a_run_it_uses_the_workers_of_the_run(scoop_run: RunScoop, n: int) -> None:
    check_in_run(
        scoop_run,
        n,
        """
        from concurrent import futures as library
        from scoop import Executor
        table = []

        def look():
            return [*table]

        def fib(n):
            if n < 2:
                return n
            with Executor() as executor:
                return sum(child.result() for child in [executor.submit(fib, n - 1), executor.submit(fib, n - 2)])

        def waits_blindly(depth):
            if depth == 0:
                return 1
            with Executor() as executor:
                done, _ = library.wait([executor.submit(waits_blindly, depth - 1) for _ in range(2)])
                return sum(future.result() for future in done)

        def main():
            with Executor(7, initializer=table.extend, initargs=([1],)) as executor:
                assert executor.submit(look).result() == [1]
                assert list(executor.map(square, range(1000))) == [x * x for x in range(1000)]
                calls = [executor.submit(square, x) for x in range(100)]
                assert all(isinstance(future, library.Future) for future in calls)
                assert len(library.wait(calls).done) == 100
                raises(ValueError, executor.submit(fail, "of mine").result)
                assert executor.submit(fib, 12).result() == 144
                assert executor.submit(waits_blindly, 3).result() == 8
            raises(RuntimeError, executor.submit, square, 3)
        """,
    )
