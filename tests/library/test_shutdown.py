"""A program that has found its answer wants nothing more of what has not begun."""

from running import Run, RunScoop
from scripts import check, everywhere, program


@everywhere
def test_nothing_begins_after_a_shutdown_that_cancels(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        from scoop.futures import CancelledError

        def begin(number):
            leave_mark(number)
            time.sleep(0.05)
            return number

        def main():
            tasks = [futures.submit(begin, number) for number in range(200)]
            mapped = futures.map(begin, range(1000, 2000))
            assert tasks[0].result() == 0
            futures.shutdown(cancel_futures=True)
            begun = marks()
            assert all(task.done() for task in tasks), [repr(task) for task in tasks if not task.done()]
            assert tasks[-1].cancelled(), [task.cancelled() for task in tasks]
            ended = [task for task in tasks if not task.cancelled()]
            assert ended and [task.result() for task in ended] == [tasks.index(task) for task in ended]
            with_error(list, mapped)
            time.sleep(0.2)
            assert marks() <= begun + scoop.SIZE, (marks(), begun)
            assert futures.submit(square, 4).result() == 16  # the calls work as before

        def with_error(function, *args):
            try:
                function(*args)
            except CancelledError as error:
                assert "shutdown" in str(error)
            else:
                raise AssertionError("no CancelledError")
        """,
    )


def test_a_run_ends_with_its_program_after_a_shutdown_that_cancels(scoop_run: RunScoop) -> None:
    source = """
    def endless(number):
        open(f"begun-{number}", "w").close()
        while True:
            time.sleep(0.01)

    if __name__ == "__main__":
        tasks = [futures.submit(endless, number) for number in range(9)]
        until(lambda: os.path.exists("begun-0"))
        futures.shutdown(wait=False, cancel_futures=True)
        print("found")
    """
    assert scoop_run(program(source), n=2) == Run(0, "found\n", "")


def test_what_is_packed_during_a_shutdown_does_not_begin(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        packing = threading.Event()

        class Slow:
            def __reduce__(self):
                packing.set()
                time.sleep(0.3)
                return Slow, ()

        def begin(_, number):
            leave_mark(number)

        def main():
            assert sorted(futures.map(square, range(99))) == [x * x for x in range(99)]  # the workers are there
            tasks = [futures.submit(begin, Slow(), number) for number in range(3)]
            assert packing.wait(60)
            futures.shutdown(cancel_futures=True)
            assert all(task.done() for task in tasks), tasks
            begun = marks()
            time.sleep(1)
            assert marks() == begun, (marks(), begun)
        """,
    )
