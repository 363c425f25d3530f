"""The rows of the reference's "Futures module", in its order: one test for each, named after it."""

from running import RunScoop
from scripts import check, everywhere


@everywhere
def test_as_completed(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            fs = [futures.submit(square, i) for i in range(20)]
            cancelled = Future(None, square, 100)
            assert cancelled.cancel()
            got = list(futures.as_completed([*fs, cancelled]))
            assert len(got) == 21 and set(got) == {*fs, cancelled}  # each once, the cancelled one too
            assert all(f.done() for f in got)
            assert sorted(f.result() for f in fs) == [i * i for i in range(20)]
            assert list(futures.as_completed([])) == []
            assert list(futures.as_completed([fs[0], fs[0]])) == [fs[0]]
            assert set(futures.as_completed(f for f in fs)) == set(fs)

            slow = futures.submit(is_open)
            waiting = futures.as_completed([fs[0], slow], timeout=0.1)
            assert next(waiting) is fs[0]
            raises(TimeoutError, next, waiting)
            assert not slow.done()
            open_gate()
            assert list(futures.as_completed([slow], timeout=60)) == [slow]
            assert slow.result() is True
        """,
    )


def test_as_completed_yields_as_they_complete(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            slow, fast = taken(is_open), futures.submit(square, 3)
            order = futures.as_completed([slow, fast])
            assert next(order) is fast
            open_gate()
            assert next(order) is slow
            assert list(order) == []
        """,
    )


@everywhere
def test_map(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def tell(*args):
            return args

        class Adder:
            def __init__(self, by):
                self.by = by
            def __call__(self, x):
                return x + self.by

        def careful(x):
            if x == 5:
                raise ValueError(f"no {x}")
            return x

        def main():
            assert list(futures.map(square, range(200))) == [i * i for i in range(200)]
            zipped = futures.map(tell, [1, 2, 3], "ab", (x for x in range(9)))
            assert list(zipped) == [(1, "a", 0), (2, "b", 1)]
            assert list(futures.map(Adder(10), [1, 2])) == [11, 12]
            assert list(futures.map(square, [])) == []
            results = futures.map(square, [1, 2, 3])
            assert iter(results) is results and next(results) == 1

            # The exception comes in its place: all before it are delivered.
            before = []
            def consume():
                for x in futures.map(careful, range(10)):
                    before.append(x)
            assert str(raises(ValueError, consume)) == "no 5"
            assert before == [0, 1, 2, 3, 4]
        """,
    )


@everywhere
def test_map_timeout(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def wait_and_leave_mark(number):
            return is_open() and leave_mark(number)

        def main():
            results = futures.map(wait_and_leave_mark, [1], timeout=0.1)
            raises(TimeoutError, next, results)
            # It counts from the call to map, not from that to next.
            results = futures.map(wait_and_leave_mark, [2], timeout=0.3)
            time.sleep(0.4)
            raises(TimeoutError, next, results)
            assert marks() == 0  # no task had to end for that
            open_gate()
            assert list(futures.map(is_open, ["gate"] * 3, timeout=60)) == [True] * 3
            assert list(futures.map(is_open, ["gate"] * 3, timeout=None)) == [True] * 3
        """,
    )


@everywhere
def test_map_as_completed(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert sorted(futures.map_as_completed(square, range(100))) == sorted(i * i for i in range(100))
            assert sorted(futures.map_as_completed(max, [1, 5, 3], [4, 2])) == [4, 5]
            assert list(futures.map_as_completed(square, [])) == []
            raises(ValueError, list, futures.map_as_completed(fail, ["a"]))

            results = futures.map_as_completed(is_open, ["gate"], timeout=0.1)
            raises(TimeoutError, next, results)
            open_gate()
            assert list(futures.map_as_completed(is_open, ["gate"], timeout=60)) == [True]
        """,
    )


def test_map_as_completed_does_not_hold_results_back(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def gate_or_square(x):
            return is_open() if x == 0 else square(x)

        def main():
            results = futures.map_as_completed(gate_or_square, range(10), timeout=60)
            early = [next(results) for _ in range(9)]
            assert sorted(early) == [i * i for i in range(1, 10)]
            open_gate()
            assert list(results) == [True]
        """,
    )


@everywhere
def test_shutdown(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            assert futures.shutdown() is None
            assert futures.shutdown(wait=False) is None
            assert futures.shutdown(True) is None
            assert futures.submit(square, 4).result() == 16
        """,
    )


@everywhere
def test_wait(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            fs = [futures.submit(square, i) for i in range(10)]
            outcome = futures.wait(fs)
            done, not_done = outcome
            assert isinstance(outcome, tuple) and len(outcome) == 2
            assert outcome.done is done and outcome.not_done is not_done
            assert done == set(fs) and type(done) is set
            assert not_done == set() and type(not_done) is set
            assert futures.wait([]) == (set(), set())
            assert futures.wait(f for f in fs).done == set(fs)
            cancelled = Future(None, square, 1)
            cancelled.cancel()
            assert futures.wait([cancelled]).done == {cancelled}
            assert (futures.ALL_COMPLETED, futures.FIRST_COMPLETED, futures.FIRST_EXCEPTION) == (
                "ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION")
        """,
    )


@everywhere
def test_wait_timeout(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        """
        def main():
            quick = futures.submit(square, 2)
            assert quick.result() == 4
            slow = futures.submit(is_open)  # later: who waits for what another has begun does what else there is
            assert futures.wait([quick, slow], timeout=0) == ({quick}, {slow})
            assert futures.wait([quick, slow], timeout=0.1) == ({quick}, {slow})
            assert futures.wait([quick, slow], 0.1, futures.FIRST_EXCEPTION) == ({quick}, {slow})
            open_gate()
            assert futures.wait([quick, slow], timeout=60) == ({quick, slow}, set())
            # No limit: what is negative, what is None, what is not given.
            for limit in (-1, None, -0.5):
                f = futures.submit(square, 3)
                assert futures.wait([f], timeout=limit) == ({f}, set())
        """,
    )


def test_wait_return_when(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        """
        def main():
            slow = taken(is_open)
            quick = futures.submit(square, 2)
            assert futures.wait([slow, quick], return_when=futures.FIRST_COMPLETED) == ({quick}, {slow})
            quick, bad = futures.submit(square, 2), futures.submit(fail, "x")
            done, not_done = futures.wait([slow, quick, bad], return_when="FIRST_EXCEPTION")
            assert bad in done and not_done >= {slow}
            open_gate()
            assert futures.wait([slow, quick], return_when="FIRST_EXCEPTION") == ({slow, quick}, set())
            assert futures.wait([slow, quick, bad], return_when="ALL_COMPLETED").not_done == set()
        """,
    )
