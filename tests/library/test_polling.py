"""To look again and again whether a future is done ends, though nobody waits for it."""

import pytest

from running import RunScoop
from scripts import check, everywhere, start


@pytest.mark.parametrize("n", [1, 2, 4])
def test_polling_done_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            fs = [futures.submit(square, i) for i in range(10)]
            assert [poll(f) for f in fs] == [i * i for i in range(10)]
        """,
    )


@everywhere
def test_polling_with_timeout_zero_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            future = futures.submit(square, 3)
            until(lambda: futures.wait([future], timeout=0).done)
            future = futures.submit(square, 4)
            until(has_result, future)
            assert future.result(timeout=0) == 16

        def has_result(future):
            try:
                future.result(timeout=0)
            except TimeoutError:
                return False
            return True
        """,
    )


@pytest.mark.parametrize("n", [2, 4])
def test_an_idle_worker_takes_what_is_offered_after_a_wait_with_a_timeout(scoop_run: RunScoop, n: int) -> None:
    run = start(
        scoop_run,
        n,
        """
        def stay(lock):  # a task that cannot travel
            return is_open()

        def in_the_thread(future):
            assert future.result()

        def main():
            staying = Future(None, stay, threading.Lock())
            thread = threading.Thread(target=in_the_thread, args=[staying], daemon=True)
            thread.start()
            until(staying.running)
            for x in range(20):
                assert futures.wait([staying], timeout=0.01).done == set()  # there is nothing to do meanwhile
                assert poll(futures.submit(square, x)) == x * x
            open_gate()
            thread.join()
        """,
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


@pytest.mark.parametrize("n", [1, 2, 4])
def test_polling_in_a_task_that_is_polled_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def inner():
            return 7

        def outer():
            return poll(futures.submit(inner))

        def main():
            assert poll(futures.submit(outer)) == 7
            fs = [futures.submit(outer) for _ in range(4)]
            assert [poll(f) for f in fs] == [7] * 4
        """,
    )


@everywhere
def test_polling_a_task_that_nests_deeply_ends(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def nest(depth):
            return 0 if depth == 0 else 1 + futures.submit(nest, depth - 1).result()

        def main():
            assert poll(futures.submit(nest, 200)) == 200
        """,
    )
