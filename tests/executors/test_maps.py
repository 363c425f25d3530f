"""Executor.map(), as in concurrent.futures."""

from executors.programs import check
from running import RunScoop


def test_results_come_in_the_order_of_the_inputs(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                assert list(executor.map(square, range(10_000))) == [x * x for x in range(10_000)]
                assert list(executor.map(pow, (x for x in range(9)), [2] * 20)) == [x * x for x in range(9)]
                assert list(executor.map(square, [])) == [] and list(executor.map(square)) == []
                for chunksize, buffersize in [(1, None), (7, None), (100, 3), (1, 1), (1, 1000)]:
                    found = executor.map(square, iter(range(99)), chunksize=chunksize, buffersize=buffersize)
                    assert list(found) == [x * x for x in range(99)]
        """,
    )


def test_an_exception_comes_in_its_place_and_ends_the_map(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def inverse(x):
            return 1 / x

        def main():
            with Executor(2) as executor:
                results = executor.map(inverse, [1, 2, 0, 4])
                assert next(results) == 1 and next(results) == 0.5
                raises(ZeroDivisionError, next, results)
                raises(StopIteration, next, results)
                assert list(executor.map(square, range(3))) == [0, 1, 4]
        """,
    )


def test_a_time_limit_counts_from_the_call(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def after_gate(x):
            return x and is_open()

        def main():
            with Executor(2) as executor:
                results = executor.map(after_gate, [0, 1], timeout=0.5)
                raises(TimeoutError, list, results)
                open_gate()
                assert list(executor.map(square, range(3), timeout=60)) == [0, 1, 4]
        """,
    )


def test_all_inputs_are_read_at_the_call_or_as_many_as_are_buffered(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            read = []
            def inputs(number):
                for x in range(number):
                    read.append(x)
                    yield x
            with Executor(2) as executor:
                results = executor.map(square, inputs(1000))
                assert len(read) == 1000
                assert list(results) == [x * x for x in range(1000)]
                del read[:]
                results = executor.map(square, inputs(1000), buffersize=10)
                assert len(read) <= 10
                assert next(results) == 0 and len(read) < 30
                assert sum(results) == sum(x * x for x in range(1000))
        """,
    )


def test_results_outlive_the_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                found = executor.map(square, range(10_000))
                longer = executor.map(leave_mark, iter(range(20)))
                call = executor.submit(square, 3)
            assert marks() == 20, "what was begun has ended"
            assert list(found) == [x * x for x in range(10_000)] and list(longer) == [*range(20)]
            assert call.result() == 9
            raises(RuntimeError, executor.map, square, [1])
        """,
    )


def test_a_map_that_reads_on_after_the_end_is_told_so(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                results = executor.map(square, range(100), buffersize=2)
                assert next(results) == 0
            assert "after shutdown" in str(raises(RuntimeError, list, results))
        """,
    )


def test_a_map_keeps_its_executor(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            assert sum(Executor(2).map(square, range(1000), buffersize=3)) == sum(x * x for x in range(1000))
        """,
    )


def test_what_cannot_travel_fails_and_never_runs_in_the_program(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                lock = threading.Lock()
                error = raises(TaskNotSent, list, executor.map(lambda x: (lock, leave_mark(x)), range(10)))
                assert "lock" in str(error), error
                raises(TaskNotSent, list, executor.map(give, [1, lock]))
                assert marks() == 0
                assert list(executor.map(lambda x: x + 1, range(3))) == [1, 2, 3]
        """,
    )


def test_a_map_that_is_left_early_begins_nothing_more(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        def main():
            with Executor(2) as executor:
                for x in executor.map(leave_mark, range(1000)):
                    if x == 5:
                        break
            assert marks() < 500
        """,
    )


def test_a_result_that_was_handed_out_is_not_kept(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        from weakref import ref

        class Thing:
            pass

        def make(_):
            return Thing()

        def main():
            with Executor(2) as executor:
                for call in (executor.map, executor.map_as_completed):
                    for thing in call(make, range(10)):
                        seen = ref(thing)
                        del thing
                        assert seen() is None
        """,
    )
