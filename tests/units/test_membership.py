"""What the coordinator tells the program of the machines that take part."""

import json

from scoop.cluster.membership import Membership
from scoop.engine.offers.host_table import Host, HostTable
from scoop.wire.messages import Notice, NoticeKind


def told(notice: Notice) -> tuple[bool, list[list[object]]]:
    """Return whether all hosts have answered, and what is told of machines."""
    assert notice.kind == NoticeKind.HOSTS
    all_answered, changed = json.loads(notice.body)
    return all_answered, changed


def test_all_have_answered_when_each_that_started_has_joined_or_failed() -> None:
    membership = Membership()
    assert told(membership.joined(1, "a", 2)) == (False, [[1, ["a", 2, True]]])
    assert told(membership.answered(3)) == (False, [])
    assert told(membership.joined(2, "b", 4)) == (False, [[2, ["b", 4, True]]])
    assert told(membership.failed())[0]


def test_a_loss_later_does_not_undo_that() -> None:
    membership = Membership()
    membership.joined(1, "a", 2)
    assert told(membership.answered(1)) == (True, [])
    assert told(membership.left(1)) == (True, [[1, ["a", 2, False]]])
    assert told(membership.failed())[0]


def test_who_comes_later_is_waited_for() -> None:
    membership = Membership()
    membership.answered(1)
    assert not told(membership.came())[0]
    assert not told(membership.joined(1, "a", 2))[0]
    assert told(membership.joined(2, "b", 2)) == (True, [[2, ["b", 2, True]]])


def test_who_comes_back_takes_its_own_place() -> None:
    membership, table = Membership(), HostTable(0, has_others=True)
    for notice in (
        membership.answered(0),
        membership.joined(1, "a", 2),
        membership.joined(2, "a", 1),
        membership.left(1),
        membership.joined(3, "a", 8),
    ):
        table.hear(notice.body)
    assert table.hosts == (Host("a", 1), Host("a", 8)), "two of a name may be there"


def test_enough_take_part_once_so_many_have_joined() -> None:
    membership = Membership(least=2)
    membership.joined(1, "a", 2)
    membership.left(1)
    membership.joined(2, "a", 2)
    assert not membership.suffices
    membership.joined(3, "b", 2)
    membership.left(3)
    membership.answered(2)
    membership.failed()
    assert membership.suffices
    assert not membership.falls_short


def test_too_few_will_take_part_when_one_fails_that_has_never_joined() -> None:
    membership = Membership(least=2)
    membership.joined(1, "a", 2)
    assert not membership.falls_short
    membership.answered(2)
    assert not membership.falls_short
    assert not told(membership.failed())[0]
    assert membership.falls_short


def test_a_machine_that_joins_costs_no_more_if_many_are_there() -> None:
    membership = Membership()
    sizes = {len(membership.joined(number, "far", 1).body) for number in range(100, 200)}
    assert len(sizes) == 1
