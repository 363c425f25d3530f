"""futures.run_on_workers(), and initializers: what each worker calls."""

from running import Run, RunScoop
from scripts import check, everywhere, start


def test_each_worker_makes_the_call_once_and_its_results_come_back(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        """
        calls = []

        def note(x):
            calls.append(x)
            return os.getpid(), x, limit

        def look(_):
            time.sleep(0.002)
            return os.getpid(), calls, limit

        def main():
            global limit
            limit = 1  # what is set under the guard goes along
            for x in range(30):
                found = futures.run_on_workers(note, x)
                assert len({pid for pid, *_ in found} - {os.getpid()}) == 3
                assert [rest for _, *rest in found] == [[x, 1]] * 3
            for pid, seen, _ in futures.map(look, range(100)):
                assert seen == [*range(30)] or pid == os.getpid()
        """,
    )


def test_with_one_worker_the_program_makes_the_call(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        """
        def main():
            assert futures.run_on_workers(os.getpid) == [os.getpid()]
        """,
    )


def test_workers_that_are_busy_make_the_call_before_their_next_task(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        made = False

        def make():
            global made
            made = True

        def busy(_):
            time.sleep(0.2)
            return made or scoop.IS_ORIGIN

        def main():
            first = [futures.submit(busy, x) for x in range(4)]
            until(lambda: any(each.running() for each in first))
            assert futures.run_on_workers(make) == [None, None]
            assert all(futures.map(busy, range(4)))
            for each in first:
                each.result()
        """,
    )


def test_workers_that_start_later_make_the_call_if_asked(scoop_run: RunScoop) -> None:
    body = """
        import signal

        made = set()

        def make(later):
            made.add(later)

        def die(x):
            if not os.path.exists(f"dead-{x}"):
                open_gate(f"dead-{x}")
                os.kill(os.getpid(), signal.SIGKILL)
            return made

        def main():
            for later in True, False:
                assert len(futures.run_on_workers(make, later, later=later)) == 2
            found = [futures.submit(die, x).result() for x in range(5)]
            assert all(True in each for each in found)
            assert any(False not in each for each in found)
        """
    check(scoop_run, 2, body, "--retries", "5", "--spare-origin", "-q")


def test_what_a_call_raises_is_raised_and_what_cannot_travel_refused(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        from scoop.errors import ResultNotSent, ScoopError, TaskNotSent

        def main():
            error = raises(ValueError, futures.run_on_workers, fail, "here")
            assert str(error) == "here"
            raises(TaskNotSent, futures.run_on_workers, give, threading.Lock())
            raises(ResultNotSent, futures.run_on_workers, threading.Lock)
            raises(TypeError, futures.run_on_workers, 3)
            raises(ScoopError, elsewhere, futures.run_on_workers, os.getpid)
            assert list(futures.map(square, range(10))) == [x * x for x in range(10)]
        """,
    )


def test_a_worker_that_dies_of_the_call_is_not_waited_for(scoop_run: RunScoop) -> None:
    body = """
        import signal

        def main():
            assert futures.run_on_workers(die) == []
            assert list(futures.map(square, range(10))) == [x * x for x in range(10)]

        def die():
            os.kill(os.getpid(), signal.SIGKILL)
        """
    check(scoop_run, 2, body, "-q")


def test_an_interrupted_call_leaves_the_workers_as_they_are(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        import signal

        def wait():
            open_gate(f"begun-{os.getpid()}")
            is_open()

        def strike():
            until(lambda: any(name.startswith("begun") for name in os.listdir()))
            os.kill(os.getpid(), signal.SIGINT)

        def main():
            threading.Thread(target=strike).start()
            raises(KeyboardInterrupt, futures.run_on_workers, wait)
            open_gate()
            assert len(futures.run_on_workers(os.getpid)) == 2
        """,
    )


@everywhere
def test_an_initializer_is_called_by_each_process_before_its_tasks(scoop_run: RunScoop, n: int) -> None:
    body = """
        if __name__ != "__main__":
            def setup():
                sys.is_set_up = True

        def is_set_up(_):
            time.sleep(0.002)
            return sys.is_set_up

        def main():
            assert all(futures.map(is_set_up, range(100)))
        """
    check(scoop_run, n, body, "--initializer", "script:setup")


def test_an_initializer_that_fails_in_a_worker_ends_the_run(scoop_run: RunScoop) -> None:
    body = """
        def setup():
            raise KeyError("no database")

        def main():
            print(list(futures.map(square, range(100))))
        """
    run = start(scoop_run, 2, body, "--spare-origin", "--initializer", "script:setup")
    assert (run.status, run.out) == (1, "")
    assert "BrokenExecutor: the initializer has failed in a worker" in run.err
    assert "KeyError: 'no database'" in run.err


def test_an_initializer_that_fails_in_the_program_ends_it(scoop_run: RunScoop) -> None:
    body = """
        def setup():
            if scoop.IS_ORIGIN:
                raise KeyError("no database")

        def main():
            print("begun")
        """
    run = start(scoop_run, 2, body, "--initializer", "script:setup")
    assert (run.status, run.out) == (1, "")
    assert "KeyError: 'no database'" in run.err


def test_an_initializer_that_names_no_function_is_refused(scoop_run: RunScoop) -> None:
    run: Run = scoop_run("", options=("--initializer", "setup"))
    assert run.status == 2
    assert "'setup' is no function of a module, such as setup:connect" in run.err


@everywhere
def test_a_coroutine_runs_on_the_event_loop_of_each_worker(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        import asyncio

        async def call(x):
            await asyncio.sleep(0.01)
            return os.getpid(), x, threading.current_thread() is threading.main_thread()

        async def calls_a_task(x):
            await asyncio.sleep(0)
            return await futures.submit(square, x)

        async def fails():
            await asyncio.sleep(0)
            fail("awaited")

        def main():
            found = futures.run_on_workers(call, 3)
            assert len({pid for pid, *_ in found}) == len(found) == scoop.SIZE, found
            assert all(rest == [3, False] for _, *rest in found) or scoop.SIZE == 1
            assert futures.run_on_workers(calls_a_task, 4) == [16] * scoop.SIZE
            assert str(raises(ValueError, futures.run_on_workers, fails)) == "awaited"
            assert [*futures.map(square, range(9))] == [x * x for x in range(9)]
        """,
    )
