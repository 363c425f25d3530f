"""What fails of an executor, and what then breaks it: initializers, workers, the broker, the main script."""

from executors.programs import check
from running import RunScoop


def test_an_initializer_is_called_first_in_each_worker(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        table = []

        def prepare(*values):
            table.extend(values)

        def look(_):
            return table

        def main():
            with Executor(2, initializer=prepare, initargs=(1, 2)) as executor:
                assert all(found == [1, 2] for found in executor.map(look, range(100)))
            assert table == []
        """,
    )


def test_an_initializer_that_fails_breaks_the_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def prepare():
            raise ValueError("not today")

        def main():
            executor = Executor(2, initializer=prepare)
            rows = executor.map(square, range(10))
            error = executor.submit(square, 3).exception(60)
            assert isinstance(error, library.BrokenExecutor) and "not today" in str(error), error
            raises(BrokenExecutor, list, rows)
            raises(BrokenExecutor, executor.submit, square, 3)
            executor.shutdown()
            with Executor(1) as another:
                assert another.submit(square, 3).result() == 9
        """,
    )


def test_a_script_without_a_guard_is_told_so(scoop_run: RunScoop) -> None:
    run = scoop_run("from scoop import Executor\nprint(Executor(2).submit(abs, -3).result())\n", plain=True)
    assert run.status == 1
    assert "UnguardedMainError" in run.err
    assert '__name__ == "__main__"' in run.err


def test_a_call_whose_worker_dies_runs_again_and_then_fails_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def die(times):
            for number in range(times):
                try:
                    os.close(os.open(f"died-{number}", os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    continue
                os.kill(os.getpid(), signal.SIGKILL)
            return "alive"

        def main():
            with Executor(2) as executor:
                calls = [executor.submit(square, x) for x in range(100)]
                assert executor.submit(die, 1).result(60) == "alive"
                error = executor.submit(die, 100).exception(60)
                assert type(error) is WorkerLost and "die(100)" in str(error), error
                assert executor.submit(futures.with_retries(die, 0), 200).exception(60) is not None
                assert [future.result() for future in calls] == [x * x for x in range(100)]
                assert list(executor.map(square, range(100))) == [x * x for x in range(100)]
        """,
    )


def test_one_of_many_calls_that_kills_is_the_only_one_lost(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def sometimes_die(x):
            if x == 500:
                os.kill(os.getpid(), signal.SIGKILL)
            return x

        def main():
            with Executor(2) as executor:
                calls = [executor.submit(sometimes_die, x) for x in range(1000)]
                assert type(calls.pop(500).exception(60)) is WorkerLost
                assert [future.result(60) for future in calls] == [x for x in range(1000) if x != 500]
        """,
    )


def test_if_the_broker_dies_all_that_is_left_fails(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            executor = Executor(2)
            broker = executor.submit(os.getppid).result()
            calls = [executor.submit(is_open) for _ in range(100)]
            rows = executor.map(is_open, range(10))
            os.kill(broker, signal.SIGKILL)
            for future in calls:
                assert "signal 9" in str(future.exception(60)), future.exception()
                assert isinstance(future.exception(), library.BrokenExecutor)
            raises(BrokenExecutor, list, rows)
            raises(BrokenExecutor, executor.submit, square, 3)
            executor.shutdown()
        """,
    )


def test_a_script_that_workers_cannot_import_breaks_the_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        if not scoop.IS_ORIGIN:
            raise ValueError("not here")

        def main():
            with Executor(2) as executor:
                error = executor.submit(square, 3).exception(60)
                assert type(error) is MainImportError and "not here" in str(error), error
        """,
    )


def test_workers_that_die_while_they_start_break_the_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        if not scoop.IS_ORIGIN:
            os._exit(1)

        def main():
            with Executor(2) as executor:
                error = executor.submit(square, 3).exception(60)
                assert type(error) is MainImportError and "die while they start" in str(error), error
        """,
    )


def test_an_interpreter_that_cannot_start_is_named(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            here, sys.executable = sys.executable, "/no/such/python"
            error = raises(BrokenExecutor, Executor, 2)
            assert "/no/such/python" in str(error), error
            sys.executable = here
            with Executor(1) as executor:
                assert executor.submit(square, 3).result() == 9
        """,
    )
