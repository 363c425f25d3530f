"""A task or program that looks again and again whether something is done keeps nobody from getting on."""

import pytest

from running import RunScoop
from scripts import check

POLLERS = """
    def one():
        return 1

    def waits():
        return futures.submit(one).result(timeout=60)

    def waits_long():
        done, _ = futures.wait([futures.submit(one) for _ in range(3)], timeout=60)
        return sum(task.result() for task in done) // 3

    def maps():
        return sum(futures.map(give, [1], timeout=60))

    def by_done(tasks):
        until(lambda: all(task.done() for task in tasks))

    def by_wait(tasks):
        until(lambda: not futures.wait(tasks, timeout=0).not_done)

    def by_exception(tasks):
        until(lambda: all(has_ended(task) for task in tasks))

    def by_running(tasks):
        until(lambda: all(task.done() or (task.running() and task.done()) for task in tasks))

    def has_ended(task):
        try:
            task.exception(timeout=0)
        except TimeoutError:
            return False
        return True

    def poller(way, function, count):
        tasks = [futures.submit(function) for _ in range(count)]
        way(tasks)
        return sum(task.result() for task in tasks)

    def nested(depth, way, function, count):
        if depth == 0:
            return poller(way, function, count)
        task = futures.submit(nested, depth - 1, way, function, count)
        way([task])
        return task.result()

    WAITERS = [waits, waits_long, maps]

    """

workers = pytest.mark.parametrize("n", [1, 2, 3])
ways = pytest.mark.parametrize("way", ["by_done", "by_wait", "by_exception", "by_running"])


@workers
@ways
def test_tasks_that_poll_for_tasks_that_wait_with_timeouts_end(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        for function in WAITERS:
            for count in 1, 3:
                tasks = [futures.submit(poller, {way}, function, count) for _ in range(4)]
                assert [task.result(timeout=60) for task in tasks] == [count] * 4
    """
    check(scoop_run, n, POLLERS + body)


@workers
@ways
def test_the_program_polls_for_tasks_that_poll(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        for function in WAITERS:
            tasks = [futures.submit(poller, {way}, function, 2) for _ in range(5)]
            {way}(tasks)
            assert [task.result() for task in tasks] == [2] * 5
    """
    check(scoop_run, n, POLLERS + body)


@workers
@ways
def test_polls_within_polls_end(scoop_run: RunScoop, n: int, way: str) -> None:
    body = f"""
    def main():
        tasks = [futures.submit(nested, 3, {way}, waits, 2) for _ in range(4)]
        assert [task.result(timeout=60) for task in tasks] == [2] * 4
    """
    check(scoop_run, n, POLLERS + body)


@workers
def test_rows_of_a_map_that_poll_end(scoop_run: RunScoop, n: int) -> None:
    body = """
    def row(x):
        return x + poller(by_done, waits, 2)

    def main():
        for way in futures.map, futures.map_as_completed:
            assert sorted(way(row, range(30))) == list(range(2, 32))
    """
    check(scoop_run, n, POLLERS + body)


@workers
def test_threads_of_the_program_poll_side_by_side(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(poller(by_done, waits, 3)), daemon=True) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        found.append(poller(by_done, waits, 3))
        for thread in threads:
            thread.join(60)
        assert found == [3] * 5
    """
    check(scoop_run, n, POLLERS + body)


@pytest.mark.parametrize("n", [2, 3])
def test_all_workers_poll_while_one_waits_with_a_timeout(scoop_run: RunScoop, n: int) -> None:
    body = """
    def main():
        for _ in range(10):
            tasks = [futures.submit(poller, by_done, waits, 3) for _ in range(3 * scoop.SIZE)]
            assert sum(task.result(timeout=60) for task in tasks) == 9 * scoop.SIZE
    """
    check(scoop_run, n, POLLERS + body)
