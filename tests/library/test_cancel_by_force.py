"""Futures that are cancelled while their tasks run: by force, with the worker that runs them."""

from running import RunScoop
from scripts import check, everywhere

HELPERS = """
    import re
    from scoop.errors import CancelledError

    def spin(name="gate"):
        open_gate(name)
        while True:
            pass

    def stuck_in_c():
        open_gate("c")
        return re.match("(a+)+$", "a" * 60 + "b")

    def begun(name):
        future = futures.submit(spin, name)
        is_open(name)
        return future

    """


def test_a_task_that_runs_elsewhere_is_cancelled_by_force(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def main():
        future = begun("one")
        assert not future.cancel() and future.running()
        assert future.cancel(force=True) and future.cancelled() and future.done()
        raises(CancelledError, future.result)
        assert future.cancel() and future.cancel(force=True)
        future = futures.submit(stuck_in_c)
        is_open("c")
        told = []
        future.add_done_callback(told.append)
        assert future.cancel(force=True)
        until(lambda: told == [future])
        assert [*futures.map(square, range(99))] == [x * x for x in range(99)]
    """,
    )


def test_what_runs_beside_a_cancelled_task_runs_again(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def nested(x):
        future = futures.submit(spin, f"gate{x}")
        until(os.path.exists, f"gate{x}")
        assert future.cancel(force=True)
        return x

    def main():
        others = [futures.submit(square, x) for x in range(50)]
        rows = futures.map(square, range(300))
        for name in "abc":
            assert begun(name).cancel(force=True)
        assert [future.result() for future in others] == [x * x for x in range(50)]
        assert [*rows] == [x * x for x in range(300)]
        assert elsewhere(nested, 1) == 1
    """,
    )


@everywhere
def test_what_has_not_begun_or_has_ended_is_left_as_it_is(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def cancel_me(mine):
        return mine[0].cancel(force=True)

    def main():
        future = futures.submit(square, 3)
        assert future.result() == 9 and not future.cancel(force=True) and future.result() == 9
        mine = []
        lock = threading.Lock()  # it cannot travel
        mine.append(futures.submit(lambda mine, lock: cancel_me(mine), mine, lock))
        assert mine[0].result() is False, "no force at home"
        waiting = [futures.submit(time.sleep, 0.05) for _ in range(60)]
        assert all(future.cancel(force=True) or future.done() for future in waiting[30:])
        assert all(future.result() is None for future in waiting[:30])
        by_hand = Future(None, square, 3)
        assert by_hand.cancel(force=True) and by_hand.cancelled()
    """,
    )
