"""The scheduler and the ledger together, over many seeds: nothing is lost, nobody waits for ever."""

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from scoop import futures

from . import world
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
    try:
        return world_.run(program)
    except AssertionError as problem:
        raise AssertionError(f"seed {seed}: {problem}") from problem


@pytest.mark.parametrize("size", [1, 2, 3, 8, 40])
def test_random_trees_end_with_the_right_sum_and_empty_books(size: int) -> None:
    for seed in range(40):
        simulated = World(seed, size)
        assert run(simulated, seed, partial(tree, seed, 5)) == expected(seed, 5), f"seed {seed}"
        assert simulated.ledger.empty, f"seed {seed}"


@pytest.mark.parametrize("size", [2, 3, 8])
def test_random_trees_survive_deaths(size: int) -> None:
    for seed in range(40):
        simulated = World(seed, size, deaths=6, retries=100)
        assert run(simulated, seed, partial(tree, seed, 5)) == expected(seed, 5), f"seed {seed}"
        assert simulated.ledger.empty, f"seed {seed}"


@pytest.mark.parametrize("size", [1, 2, 8])
def test_an_origin_that_is_spared_runs_nothing(size: int) -> None:
    for seed in range(40):
        simulated = World(seed, size, deaths=3, retries=100, spare=True)
        assert run(simulated, seed, partial(scattered, seed)) == expected(seed, 5), f"seed {seed}"
        assert simulated.ledger.empty, f"seed {seed}"
        assert not simulated._workers[0].busy, f"seed {seed}"


def scattered(seed: int) -> Any:
    futures.submit(tree, seed, 3)  # which nobody waits for
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
    work(seconds)  # deep in the user's code: only the link can give the children away
    return sum(child.result() for child in children)


def test_a_busy_worker_does_not_hold_its_tasks_hostage() -> None:
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
    assert simulated.parcels < 100, "tasks that cost nothing are not worth a parcel each"


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


def test_what_nobody_waits_for_is_finished_all_the_same() -> None:
    simulated = World(7, 3)
    run(simulated, 7, partial(scatter, 20))
    assert sum(worker.busy for worker in simulated._workers.values()) == pytest.approx(20 * 0.001 + 10 * 0.002)


def close_early() -> int:
    results = futures.map(nap, [0.01] * 200)
    next(results)
    results.close()  # type: ignore[attr-defined]
    return 0


def test_a_map_closed_early_leaves_nothing_on_the_books() -> None:
    for seed in range(20):
        simulated = World(seed, 3)
        run(simulated, seed, close_early)
        assert simulated.ledger.empty, f"seed {seed}"
        assert simulated.now < 1, f"seed {seed}: work went on that nobody wanted"


def wait_for_what_cannot_come() -> None:
    from scoop.engine.future import AWAY, Future

    orphan = Future(None, nap, 1.0)
    orphan._state = 1
    orphan._state = AWAY
    orphan.result()


def test_the_simulation_notices_a_deadlock() -> None:
    with pytest.raises(Deadlock):
        World(8, 3).run(wait_for_what_cannot_come)
    assert world.here.now < 1
