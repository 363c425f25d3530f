"""How executors end, and what ends with them. The census after each test sees that nothing is left."""

import os
import signal
import sys

import psutil
import pytest

from background import Background, background, until
from executors.programs import IMPORTS, check, start
from running import RunScoop, write
from scripts import MAIN, program

__all__ = ["background"]


def test_shutdown_may_be_called_twice_and_nothing_is_taken_after_it(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            executor = Executor(2)
            future = executor.submit(square, 3)
            executor.shutdown()
            executor.shutdown(wait=False)
            assert future.result() == 9
            assert "after shutdown" in str(raises(RuntimeError, executor.submit, square, 3))
            Executor(2).shutdown()
            with Executor(2) as executor:
                executor.shutdown()
        """,
    )


def test_shutdown_without_waiting_lets_go_on_what_was_submitted(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            executor = Executor(1)
            futures = [executor.submit(is_open), executor.submit(square, 3)]
            executor.shutdown(wait=False)
            raises(RuntimeError, executor.submit, square, 3)
            open_gate()
            assert [future.result() for future in futures] == [True, 9]
        """,
    )


def test_shutdown_cancels_what_waits_if_asked_to(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def begin():
            open_gate("begun")
            return is_open()

        def main():
            executor = Executor(1)
            first = executor.submit(begin)
            is_open("begun")
            others = [executor.submit(leave_mark, number) for number in range(200)]
            rows = executor.map(leave_mark, range(1000, 2000))
            executor.shutdown(wait=False, cancel_futures=True)
            assert others[-1].cancelled()
            open_gate()
            executor.shutdown()
            assert first.result() is True
            assert marks() == sum(not future.cancelled() for future in others) < 200
            raises(library.CancelledError, list, rows)
        """,
    )


def test_a_program_that_ends_without_shutdown_ends_its_calls_first(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def main():
            executor = Executor(2)
            for x in range(20):
                executor.submit(leave_mark, x).add_done_callback(lambda future: print("done", future.result()))
            executor.map(leave_mark, range(100, 110))
            print_at_end(marks)
        """,
    )
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[-1] == "30"
    assert sorted(lines[:-1]) == sorted(["fine", *(f"done {x}" for x in range(20))])


def test_an_executor_that_is_forgotten_ends(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import gc

        def main():
            future = Executor(2).submit(square, 3)
            gc.collect()
            assert future.result() == 9
            until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("scoop")])
        """,
    )


def test_a_program_that_fails_ends_with_its_own_status(scoop_run: RunScoop) -> None:
    run = start(
        scoop_run,
        """
        def main():
            executor = Executor(2)
            executor.submit(square, 3)
            sys.exit(3)
        """,
    )
    assert (run.status, run.out, run.err) == (3, "", "")


def test_a_program_that_is_killed_leaves_nothing(background: Background) -> None:
    source = """
    def main():
        executor = Executor(2)
        calls = [executor.submit(is_open) for _ in range(10)]
        print(executor.submit(square, 3) and "up", flush=True)
        calls[0].result()

    if __name__ == "__main__":
        main()
    """
    write(background.folder / "script.py", program(IMPORTS) + program(source).removeprefix(program("")))
    command = background(sys.executable, "script.py")
    command.says("up")
    until(lambda: len(psutil.Process(command.process.pid).children(recursive=True)) >= 3)
    command.process.send_signal(signal.SIGKILL)
    assert command.end() == -signal.SIGKILL


def test_a_child_that_the_program_forks_has_no_part_in_it(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                assert executor.submit(square, 3).result() == 9
                warnings.simplefilter("ignore", DeprecationWarning)  # Python's own, of forks where there are threads
                if (child := os.fork()) == 0:
                    try:
                        raises(RuntimeError, executor.submit, square, 3)
                        with Executor(1) as another:
                            assert another.submit(square, 4).result() == 16
                        os._exit(0)
                    finally:
                        os._exit(1)
                assert os.waitpid(child, 0)[1] == 0
                assert executor.submit(square, 5).result() == 25
        """,
    )


def test_ctrl_c_interrupts_a_wait_and_loses_nothing(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                calls = [executor.submit(is_open) for _ in range(10)]
                interrupted(lambda inside: (inside(), calls[0].result()))
                open_gate()
                assert all(future.result(60) for future in calls)
        """,
    )


def test_ctrl_c_out_of_its_block_cancels_what_has_not_begun(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def begin():
            open_gate("begun")
            return is_open()

        def block(executor, calls, inside):
            with executor:
                inside()
                calls[0].result()

        def main():
            executor, calls = Executor(1), []
            calls.append(executor.submit(begin))
            is_open("begun")
            calls += [executor.submit(leave_mark, number) for number in range(1000)]
            calls[-1].add_done_callback(lambda _: open_gate())
            interrupted(lambda inside: block(executor, calls, inside))
            assert calls[0].result() is True and calls[-1].cancelled()
            assert marks() < 1000
        """,
    )


def test_an_executor_that_is_made_by_a_child_of_multiprocessing_works(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import multiprocessing

        class C:
            pass

        def child(queue):
            with Executor(2) as executor:
                queue.put((executor.submit(square, 3).result(), type(executor.submit(C).result()) is C))

        def main():
            for kind in ("fork", "spawn"):
                context = multiprocessing.get_context(kind)
                queue = context.Queue()
                process = context.Process(target=child, args=(queue,))
                process.start()
                assert queue.get() == (9, True), kind
                process.join()
                assert process.exitcode == 0
        """,
    )


def test_executors_that_have_ended_leave_nothing_in_the_program(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import gc
        from greenlet import greenlet

        def census():
            gc.collect()
            things = [thing for thing in gc.get_objects() if isinstance(thing, greenlet)]
            return len(os.listdir("/proc/self/fd")), threading.active_count(), len(things)

        def use():
            with Executor(1) as executor:
                assert executor.submit(square, 3).result() == 9
                assert sum(executor.map(square, range(10))) == 285

        def main():
            use()
            before = census()
            for _ in range(5):
                use()
            after = census()
            # A fiber of a thread that has ended is freed when another thread next switches: so one may be left.
            assert after[:2] == before[:2] and after[2] <= before[2] + 1, (before, after)
        """,
    )


def test_what_tasks_have_started_ends_with_the_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        import subprocess

        def child():
            return subprocess.Popen(["sleep", "1000"]).pid

        def main():
            with Executor(1) as executor:
                pid = executor.submit(child).result()
                os.kill(pid, 0)
            raises(ProcessLookupError, os.kill, pid, 0)
        """,
    )


def test_ctrl_c_in_a_terminal_is_for_the_program_alone(background: Background) -> None:
    source = """
    def main():
        with Executor(2) as executor:
            calls = [executor.submit(is_open, "never" if x else "gate") for x in range(2)]
            print("made", flush=True)
            try:
                calls[0].result()
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            open_gate()
            assert calls[0].result(60)
            assert list(executor.map(square, range(10))) == [x * x for x in range(10)]
            open_gate("never")
        print("fine", flush=True)

    if __name__ == "__main__":
        main()
    """
    write(background.folder / "script.py", program(IMPORTS) + program(source).removeprefix(program("")))
    command = background(sys.executable, "script.py")
    command.says("made")
    os.killpg(command.process.pid, signal.SIGINT)  # the fresh interpreter has hardly started
    command.says("interrupted")
    command.says("fine")
    assert command.end() == 0
    assert command.err == ""


SHUT_DOWN_AMID = """
        def mark(number):
            open(f"mark-{number}", "w").close()
            if number == 100:
                is_open()
            time.sleep(0.02 * (number >= SLOW_FROM))
            return number

        def main():
            executor = Executor(WORKERS)
            for number in range(20):
                executor.submit(mark, number).result()
            sent = [executor.submit(mark, number) for number in range(100, 400)]
            after = executor.submit(mark, sent[0])
            until(lambda: os.path.exists("mark-100"))
            executor.shutdown(wait=False, cancel_futures=True)
            until(lambda: all(each.done() for each in sent[1:]))
            open_gate()
            executor.shutdown()
            made = [each.result() for each in sent if not each.cancelled()]
            assert made[0] == 100 and after.cancelled() and len(made) < 100
            assert 20 + len(made) == marks(), (len(made), marks())
            told = []
            sent[-1].add_done_callback(told.append)
            assert told == [sent[-1]]
"""


@pytest.mark.parametrize(("workers", "slow_from"), [(1, 1000), (2, 100)])
def test_what_was_sent_and_has_not_begun_is_cancelled(scoop_run: RunScoop, workers: int, slow_from: int) -> None:
    check(scoop_run, SHUT_DOWN_AMID.replace("WORKERS", str(workers)).replace("SLOW_FROM", str(slow_from)))


def test_within_a_run_likewise(scoop_run: RunScoop) -> None:
    body = SHUT_DOWN_AMID.replace("WORKERS", "2").replace("SLOW_FROM", "100")
    run = scoop_run(program(IMPORTS) + program(body).removeprefix(program("")) + MAIN, n=2)
    assert (run.status, run.out, run.err) == (0, "fine\n", ""), run.err
