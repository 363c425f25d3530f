"""A finalizer may call ``futures`` on whatever thread it runs: it gets its answer or a clear error; nothing hangs."""

import re

import pytest

from running import Run, RunScoop
from scripts import start

FINALIZERS = """
    import gc

    def hits():  # each process has its own: attributes of functions do not go along with tasks
        pass

    hits.found = []

    class Circular:
        def __init__(self, x):
            self.x, self.itself = x, self

        def __del__(self):
            hits.found.append(CALLS[self.x % len(CALLS)](self.x))

    class Plain:
        def __init__(self, x):
            self.x = x

        def __del__(self):
            hits.found.append(CALLS[self.x % len(CALLS)](self.x))

    def by_submit(x):
        return futures.submit(square, x).result()

    def by_map(x):
        return list(futures.map(square, range(3)))

    def by_wait(x):
        return len(futures.wait([futures.submit(square, x)], timeout=10).done)

    def by_submit_alone(x):
        return futures.submit(square, x)

    CALLS = [by_submit, by_map, by_wait, by_submit_alone]

    def litter(kind, x):
        for y in range(5):
            kind(x + y)
        return x

    def still_right():
        assert list(futures.map(square, range(60))) == [x * x for x in range(60)]
        assert [elsewhere(square, x) for x in range(3)] == [0, 1, 4]

    """

IGNORED = re.compile(r"Exception ignored in.*|Traceback .*| +.*|scoop\.errors\.\w+: .*|")


def right(run: Run) -> None:
    """Expect that a program ends well, having said nothing but which calls of its finalizers were refused."""
    assert (run.status, run.out) == (0, "fine\n"), run
    other = [line for line in run.err.splitlines() if not IGNORED.fullmatch(line)]
    assert not other, run.err


workers = pytest.mark.parametrize("n", [2, 1, 3])


@workers
def test_finalizers_that_the_collector_calls_may_use_futures(scoop_run: RunScoop, n: int) -> None:
    body = """
    from functools import partial

    def main():
        gc.set_threshold(50)
        for round in range(3):
            assert list(futures.map(partial(litter, Circular), range(50))) == list(range(50))
            tasks = [futures.submit(litter, Circular, x) for x in range(50)]
            futures.wait(tasks, timeout=0.01)
            assert [task.result() for task in tasks] == list(range(50))
        gc.collect()
        still_right()
    """
    right(start(scoop_run, n, FINALIZERS + body))


@workers
def test_finalizers_of_arguments_and_results_may_use_futures(scoop_run: RunScoop, n: int) -> None:
    body = """
    def swap(kind, it):
        return kind(it.x)

    def main():
        for kind in Plain, Circular:
            for round in range(10):
                tasks = [futures.submit(swap, kind, kind(x)) for x in range(60)]
                assert [task.result().x for task in tasks] == list(range(60))
                del tasks
                dropped = [futures.submit(swap, kind, kind(x)) for x in range(20)]
                del dropped
                futures.wait([futures.submit(time.sleep, 0.001) for _ in range(10)], timeout=5)
            gc.collect()
            still_right()
    """
    right(start(scoop_run, n, FINALIZERS + body))


@workers
def test_finalizers_may_use_futures_while_other_threads_do(scoop_run: RunScoop, n: int) -> None:
    body = """
    def work():
        for round in range(20):
            assert list(futures.map(square, range(100))) == [x * x for x in range(100)]
            litter(Circular, round)
        done.append(True)

    done = []

    def main():
        gc.set_threshold(20)
        threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        work()
        for thread in threads:
            thread.join(60)
        assert len(done) == 4
        still_right()
    """
    right(start(scoop_run, n, FINALIZERS + body))


@pytest.mark.thorough
@workers
def test_a_finalizer_of_a_row_may_use_futures_after_a_break(scoop_run: RunScoop, n: int) -> None:
    body = """
    def through(it):
        time.sleep(0.001)
        return it

    def main():
        for round in range(10):
            for result in futures.map(through, (Plain(x) for x in range(300))):
                if result.x == 30:
                    break
            del result
        still_right()
    """
    right(start(scoop_run, n, FINALIZERS + body))
