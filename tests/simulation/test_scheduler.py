"""The scheduler and the broker's state together, over many seeds: nothing is lost, and no task waits for ever."""

import operator
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from scoop import futures
from scoop.engine.offers.outbox import FutureInFlight
from scoop.engine.results.future import new_task
from scoop.engine.scheduler import Scheduler

from .world import Deadlock, World, only_drawn_transitions, work


@pytest.fixture(autouse=True)
def checked_states() -> Iterator[None]:
    with only_drawn_transitions():
        yield


def tree(seed: int, depth: int) -> Any:
    """A random tree of tasks: each works, spawns, joins in some order, by some means; all add up."""
    chance = random.Random(seed)
    work(chance.choice((0.0, 0.0001, 0.001, 0.02)) * chance.random())
    if depth == 0:
        return seed % 7
    children = [futures.submit(tree, seed * 31 + i, depth - 1) for i in range(chance.randrange(4))]
    work(chance.choice((0.0, 0.0005)))
    manner = chance.randrange(5)
    if manner == 0:
        chance.shuffle(children)
        return 1 + sum(child.result() for child in children)
    if manner == 1:
        return 1 + sum(child.result() for child in futures.as_completed(children))
    if manner == 2:
        futures.wait(children)
        return 1 + sum(child.result() for child in children)
    if manner == 3:
        seeds = [seed * 31 + i for i in range(len(children))]
        return 1 + sum(futures.map(tree, seeds, [0] * len(seeds))) + sum(c.result() for c in children)
    return 1 + sum(child.result() for child in children)


def expected(seed: int, depth: int) -> int:
    """What ``tree`` returns, computed without any scheduler."""
    chance = random.Random(seed)
    chance.choice((0.0, 0.0001, 0.001, 0.02))
    chance.random()
    if depth == 0:
        return seed % 7
    seeds = [seed * 31 + i for i in range(chance.randrange(4))]
    chance.choice((0.0, 0.0005))
    total = 1 + sum(expected(child, depth - 1) for child in seeds)
    return total + (sum(child % 7 for child in seeds) if chance.randrange(5) == 3 else 0)


def run(world_: World, seed: int, program: Any) -> Any:
    """Run a program to its end; after that nothing may be left anywhere."""
    try:
        result = world_.run(program)
        assert world_.broker.table.empty, "tasks are left in the broker's table"
        for worker in world_.workers.values():
            if worker.scheduler is not None:
                assert_nothing_left(worker.scheduler)
    except Exception as problem:
        raise AssertionError(f"seed {seed}: {problem!r}") from problem
    return result


def assert_nothing_left(scheduler: Scheduler) -> None:
    ready, inbox = scheduler.ready, scheduler.inbox
    assert not any((ready.tasks, ready.kept, ready.running)), "tasks or rows are on offer"
    assert not any((inbox.waiting, inbox.any_unanswered(), inbox.chunks())), "tasks of others are not answered for"
    assert not scheduler.outbox.in_flight, "tasks are in flight"
    assert not any((scheduler.helpers.deferred, scheduler.waits)), "calls are left to be made, or waits to end"


@pytest.mark.parametrize("size", [1, 2, 3, 8, 40])
def test_random_trees_end_with_the_right_sum_and_empty_tables(size: int, seeds: range) -> None:
    for seed in seeds:
        simulated = World(seed, size)
        assert run(simulated, seed, partial(tree, seed, 5)) == expected(seed, 5), f"seed {seed}"


@pytest.mark.parametrize("size", [2, 3, 8])
def test_random_trees_survive_deaths(size: int, seeds: range) -> None:
    for seed in seeds:
        simulated = World(seed, size, deaths=6, retries=100)
        assert run(simulated, seed, partial(tree, seed, 5)) == expected(seed, 5), f"seed {seed}"


@pytest.mark.parametrize("size", [1, 2, 8])
def test_an_origin_that_is_spared_runs_nothing(size: int, seeds: range) -> None:
    for seed in seeds:
        simulated = World(seed, size, deaths=3, retries=100, spare=True)
        assert run(simulated, seed, partial(scattered, seed)) == expected(seed, 5), f"seed {seed}"
        assert not simulated.workers[0].busy, f"seed {seed}"


def any_use(seed: int, depth: int) -> int:
    """Use all there is, at random: cancel, poll, wait with a deadline, close a map early, call back, reduce."""
    chance = random.Random(seed)
    work(chance.choice((0.0, 0.0001, 0.003, 0.02)) * chance.random())
    if depth == 0:
        return seed % 5
    seeds = [seed * 31 + place for place in range(chance.randrange(1, 5))]
    depths = [depth - 1] * len(seeds)
    expected_sum = sum(any_sum(each, depth - 1) for each in seeds)
    manner = chance.randrange(7)
    if manner == 0:
        found = sum(futures.map_as_completed(any_use, seeds, depths))
    elif manner == 1:
        found = futures.mapReduce(any_use, operator.add, seeds, depths)
    elif manner == 2:
        found = futures.mapScan(any_use, operator.add, seeds, depths)[-1]
    elif manner == 3:
        results = futures.map(any_use, seeds * 10, depths * 10)
        assert next(results) == any_sum(seeds[0], depth - 1)
        results.close()  # type: ignore[attr-defined]
        found = sum(futures.map(any_use, iter(seeds), iter(depths), buffersize=2))
    elif manner == 4:
        children = [futures.submit(any_use, each, depth - 1) for each in seeds]
        waited = 0
        while not all(child.done() for child in children) and waited < 3:
            futures.wait(children, timeout=chance.choice((0, 0.001, 0.05)), return_when=futures.FIRST_COMPLETED)
            waited += 1
        found = sum(child.result() for child in children)
    elif manner == 5:
        unwanted = [futures.submit(any_use, each, depth - 1) for each in seeds]
        dropped = [child.cancel() for child in unwanted]
        found = sum(futures.submit(any_use, each, depth - 1).result() for each in seeds)
        for child, cancelled in zip(unwanted, dropped, strict=True):
            assert child.cancelled() == cancelled
    else:
        ended: list[int] = []
        children = [futures.submit(any_use, each, depth - 1) for each in seeds]
        for child in children:
            child.add_done_callback(lambda future: ended.append(future.result()))
        found = sum(child.result() for child in children)
        while len(ended) < len(children):
            work(0.0001)  # callbacks of what ended elsewhere are called soon, by another thread
        assert sum(ended) == found, "a callback was called twice"
    assert found == expected_sum
    return 1 + found


def any_sum(seed: int, depth: int) -> int:
    """What ``any_use`` returns."""
    chance = random.Random(seed)
    chance.choice((0.0, 0.0001, 0.003, 0.02))
    chance.random()
    if depth == 0:
        return seed % 5
    return 1 + sum(any_sum(seed * 31 + place, depth - 1) for place in range(chance.randrange(1, 5)))


@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_random_uses_of_everything_end_with_the_right_sum(size: int, seeds: range) -> None:
    for seed in seeds:
        assert run(World(seed, size, preempted=0.2), seed, partial(any_use, seed, 3)) == any_sum(seed, 3)


@pytest.mark.parametrize("size", [2, 3, 8])
def test_random_uses_of_everything_survive_deaths(size: int, seeds: range) -> None:
    for seed in seeds:
        simulated = World(seed, size, deaths=5, retries=100, preempted=0.2)
        assert run(simulated, seed, partial(any_use, seed, 3)) == any_sum(seed, 3)


def scattered(seed: int) -> Any:
    futures.submit(tree, seed, 3)  # which no task waits for
    return futures.submit(tree, seed, 5).result()


def nap(seconds: float) -> float:
    work(seconds)
    return seconds


def mapped(durations: list[float]) -> list[float]:
    return list(futures.map(nap, durations))


def test_equal_tasks_keep_all_workers_busy() -> None:
    simulated = World(1, 4)
    durations = [0.001] * 1000
    assert run(simulated, 1, partial(mapped, durations)) == durations
    assert sum(durations) / (4 * simulated.now) > 0.95


def test_unequal_tasks_are_balanced() -> None:
    chance = random.Random(5)
    durations = [0.001 * chance.paretovariate(1.5) for _ in range(1000)]
    simulated = World(2, 4)
    run(simulated, 2, partial(mapped, durations))
    assert sum(durations) / (4 * simulated.now) > 0.9


@pytest.mark.parametrize("count", [2, 4, 8])
def test_as_many_long_tasks_as_workers_all_run_at_once(count: int) -> None:
    for seed in range(20):
        simulated = World(seed, count)
        run(simulated, seed, partial(mapped, [10.0] * count))
        assert simulated.now < 11, f"seed {seed}: some worker kept two long tasks"


def busy_parent(seconds: float) -> Any:
    children = [futures.submit(nap, 0.5) for _ in range(6)]
    work(seconds)  # deep in the user's code: only the I/O thread can give the children away
    return sum(child.result() for child in children)


def test_tasks_of_a_busy_worker_go_to_idle_ones() -> None:
    simulated = World(3, 4)
    assert run(simulated, 3, partial(busy_parent, 10.0)) == 3
    assert simulated.now < 10.1


def lone_child() -> Any:
    child = futures.submit(nap, 5.0)
    work(5.0)
    return child.result()


def test_even_a_lone_task_leaves_a_busy_worker() -> None:
    simulated = World(4, 2)
    assert run(simulated, 4, lone_child) == 5
    assert simulated.now < 6


def fib(n: int) -> int:
    if n < 2:
        return n
    left, right = futures.submit(fib, n - 1), futures.submit(fib, n - 2)
    return int(left.result() + right.result())


def test_tiny_tasks_hardly_travel() -> None:
    simulated = World(5, 2)
    assert run(simulated, 5, partial(fib, 15)) == 610
    assert simulated.offers < 100, "tasks that cost nothing are not worth a batch each"


def chain(n: int) -> int:
    return 0 if n == 0 else 1 + int(futures.submit(chain, n - 1).result())


def test_a_chain_of_waits_is_deeper_than_the_recursion_limit() -> None:
    assert run(World(6, 2), 6, partial(chain, 20_000)) == 20_000


def scatter(n: int) -> None:
    for i in range(n):
        futures.submit(leave_more_behind, i)


def leave_more_behind(i: int) -> None:
    work(0.001)
    if i % 2:
        futures.submit(nap, 0.002)


def test_tasks_that_no_task_waits_for_are_finished_too() -> None:
    simulated = World(7, 3)
    run(simulated, 7, partial(scatter, 20))
    assert sum(worker.busy for worker in simulated.workers.values()) == pytest.approx(20 * 0.001 + 10 * 0.002)


def close_early() -> int:
    results = futures.map(nap, [0.01] * 200)
    next(results)
    results.close()  # type: ignore[attr-defined]
    return 0


def test_a_map_closed_early_leaves_nothing_behind() -> None:
    for seed in range(20):
        simulated = World(seed, 3)
        run(simulated, seed, close_early)
        assert simulated.now < 1, f"seed {seed}: unwanted work went on"


def wait_for_what_cannot_come() -> None:
    orphan = new_task(nap, (1.0,), {})
    FutureInFlight(orphan)  # it counts as sent, and was not
    orphan.result()


def test_the_simulation_notices_a_deadlock() -> None:
    with pytest.raises(Deadlock):
        World(8, 3).run(wait_for_what_cannot_come)
