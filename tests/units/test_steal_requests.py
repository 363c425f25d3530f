"""Whom the broker asks for work."""

from itertools import chain

from scoop.broker.demand import FEW, Demand

WORKERS = 10 * FEW


def new_demand() -> Demand:
    """Return what is known when worker 0 is hungry, and all others are at work."""
    demand = Demand()
    for worker in range(WORKERS):
        demand.may_give(worker)
    demand.hungers(0)
    return demand


def test_a_few_are_asked_at_first_and_as_many_more_each_time_while_they_do_not_give() -> None:
    demand = new_demand()
    asked = [demand.ask()]
    assert demand.ask() == []
    while demand.waits:
        asked.append(demand.ask(again=True))
    assert [len(each) for each in asked] == [FEW, FEW, 2 * FEW, 4 * FEW, WORKERS - 1 - 8 * FEW]
    assert sorted(chain(*asked)) == [*range(1, WORKERS)], "each but the hungry one, and none twice"


def test_as_many_are_asked_as_are_hungry() -> None:
    demand = new_demand()
    for worker in range(1, 2 * FEW):
        assert not demand.hungers(worker)
    assert len(demand.ask()) == 2 * FEW


def test_who_has_given_is_asked_first_the_next_time() -> None:
    demand = new_demand()
    demand.ask()
    demand.may_give(5)
    demand.feed(0)
    demand.calm()
    assert not demand.waits
    demand.may_give(5)
    demand.hungers(0)
    assert demand.ask()[0] == 5


def test_who_is_asked_and_hungers_itself_is_asked_no_more() -> None:
    demand = new_demand()
    asked = demand.ask()
    assert demand.hungers(asked[0])
    demand.feed(0)
    demand.feed(asked[0])
    assert set(demand.calm()) == {*asked[1:]}


def test_who_has_left_is_neither_fed_nor_asked() -> None:
    demand = new_demand()
    for worker in range(WORKERS):
        demand.forget(worker)
    demand.hungers(WORKERS)
    assert not demand.waits
    assert demand.ask() == []
    assert [*demand.hungry] == [WORKERS]
