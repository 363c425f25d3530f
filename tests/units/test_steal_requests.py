"""Which workers the broker asks for work."""

from itertools import chain

from scoop.broker.peers import StealRequests
from scoop.tuning import TUNING

FEW = TUNING.workers_asked_first
WORKERS = 10 * FEW


def new_requests() -> StealRequests:
    """Return what is known when worker 0 waits, and all others are at work."""
    requests = StealRequests()
    for worker in range(WORKERS):
        requests.may_give(worker)
    requests.wait(0)
    return requests


def test_a_few_are_asked_first_and_as_many_more_while_they_do_not_give() -> None:
    requests = new_requests()
    asked = [requests.ask()]
    assert requests.ask() == []
    while requests.can_ask_more:
        asked.append(requests.ask(again=True))
    assert [len(each) for each in asked] == [FEW, FEW, 2 * FEW, 4 * FEW, WORKERS - 1 - 8 * FEW]
    assert sorted(chain(*asked)) == [*range(1, WORKERS)], "each but the one that waits, and none twice"


def test_as_many_workers_are_asked_as_wait() -> None:
    requests = new_requests()
    for worker in range(1, 2 * FEW):
        assert not requests.wait(worker)
    assert len(requests.ask()) == 2 * FEW


def test_a_worker_that_has_given_is_asked_first_the_next_time() -> None:
    requests = new_requests()
    requests.ask()
    requests.may_give(5)
    requests.stop_waiting(0)
    requests.withdraw()
    assert not requests.can_ask_more
    requests.may_give(5)
    requests.wait(0)
    assert requests.ask()[0] == 5


def test_a_worker_that_is_asked_and_waits_itself_is_asked_no_more() -> None:
    requests = new_requests()
    asked = requests.ask()
    assert requests.wait(asked[0])
    requests.stop_waiting(0)
    requests.stop_waiting(asked[0])
    assert set(requests.withdraw()) == {*asked[1:]}


def test_a_worker_that_has_left_is_not_asked() -> None:
    requests = new_requests()
    for worker in range(WORKERS):
        requests.forget(worker)
    requests.wait(WORKERS)
    assert not requests.can_ask_more
    assert requests.ask() == []
    assert [*requests.waiting] == [WORKERS]
