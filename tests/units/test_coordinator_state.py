"""What passes between machines, where a single step matters; tests/simulation has all of it together."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.broker.peers import Instruction, Peer, Send
from scoop.broker.state import BrokerState
from scoop.cluster import coordinator_state
from scoop.cluster.coordinator_state import HERE, CoordinatorState
from scoop.cluster.lines.link_state import ALL, LinkState
from scoop.wire.messages import (
    DEFAULT_RETRIES,
    PRIVATE,
    Cancel,
    ConstantReply,
    DeleteConstants,
    Demand,
    GiveBack,
    Idle,
    Lost,
    Message,
    Offer,
    PartialResult,
    Results,
    Retire,
    SetConstants,
    StartFailed,
    StartProblem,
    batch_ids,
)

UPLINK = 1
BATCH = next(batch_ids(HERE, 0))


def offer(tasks: list[int], retries: list[int], suspects: list[int] | None = None, batch: int = BATCH) -> Offer:
    return Offer(batch, tasks, retries, suspects or [0] * len(tasks), b"body", None)


def messages_to(peer: int, told: "list[Instruction] | list[Send]") -> list[Message]:
    return [each.message for each in told if isinstance(each, Send) and each.peer == peer]


def new_coordinator(machines: int) -> CoordinatorState:
    coordinator = CoordinatorState()
    for machine in range(1, machines):
        coordinator.joined(machine)
    return coordinator


def new_broker() -> BrokerState:
    broker = BrokerState(uplink=UPLINK, retries=2)
    broker.joined(0)
    broker.joined(UPLINK)
    return broker


def wants_work(coordinator: CoordinatorState, machine: int, tasks: int = 1) -> list[Send]:
    """Let a machine say that it wants so many tasks, as of all it has been sent."""
    return coordinator.received(machine, Demand(coordinator._peers[machine].sent, tasks, False))


def others_want_work(broker: BrokerState) -> list[Instruction]:
    return broker.received(UPLINK, Demand(broker.peers[UPLINK].sent, 1, False))


def test_the_tries_of_a_lost_task_are_those_on_all_machines() -> None:
    coordinator = new_coordinator(3)
    wants_work(coordinator, 1)
    coordinator.received(HERE, offer([0], [2]))
    coordinator.left(1, "the machine was lost")
    wants_work(coordinator, 2)
    told = coordinator.received(2, Lost(BATCH, [0], 2, "its worker was killed"))
    assert Send(HERE, Lost(BATCH, [0], 3, "its worker was killed")) in told


def test_a_lost_machine_costs_a_try_also_of_what_comes_home_later() -> None:
    coordinator = new_coordinator(3)
    wants_work(coordinator, 1, tasks=2)
    told = coordinator.received(HERE, offer([0, 1], [2, 0]))
    assert told == [Send(1, offer([0, 1], [2, 0]))]
    told = coordinator.left(1, "the machine was lost")
    assert told == [Send(HERE, Lost(BATCH, [1], 1, "the machine was lost"))], "it must not run twice"
    assert wants_work(coordinator, HERE) == [Send(HERE, GiveBack(BATCH, [0], [1], [0]))], "one of two retries is left"
    assert coordinator.empty

    broker = new_broker()
    others_want_work(broker)
    told_broker = broker.received(0, offer([0], [DEFAULT_RETRIES]))
    assert messages_to(UPLINK, told_broker) == [offer([0], [2])]
    broker.received(UPLINK, GiveBack(BATCH, [0], [1], [0]))
    assert messages_to(UPLINK, others_want_work(broker)) == [offer([0], [1])]


def test_a_task_that_came_home_may_be_lent_again_under_its_name() -> None:
    coordinator = new_coordinator(3)
    wants_work(coordinator, 1)
    coordinator.received(HERE, offer([0], [2]))
    coordinator.received(HERE, offer([1], [2]))
    wants_work(coordinator, HERE)
    coordinator.received(HERE, offer([1], [2]))
    assert wants_work(coordinator, 2) == [Send(2, offer([1], [2]))]
    for machine, task in ((1, 0), (2, 1)):
        rows = PartialResult(BATCH, task, b"rows", None)
        assert coordinator.received(machine, rows) == [Send(HERE, rows)]
        result = Results(BATCH, [task], b"", None)
        assert coordinator.received(machine, result) == [Send(HERE, result)]
    assert coordinator.empty


def test_a_cancel_that_crosses_a_task_on_its_way_home_does_no_harm() -> None:
    coordinator = new_coordinator(2)
    coordinator.received(HERE, offer([0, 1], [2, 2]))
    wants_work(coordinator, HERE, tasks=2)
    assert coordinator.received(HERE, Cancel(BATCH, [0])) == []
    assert coordinator.empty


def test_a_quarantined_task_goes_elsewhere_if_only_the_program_is_here() -> None:
    broker = new_broker()
    broker.received(0, offer([0], [1], [1]))
    broker.received(0, Idle(broker.peers[0].sent, False))
    assert messages_to(UPLINK, others_want_work(broker)) == [offer([0], [1], [1])]


def test_a_quarantined_task_goes_to_the_origins_machine_last() -> None:
    coordinator = new_coordinator(2)
    wants_work(coordinator, HERE)
    batch = next(batch_ids(1, 3))
    assert coordinator.received(1, offer([0], [2], [1], batch)) == []
    wants_work(coordinator, 1)
    coordinator.received(HERE, offer([0], [2], [1]))
    assert coordinator.received(1, GiveBack(BATCH, [0], [2], [1])) == []
    assert coordinator.received(1, Retire()) == [Send(HERE, GiveBack(BATCH, [0], [2], [1]))]


def test_constants_that_only_a_lost_machine_needed_are_deleted() -> None:
    coordinator = new_coordinator(2)
    name = f"{PRIVATE}large"
    asked = coordinator.received(1, SetConstants(5, (name,), b"function", None))
    assert asked == [Send(HERE, SetConstants(1, (name,), b"function", None))]
    decided = coordinator.received(HERE, SetConstants(0, (name,), b"function", None))
    assert decided == [Send(1, SetConstants(0, (name,), b"function", None))]
    assert coordinator.received(HERE, ConstantReply(1, (), False)) == [Send(1, ConstantReply(5, (), False))]
    assert coordinator.left(1) == [Send(HERE, DeleteConstants(2, (name,)))]


def test_a_run_without_workers_here_ends_when_no_others_can_work() -> None:
    failed = StartFailed(StartProblem.HOSTS_MISSING, False, True, "why")
    told = new_broker().received(UPLINK, failed)
    assert messages_to(0, told) == [failed._replace(everywhere=False)]


def test_a_machine_leaves_once_all_it_had_has_ended_or_gone() -> None:
    coordinator, link = new_coordinator(2), LinkState()
    wants_work(coordinator, 1)
    for each in coordinator.received(HERE, offer([0], [2])):
        link.from_coordinator(each.message)
    before = coordinator.tell_demand()
    assert link.retire() == Retire()
    assert coordinator.received(1, Retire()) == []
    for message in messages_to(1, before):
        assert link.from_coordinator(message) == message, "it does not know of Retire"
    assert wants_work(coordinator, 1) == [], "it gets no more tasks"
    assert coordinator.received(1, link.from_broker(Results(BATCH, [0], b"", None)))
    link.from_broker(Demand(1, 1, True))
    assert not link.may_leave
    (demand,) = messages_to(1, coordinator.tell_demand())
    assert link.from_coordinator(demand) == Demand(1, ALL, False), (
        "the broker has sent one message, and is to give all"
    )
    assert link.may_leave


def test_who_was_told_of_no_need_is_not_told_so_again_for_each_result() -> None:
    coordinator = new_coordinator(2)
    wants_work(coordinator, 1, tasks=2)
    coordinator.received(HERE, offer([0, 1], [2, 2]))
    coordinator.received(HERE, Demand(1, 0, False))
    coordinator.tell_demand()
    coordinator.received(1, Results(BATCH, [0], b"", None))
    assert coordinator.tell_demand() == []


def test_nothing_has_ended_as_long_as_too_few_hosts_take_part() -> None:
    state = CoordinatorState(awaits_hosts=True)
    assert state.tell_demand() == []
    state.awaits_hosts = False
    (send,) = state.tell_demand()
    assert send.peer == HERE
    assert isinstance(send.message, Demand)
    assert send.message.all_done


# -- many machines -----------------------------------------------------------------------------------------------


class CountingPeer(Peer):
    """A peer that counts how often it is looked at."""

    looks = 0

    def __getattribute__(self, name: str) -> object:
        CountingPeer.looks += 1
        return super().__getattribute__(name)


def looks_for_a_demand(machines: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many looks at peers it takes to tell all machines what the others need."""
    monkeypatch.setattr(coordinator_state, "Peer", CountingPeer)
    coordinator = new_coordinator(machines)
    for machine in range(1, machines):
        coordinator.received(machine, Demand(0, 1, True, ("gpu",), (machine,)))
    CountingPeer.looks = 0
    coordinator.tell_demand()
    return CountingPeer.looks


def looks_for_a_result(machines: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many looks at peers one more result takes, once all machines are at work."""
    monkeypatch.setattr(coordinator_state, "Peer", CountingPeer)
    coordinator = new_coordinator(machines)
    for machine in range(1, machines):
        wants_work(coordinator, machine)
    coordinator.received(HERE, offer([*range(machines - 1)], [2] * (machines - 1)))
    coordinator.tell_demand()
    CountingPeer.looks = 0
    coordinator.received(1, Results(BATCH, [0], b"", None))
    coordinator.tell_demand(0.0)
    return CountingPeer.looks


def test_a_result_costs_as_much_with_many_machines_as_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_for_a_result(400, monkeypatch) == looks_for_a_result(10, monkeypatch)


def looks_for_a_demand_more(machines: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many looks at peers it takes that one machine more wants tasks, once all others wait."""
    monkeypatch.setattr(coordinator_state, "Peer", CountingPeer)
    coordinator = new_coordinator(machines)
    wants_work(coordinator, 1)
    coordinator.received(HERE, offer([0], [2]))
    for machine in range(2, machines):
        wants_work(coordinator, machine)
    coordinator.tell_demand()
    coordinator.tell_demand(0.0)
    CountingPeer.looks = 0
    coordinator.received(1, Demand(1, 1, False))
    coordinator.tell_demand(0.0)
    return CountingPeer.looks


def test_who_waits_costs_as_much_if_many_wait_as_if_few_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_for_a_demand_more(400, monkeypatch) == looks_for_a_demand_more(10, monkeypatch)


def test_what_machines_are_told_is_found_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_for_a_demand(400, monkeypatch) < 6 * looks_for_a_demand(100, monkeypatch)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.dictionaries(st.sampled_from("ab"), st.integers(1, 3))))
)
def test_each_machine_is_told_of_all_others(said: list[tuple[int, bool, dict[str, int]]]) -> None:
    coordinator = new_coordinator(len(said) + 1)
    for machine, (wants, done, free) in enumerate(said, 1):
        coordinator.received(machine, Demand(0, wants, done, tuple(free), tuple(free.values())))
    coordinator.received(HERE, Demand(0, 0, True))
    told = coordinator.tell_demand()
    for machine in range(len(said) + 1):
        others = [each for number, each in enumerate(said, 1) if number != machine]
        offers = [free for wants, _, free in others if wants]
        most = {name: max(free.get(name, 0) for free in offers) for name in {*chain(*offers)}}
        expected = sum(wants for wants, _, _ in others), all(done for _, done, _ in others), most
        nothing = Demand(0, wanted=0, all_done=False)  # what no machine has to be told
        found = [each for each in messages_to(machine, told) if isinstance(each, Demand)] or [nothing]
        assert [(it.wanted, it.all_done, dict(zip(it.free, it.amounts, strict=True))) for it in found] == [expected]
