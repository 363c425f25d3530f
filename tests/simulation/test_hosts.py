"""Several hosts in virtual time: which share of the ideal time maps, trees and graphs of short tasks reach."""

from collections.abc import Callable
from functools import partial

import pytest

from scoop import futures

from . import world
from .hosts import Hosts
from .world import work

DELAY = 0.0005


def nap(*_: object, seconds: float) -> int:
    work(seconds)
    return 1


def by_map(tasks: int, seconds: float) -> int:
    return sum(futures.map(partial(nap, seconds=seconds), range(tasks)))


def by_submit(tasks: int, seconds: float) -> int:
    return sum(each.result() for each in [futures.submit(nap, seconds=seconds) for _ in range(tasks)])


def by_tree(tasks: int, seconds: float) -> int:
    return sum(futures.map(partial(by_map, seconds=seconds), [tasks // 20] * 20))


def by_graph(tasks: int, seconds: float) -> int:
    layer = [futures.submit(nap, seconds=seconds) for _ in range(100)]
    found = [*layer]
    while len(found) < tasks:
        pairs = zip(layer, layer[1:] + layer[:1], strict=True)
        layer = [futures.submit(nap, *pair, seconds=seconds) for pair in pairs]
        found += layer
    return sum(each.result() for each in found)


def share_of_ideal(hosts: Hosts, shape: Callable[[int, float], int], tasks: int, seconds: float) -> float:
    """Return the ideal time divided by what the shape takes on machines that are up."""

    def program() -> float:
        by_map(10 * hosts.size, 0.03)
        begun = world.here.now
        assert shape(tasks, seconds) == tasks
        return world.here.now - begun

    took = hosts.run(program)
    assert hosts.coordinator.empty
    assert all(host.broker.table.empty for host in hosts.machines)
    return tasks * seconds / hosts.size / float(took)


@pytest.mark.parametrize("shape", [by_map, by_submit, by_tree, by_graph])
@pytest.mark.parametrize("sizes", [[0, 1, 1, 1], [2, 2, 2]])
def test_tasks_of_3_ms_take_little_longer_on_several_hosts_than_is_ideal(
    sizes: list[int], shape: Callable[[int, float], int]
) -> None:
    assert share_of_ideal(Hosts(sizes, DELAY), shape, 1000, 0.003) > 0.85


def test_tasks_of_a_graph_do_not_cost_a_round_trip_each() -> None:
    hosts = Hosts([0, 1, 1, 1], DELAY)
    assert share_of_ideal(hosts, by_graph, 1000, 0.001) > 0.7
    assert hosts.messages < 3 * 1000
