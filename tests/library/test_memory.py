"""Futures cost little memory, and are freed when nobody wants them any more."""

import pytest

from running import RunScoop
from scripts import check

PEAK = """
        def peak():
            # Not ru_maxrss: that is inherited from who started us.
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
"""


@pytest.mark.thorough
def test_a_million_futures_alive(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        PEAK
        + """
        def main():
            fs = [futures.submit(abs, -i) for i in range(1_000_000)]
            assert sum(f.result() for f in fs) == 1_000_000 * 999_999 // 2
            assert peak() < 1_000_000  # KB
        """,
    )


@pytest.mark.thorough
def test_waiting_for_the_first_of_many_again_and_again_costs_no_memory(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        PEAK
        + """
        def main():
            fs = [futures.submit(abs, -i) for i in range(1000)]
            left, ended = set(fs), 0
            while left:
                done, left = futures.wait(left, return_when=futures.FIRST_COMPLETED)
                ended += len(done)
            assert ended == 1000
            slow = futures.submit(is_open)
            raises(TimeoutError, slow.result, 0.1)
            before = peak()
            for _ in range(50_000):
                futures.wait([slow], timeout=0)
            assert peak() - before < 10_000
            open_gate()
            assert slow.result()
        """,
    )


def test_failed_futures_are_freed_without_the_collector(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        1,
        PEAK
        + """
        import gc

        def fail():
            ballast = bytearray(5_000_000)
            raise ValueError

        def main():
            gc.disable()
            for _ in range(100):
                try:
                    futures.submit(fail).result()
                except ValueError:
                    pass
            assert peak() < 300_000  # KB
        """,
    )
