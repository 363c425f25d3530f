"""Contents that are spread over many machines, in virtual time: all get all, and soon."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoop.cluster.spreading.planner import Planner

from .spreading import Host, Spreading

PARTS = 100
ONE_COPY = PARTS / 25.0
"""Seconds that a copy takes from one machine to another, at the usual rate."""


@pytest.mark.parametrize("hosts", [1, 2, 8, 30])
def test_many_hosts_take_hardly_longer_than_one(hosts: int) -> None:
    assert Spreading(PARTS, [Host() for _ in range(hosts)]).go() < 2 * ONE_COPY


def test_a_content_of_few_parts_goes_as_a_tree() -> None:
    assert Spreading(4, [Host() for _ in range(32)]).go() < 32 * 4 / 25 / 2


@pytest.mark.parametrize("place", [1, 4, 8])
def test_a_host_that_receives_slowly_holds_up_no_other(place: int) -> None:
    hosts = [Host(down=1.0 if number == place else 25.0) for number in range(1, 9)]
    spreading = Spreading(PARTS, hosts)
    spreading.go()
    assert all(host.ended and host.ended < 3 * ONE_COPY for host in hosts if host.down > 1)


@pytest.mark.parametrize("place", [1, 4, 8])
def test_a_host_that_sends_slowly_is_passed_over(place: int) -> None:
    hosts = [Host(up=1.0 if number == place else 25.0) for number in range(1, 9)]
    assert Spreading(PARTS, hosts).go() < 4 * ONE_COPY


@pytest.mark.parametrize("place", [1, 4, 8])
def test_a_host_that_hangs_holds_up_no_other(place: int) -> None:
    hosts = [Host(hangs=(1.5, 60.0) if number == place else (0, 0)) for number in range(1, 9)]
    Spreading(PARTS, hosts).go()
    assert all(host.ended and host.ended < 5 * ONE_COPY for host in hosts if not host.hangs[1])


def test_hosts_that_reach_no_other_get_all_from_the_coordinator() -> None:
    hosts = [Host(unreachable=frozenset(range(1, 9))) for _ in range(8)]
    assert Spreading(PARTS, hosts).go() < 8 * ONE_COPY + 20
    assert all(host.sources[-1] == 0 for host in hosts)


def test_two_networks_that_do_not_reach_each_other() -> None:
    here, there = frozenset(range(1, 5)), frozenset(range(5, 9))
    hosts = [Host(unreachable=there) for _ in range(4)] + [Host(unreachable=here) for _ in range(4)]
    assert Spreading(PARTS, hosts).go() < 6 * ONE_COPY + 10


def test_hosts_that_may_not_pass_anything_on() -> None:
    hosts = [Host(relays=False) for _ in range(4)]
    assert Spreading(PARTS, hosts).go() < 4.1 * ONE_COPY


@st.composite
def many_hosts(draw: st.DrawFn) -> list[Host]:
    count = draw(st.integers(1, 9))
    rates = st.sampled_from([25.0, 25.0, 25.0, 5.0, 0.5])
    hosts = []
    for number in range(1, count + 1):
        numbers = st.frozensets(st.integers(1, count))
        begin = draw(st.floats(0, 10))
        host = Host(
            up=draw(rates),
            down=draw(rates),
            unreachable=draw(st.just(frozenset[int]()) | numbers) - {number},
            joins=draw(st.sampled_from([0.0, 0.0, 1.0, 5.0])),
            lost=draw(st.sampled_from([float("inf")] * 3 + [0.5, 2.0, 7.0])),
            hangs=(begin, begin + draw(st.sampled_from([0.0, 0.0, 4.0, 30.0]))),
            relays=draw(st.sampled_from([True, True, True, False])),
        )
        hosts.append(host)
    return hosts


@settings(max_examples=30, deadline=None)
@given(many_hosts(), st.sampled_from([1, 4, 20, 40]))
def test_whatever_happens_all_that_are_left_get_all(hosts: list[Host], parts: int) -> None:
    spreading = Spreading(parts, hosts)
    spreading.go()
    assert spreading.orders <= 20 * len(hosts) * (1 + len(hosts))


def test_a_source_that_has_all_parts_may_have_lost_its_own() -> None:
    planner = Planner(10)
    for machine in (1, 2, 3):
        planner.wanted(machine, True, 0.0)
    for machine in (1, 2, 3):  # each takes its place behind the one before
        planner.received(machine, 1, 0.0)
    for machine in (1, 2):
        planner.received(machine, 10, 1.0)
    planner.left(1, 2.0)
    assert [order.machine for order in planner.look(1000.0)] == [3], "it has waited for too long"
