"""Futures as arguments: a task waits for those that it depends on, and gets their results."""

from running import Run, RunScoop
from scripts import check, everywhere, start

HELPERS = """
    def add(*numbers, **named):
        return sum(numbers) + sum(named.values())

    def total(numbers):
        return sum(numbers.values() if isinstance(numbers, dict) else numbers)

    def bad(x):
        raise ValueError("bad", x)

    def gated(x):
        is_open()
        return x

    def inc(x):
        return x + 1
    """


@everywhere
def test_results_take_the_places_of_futures(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        one, two = futures.submit(gated, 1), futures.submit(gated, 2)
        tasks = [
            futures.submit(add, one, two, one, 10, named=two),
            futures.submit(total, [one, two, 7]),
            futures.submit(total, (one, 20)),
            futures.submit(total, {"a": one, "b": two, "c": 3}),
            futures.submit(total, numbers=[one]),
        ]
        chained = futures.submit(add, *tasks)
        assert not any(task.done() or task.running() for task in [*tasks, chained])
        open_gate()
        assert [task.result() for task in tasks] == [16, 10, 21, 6, 1]
        assert chained.result() == 54
        assert futures.submit(add, one, chained).result() == 55, "all have ended"
    """,
    )


@everywhere
def test_a_container_is_copied_only_if_it_holds_futures(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def touch(things, number, _=threading.Lock()):
        things.append(number)
        return things

    def main():
        one, kept, held = futures.submit(gated, 1), threading.Lock(), []
        mine, theirs = [], [one]
        first = futures.submit(lambda things, number, _: (things.append(number), things)[1], mine, one, kept)
        second = futures.submit(total, theirs)
        theirs.append(100)
        open_gate()
        assert first.result() is mine and mine == [1]
        assert second.result() == 1 and len(theirs) == 2
    """,
        "-q",
    )


@everywhere
def test_a_dependency_that_fails_fails_its_dependents_with_a_note(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def note(error):
        return error.__notes__

    def main():
        first = futures.submit(bad, 1)
        second = futures.submit(add, 0, first)
        third = futures.submit(total, numbers=[0, second])
        for late in (False, True):
            error = raises(ValueError, third.result)
            assert error.args == ("bad", 1)
            assert note(error) == ["scoop: total() was not called: element 1 of argument 'numbers' is a future that "
                                   "failed with this"], note(error)
            assert note(raises(ValueError, second.result)) == ["scoop: add() was not called: argument 1 is a future "
                                                               "that failed with this"]
            assert not hasattr(raises(ValueError, first.result), "__notes__")
            assert third.done() and not third.running() and not third.cancelled() and not third.cancel()
            second = futures.submit(add, 0, first)
            third = futures.submit(total, numbers=[0, second])
        # However often the next one is made of the last, once it has failed.
        for _ in range(20):
            second = futures.submit(inc, second)
            raises(ValueError, second.result)
        assert len(note(second.exception())) == 1, note(second.exception())
    """,
    )


@everywhere
def test_cancelling_a_dependency_cancels_its_dependents(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        root, called = futures.submit(gated, 1), []
        first = futures.submit(inc, root)
        second = futures.submit(add, first, root)
        third = futures.submit(total, [second])
        beside = futures.submit(inc, root)
        third.add_done_callback(called.append)
        assert first.cancel()
        assert first.cancelled() and second.cancelled() and third.cancelled() and called == [third]
        assert second.cancel() and raises(futures.CancelledError, third.result)
        assert futures.submit(inc, third).cancelled()
        assert beside.cancel() and not root.done(), "it does not depend on these"
        open_gate()
        assert root.result() == 1
    """,
    )


@everywhere
def test_graphs_may_be_deep_and_wide(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        future = failed = futures.submit(bad, 0)
        for _ in range(20_000):
            failed = futures.submit(inc, failed)
        raises(ValueError, failed.result)
        future = futures.submit(inc, 0)
        for _ in range(20_000):
            future = futures.submit(inc, future)
        assert future.result() == 20_001
        leaves = [futures.submit(inc, i) for i in range(10_000)]
        assert futures.submit(total, leaves).result() == sum(range(10_001))
        row = leaves[:50]
        for _ in range(50):
            row = [futures.submit(max, one, other) for one, other in zip(row, row[1:] + row[:1])]
        assert futures.submit(min, row).result() == 50
        gate = futures.submit(gated, 0)
        first = future = futures.submit(inc, gate)
        for _ in range(20_000):
            future = futures.submit(inc, future)
        first.cancel()
        assert future.cancelled()
        open_gate()
    """,
    )


@everywhere
def test_a_call_may_return_a_future_of_its_result(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def countdown(n):
        return futures.submit(countdown, n - 1) if n else "end"

    def failing():
        return futures.submit(bad, 2)

    def main():
        assert futures.submit(countdown, 5000).result() == "end"
        assert futures.submit(len, futures.submit(countdown, 3)).result() == 3
        error = futures.submit(failing).exception()
        assert type(error) is ValueError and error.args == ("bad", 2), error
        assert type(futures.submit(inc, futures.submit(failing)).exception()) is ValueError
        waiting = futures.submit(lambda: futures.submit(gated, 5))
        assert not waiting.done()
        open_gate()
        assert waiting.result(timeout=60) == 5 and waiting.done()
    """,
    )


@everywhere
def test_a_task_that_waits_for_its_own_dependents_is_told(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    from scoop.errors import Deadlock
    box = {}
    lock = threading.Lock()

    def wait_for(name, _):
        until(lambda: name in box)
        return box[name].result()

    def give(name, _):
        until(lambda: name in box)
        return box[name]

    def main():
        root = futures.submit(wait_for, "end", lock)
        box["end"] = futures.submit(inc, futures.submit(inc, root))
        raises(Deadlock, root.result)
        raises(Deadlock, box["end"].result)
        root = futures.submit(give, "other end", lock)
        box["other end"] = futures.submit(inc, root)
        raises(Deadlock, root.result)
    """,
        "-q",
    )


@everywhere
def test_tasks_that_wait_for_others_are_done_before_the_run_ends(scoop_run: RunScoop, n: int) -> None:
    body = """
    def mark_after(number, _):
        return leave_mark(number)

    def main():
        print_at_end(marks)
        root = futures.submit(gated, 0)
        for number in range(3):
            root = futures.submit(mark_after, number, root)
        open_gate()
    """
    assert start(scoop_run, n, HELPERS + body) == Run(0, "fine\n3\n", "")


@everywhere
def test_what_waits_for_others_is_withdrawn_at_a_shutdown(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        root = futures.submit(leave_mark, 0)
        first = futures.submit(gated, root)
        second = futures.submit(inc, first)
        futures.shutdown(wait=False, cancel_futures=True)
        assert second.cancelled()
        open_gate()
    """,
    )


def test_results_that_have_not_been_asked_for_travel_on_as_they_are(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    class Heavy:
        "Says in which process it was unpickled."
        def __init__(self, pids=()):
            self.pids = pids
        def __reduce__(self):
            return unpickled, (self.pids,)

    def unpickled(pids):
        return Heavy((*pids, os.getpid()))

    def make():
        return Heavy()

    def pids_of(heavy):
        return heavy.pids

    def main():
        pids = left_alone(futures.submit(pids_of, left_alone(futures.submit(make)))).result()
        assert len(pids) == 1 and os.getpid() not in pids, pids
    """,
    )


def test_large_arrays_go_from_worker_to_worker(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def make(size, factor):
        import numpy
        return numpy.arange(size, dtype=float) * factor

    def join(parts):
        return sum(part.sum() for part in parts)

    def main():
        parts = [futures.submit(make, 1_000_000, factor) for factor in range(4)]
        assert left_alone(futures.submit(join, parts)).result() == 6 * 999_999 * 500_000
        assert parts[1].result()[5] == 5
    """,
    )


def test_graphs_survive_the_deaths_of_workers(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        3,
        HELPERS
        + """
    def once_fatal(number, *before):
        if number % 5 == 0:
            try:
                os.close(os.open(f"killed-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                if not scoop.IS_ORIGIN:
                    os.kill(os.getpid(), 9)
        time.sleep(0.01)
        return 1 + sum(before)

    def layer(number):
        row = [futures.submit(once_fatal, 10 * number + place) for place in range(4)]
        return futures.submit(once_fatal, 10 * number + 5, *row)

    def main():
        tops = [futures.submit(layer, number) for number in range(3)]
        assert futures.submit(total, [left_alone(top) for top in tops]).result() == 15
    """,
        "-q",
        "--retries",
        "9",
    )


def test_what_depends_on_a_lost_task_is_told_so(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    from scoop.errors import WorkerLost

    def die():
        os.kill(os.getpid(), 9)

    def main():
        lost = futures.with_retries(die, 0)
        last = left_alone(futures.submit(inc, futures.submit(inc, futures.submit(lost))))
        assert "inc() was not called" in raises(WorkerLost, last.result).__notes__[0]
    """,
        "-q",
    )


@everywhere
def test_what_is_not_looked_into_is_said_so_or_stays_as_it_is(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    class Meta(type):
        __hash__ = None
        def __eq__(self, other):
            return self is other

    class Odd(metaclass=Meta):
        pass

    def kind(x, *_):
        return type(x).__name__

    def main():
        one = futures.submit(inc, 0)
        assert "a call that maps it" in str(raises(TypeError, futures.map, inc, one))
        lock = threading.Lock()
        assert futures.submit(kind, Odd()).result() == "Odd"
        assert futures.submit(kind, [Odd()], one).result() == "list"
        assert futures.submit(lambda nested, _: kind(nested[0][0]), [[one]], lock).result() == "Future"
        assert futures.submit(total, [one] * 30_000).result() == 30_000, "all, if the first is one"
        made = Future(None, inc, 1)
        assert futures.submit(inc, made).result() == 3
    """,
        "-q",
    )
