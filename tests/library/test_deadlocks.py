"""Tasks that wait for their own ancestors: named at once, instead of silence for ever."""

from running import Run, RunScoop
from scripts import everywhere, start

HELPERS = """
    from functools import partial
    from scoop.errors import Deadlock

    box = {}
    lock = threading.Lock()  # among the arguments, it keeps a task at home: futures do not travel

    def stay(function, _, *args):
        return function(*args)

    def submit(function, *args):
        return futures.submit(stay, function, lock, *args)

    def ask_for(name):
        return box[name].result()
    """


def plays_fine(scoop_run: RunScoop, n: int, body: str) -> None:
    """Run a program with the helpers above, quietly: its tasks are meant to stay at home."""
    assert start(scoop_run, n, HELPERS + body, "-q") == Run(0, "fine\n", "")


@everywhere
def test_a_task_that_waits_for_itself(scoop_run: RunScoop, n: int) -> None:
    plays_fine(
        scoop_run,
        n,
        """
    def main():
        box["me"] = submit(ask_for, "me")
        error = raises(Deadlock, box["me"].result)
        assert "wait would never end: it is for stay(<function ask_for" in str(error), error
    """,
    )


@everywhere
def test_a_circle_of_several_tasks_that_have_not_begun_when_it_is_tied(scoop_run: RunScoop, n: int) -> None:
    plays_fine(
        scoop_run,
        n,
        """
    def main():
        for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
            box[one] = submit(ask_for, other)
        for name in "abc":
            raises(Deadlock, box[name].result)
    """,
    )


@everywhere
def test_a_circle_over_several_stacks(scoop_run: RunScoop, n: int) -> None:
    plays_fine(
        scoop_run,
        n,
        """
    def deep(depth, name):
        return deep(depth - 1, name) if depth else box[name].result()

    def main():
        for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
            box[one] = submit(deep, 300, other)  # each leaves no room for the next on its stack
        for name in "abc":
            raises(Deadlock, box[name].result)
    """,
    )


@everywhere
def test_a_descendant_that_waits_for_all_with_an_ancestor_among_them(scoop_run: RunScoop, n: int) -> None:
    plays_fine(
        scoop_run,
        n,
        """
    def parent():
        return submit(child).result()

    def child():
        others = [futures.submit(abs, -i) for i in range(5)]
        return futures.wait([*others, box["parent"]])

    def main():
        box["parent"] = submit(parent)
        raises(Deadlock, box["parent"].result)
    """,
    )


@everywhere
def test_waiting_for_what_others_wait_for_too_is_no_deadlock(scoop_run: RunScoop, n: int) -> None:
    plays_fine(
        scoop_run,
        n,
        """
    def fib(i):
        return i if i < 2 else box[i - 1].result() + box[i - 2].result()

    def main():
        for i in range(200):
            box[i] = submit(fib, i)
        assert box[199].result() == 173402521172797813159685037284371942044301
    """,
    )


@everywhere
def test_a_wait_with_an_end_is_no_deadlock(scoop_run: RunScoop, n: int) -> None:
    plays_fine(
        scoop_run,
        n,
        """
    def patient():
        try:
            return box["me"].result(timeout=0.05)
        except TimeoutError:
            return "in time"

    def main():
        box["me"] = submit(patient)
        assert box["me"].result() == "in time"
    """,
    )
