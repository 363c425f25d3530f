"""Which machines hear that others want tasks."""

from scoop.cluster.asking import Asking
from scoop.tuning import TUNING

HERE = 0
AT_ONCE = TUNING.hosts_asked_at_once
MACHINES = 3 * AT_ONCE
AFTER = TUNING.ask_more_hosts_after_seconds


def new_asking() -> Asking:
    asking = Asking(always=HERE)
    for machine in range(MACHINES):
        asking.joined(machine)
    return asking


def asked_while_one_waits(asking: Asking) -> list[set[int]]:
    """Return who is asked, time after time, while the same machine waits and nothing happens."""
    found, now = [asking.whom(1, 0.0)], 0.0
    while now < asking.look_at < now + 1:
        now = asking.look_at
        found.append(asking.whom(1, now))
    return found


def test_all_machines_are_asked_a_few_at_a_time() -> None:
    first, *more = asked_while_one_waits(new_asking())
    assert first == {HERE}
    assert max(map(len, more)) <= AT_ONCE + 1
    assert set().union(*more) == {*range(MACHINES)}
    assert len(more) == MACHINES // AT_ONCE


def test_those_that_gave_last_are_asked_first_until_they_give_none() -> None:
    asking = new_asking()
    for machine in range(1, 2 * AT_ONCE):
        asking.gave(machine)
    first, *_ = asked_while_one_waits(asking)
    assert first == {HERE, *range(AT_ONCE, 2 * AT_ONCE)}, "the last of many"
    assert asking.whom(None, 2.0) == {HERE}


def test_no_more_are_asked_while_those_that_wait_get_tasks() -> None:
    asking = new_asking()
    for step in range(10):
        assert asking.whom(1 + step % 2, step * AFTER) == {HERE}


def test_a_machine_that_has_left_is_not_asked() -> None:
    asking = new_asking()
    asking.gave(5)
    asking.left(5)
    assert not any(5 in each for each in asked_while_one_waits(asking))
