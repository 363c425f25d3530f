"""Callbacks may be slow, and may use futures."""

import pytest

from running import Run, RunScoop
from scripts import check, everywhere, start


@pytest.mark.parametrize("n", [1, 2, 4])
def test_callbacks_may_use_futures(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            made, waited = [], []
            def more(future):
                made.append(futures.submit(square, future.result()))
                waited.append(futures.submit(square, 2).result() + sum(futures.map(square, range(4))))
            fs = [futures.submit(square, i) for i in range(50)]
            for future in fs:
                future.add_done_callback(more)
            futures.wait(fs)
            until(lambda: len(waited) == 50)
            assert sorted(f.result() for f in made) == [i**4 for i in range(50)]
            assert waited == [18] * 50
        """,
    )


@everywhere
def test_a_slow_callback_ends_before_the_run_does(scoop_run: RunScoop, n: int) -> None:
    body = """
        def slowly(future):
            time.sleep(0.4)
            futures.submit(leave_mark, future.result())

        def main():
            fs = [futures.submit(square, i) for i in range(2)]
            for future in fs:
                future.add_done_callback(slowly)
            for future in fs:
                until(future.done)

        print_at_end(marks)
        """
    assert start(scoop_run, n, body) == Run(0, "fine\n2\n", "")
