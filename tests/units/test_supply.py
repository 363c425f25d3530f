"""How many tasks machines are handed, and how many come ahead of need; tests/simulation has what comes of it."""

from math import inf
from typing import Any

from scoop.broker.credit import Credit
from scoop.broker.peers import Instruction, Send
from scoop.broker.state import BrokerState
from scoop.broker.supply import Supply
from scoop.cluster.coordinator_state import HERE, CoordinatorState
from scoop.wire.messages import Demand, Idle, Offer, Run, batch_ids

BATCH = next(batch_ids(HERE, 0))


class Clock:
    """A clock that tests set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def offer(first: int, count: int) -> Offer:
    return Offer(BATCH, range(first, first + count), [2] * count, [0] * count, b"", None)


def sent(told: "list[Instruction] | list[Send]", kind: type) -> list[tuple[int, Any]]:
    return [(each.peer, each.message) for each in told if isinstance(each, Send) and isinstance(each.message, kind)]


def busy_supply(clock: Clock, tasks_a_second: int, round_trip: float) -> Supply:
    """Return the supply of a machine where tasks run so fast, and come so late."""
    supply = Supply(clock)
    for _ in range(40):
        supply.asked()
        clock.now += round_trip
        supply.came(1)
        clock.now += 0.1 - round_trip
        supply.came(tasks_a_second // 10 - 1)
        supply.ahead()
    return supply


def test_tasks_that_are_under_way_count_against_what_was_wanted() -> None:
    credit = Credit()
    credit.demanded(5, seen=0)
    credit.handed(message=1, tasks=3)
    credit.demanded(4, seen=0)
    assert credit.left == 1, "the other side had not seen the three"
    credit.demanded(4, seen=1)
    assert credit.left == 4


def test_as_many_tasks_come_ahead_as_run_during_a_round_trip() -> None:
    near, far = (busy_supply(Clock(), 1000, trip).ahead() for trip in (0.002, 0.05))
    assert near in range(15, 30)
    assert far in range(60, 80)


def test_of_long_tasks_none_comes_ahead() -> None:
    assert not busy_supply(Clock(), 30, 0.002).ahead()


def test_no_tasks_come_ahead_where_none_have_come_for_a_while() -> None:
    clock = Clock()
    supply = busy_supply(clock, 1000, 0.002)
    clock.now += 60
    assert not supply.ahead()


def test_a_machine_is_handed_no_more_than_it_wants_of_a_small_lot() -> None:
    coordinator = CoordinatorState()
    for machine in (1, 2):
        coordinator.joined(machine)
    coordinator.received(1, Demand(0, 2, False))
    told = coordinator.received(HERE, offer(0, 3))
    assert [len(message.tasks) for _, message in sent(told, Offer)] == [2]
    told = coordinator.received(2, Demand(0, 5, False))
    assert [(peer, len(message.tasks)) for peer, message in sent(told, Offer)] == [(2, 1)]
    told = coordinator.received(HERE, offer(3, 2))
    assert [peer for peer, _ in sent(told, Offer)] == [2], "it still wants four"


def test_tasks_that_come_ahead_go_to_busy_workers_but_not_to_the_origin() -> None:
    clock = Clock()
    broker = BrokerState(HERE, uplink=1, clock=clock)
    far = next(batch_ids(1, 1))
    for peer in (0, 1, 2, 3):
        broker.joined(peer)
    for worker in (2, 3):
        broker.received(worker, Idle(0, False))
    for step in range(20):
        clock.now += 0.01
        told = broker.received(1, Offer(far, range(10 * step, 10 * step + 10), [2] * 10, [0] * 10, b"", None))
    assert {peer for peer, _ in sent(told, Run)} == {2, 3}


def test_who_gave_last_hears_first_that_others_want_tasks() -> None:
    coordinator = CoordinatorState()
    for machine in range(1, 10):
        coordinator.joined(machine)
    coordinator.received(1, Demand(0, 1, False))
    assert [peer for peer, _ in sent(coordinator.tell_demand(0.0), Demand)] == [HERE]
    assert coordinator.tell_demand(coordinator.look_at - 0.001) == []
    assert {peer for peer, _ in sent(coordinator.tell_demand(coordinator.look_at), Demand)} == {*range(2, 10)}
    coordinator.received(5, Offer(next(batch_ids(5, 1)), [0], [2], [0], b"", None))
    coordinator.tell_demand()
    assert coordinator.look_at == inf, "no machine waits"
    coordinator.received(2, Demand(0, 1, False))
    assert {peer for peer, _ in sent(coordinator.tell_demand(1.0), Demand)} == {HERE, 5}


def test_all_hear_once_one_machine_has_waited_long_and_not_several_in_turn() -> None:
    coordinator = CoordinatorState()
    for machine in range(1, 10):
        coordinator.joined(machine)
    for machine, now in enumerate((0.0, 0.004, 0.008), 1):
        coordinator.received(machine, Demand(0, 1, False))
        assert {peer for peer, _ in sent(coordinator.tell_demand(now), Demand)} <= {HERE}
        coordinator.received(HERE, Offer(next(batch_ids(0, machine)), [0], [2], [0], b"", None))
        coordinator.tell_demand(now)
        assert coordinator.look_at == inf
