"""Every timeout is honoured; the task goes on, and its result is there later."""

from running import Run, RunScoop
from scripts import check, everywhere, start


@everywhere
def test_every_timeout_is_honoured_and_the_result_is_there_later(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def same(x):
            return is_open()

        def add(a, b):
            return a + b

        def main():
            future = futures.submit(is_open)
            assert raises(TimeoutError, future.result, 0.1) is not raises(TimeoutError, future.exception, 0.05)
            assert futures.wait([future], timeout=0.05) == (set(), {future})
            raises(TimeoutError, list, futures.as_completed([future], timeout=0.05))
            raises(TimeoutError, list, futures.map(same, [1, 2], timeout=0.05))
            raises(TimeoutError, list, futures.map_as_completed(same, [1, 2], timeout=0.05))
            raises(TimeoutError, futures.mapReduce, same, add, [1, 2, 3], timeout=0.05)
            raises(TimeoutError, futures.mapScan, same, add, [1, 2, 3], timeout=0.05)
            assert not future.done()  # so no timeout had to wait for its end
            error = raises(TypeError, shared.getConst, "nowhere", timeout="1")
            assert str(error) == "timeout must be seconds or None, not str: '1'", error
            open_gate()
            assert future.result() is True
        """,
    )


@everywhere
def test_a_task_that_a_timeout_gave_up_on_still_ends_before_the_run_does(scoop_run: RunScoop, n: int) -> None:
    body = """
        def slowly():
            is_open()
            time.sleep(0.2)
            return leave_mark(1)

        def main():
            raises(TimeoutError, futures.submit(slowly).result, 0.1)
            open_gate()

        print_at_end(marks)
        """
    assert start(scoop_run, n, body) == Run(0, "fine\n1\n", "")


def test_a_timeout_may_be_longer_than_clocks_count(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            for forever in float("inf"), 1e300:
                assert futures.submit(square, 3).result(timeout=forever) == 9
                assert futures.wait([futures.submit(square, 3)], timeout=forever).not_done == set()
                assert list(futures.map(square, [3], timeout=forever)) == [9]
        """,
    )


@everywhere
def test_nested_waits_with_timeouts(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result(timeout=100)

        def main():
            assert futures.submit(nest, 300).result() == 300
        """,
    )


@everywhere
def test_a_nest_of_tasks_goes_on_after_a_timeout_gave_up_on_it(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            if depth == 0:
                return 0
            if depth == 190:
                is_open()
            return 1 + futures.submit(nest, depth - 1).result()

        def main():
            future = futures.submit(nest, 200)
            raises(TimeoutError, future.result, 0.1)
            open_gate()
            assert poll(future) == 200
        """,
    )


@everywhere
def test_a_program_that_has_had_deputies_ends_in_peace(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result(timeout=100)

        def main():
            for _ in range(5):
                assert nest(20) == 20
                assert sum(futures.map(nest, [3] * 20, timeout=100)) == 60
        """,
    )
