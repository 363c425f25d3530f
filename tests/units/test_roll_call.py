"""Who has not yet made a call that every worker is to make; the last answer goes before the word that all have."""

from scoop.broker.peers import Send
from scoop.broker.state import BrokerState
from scoop.wire.messages import EVERYWHERE, Notice, NoticeKind, SetConstants, StartFailed, StartProblem

NAME = f"{EVERYWHERE}1"
CALL = SetConstants(0, (NAME,), b"", None)
ANSWER = Notice(NoticeKind.ANSWER, f"{NAME}\0answer".encode())
OVER = Notice(NoticeKind.ALL_ANSWERED, NAME.encode())


def _notices(instructions: object) -> list[Notice]:
    assert isinstance(instructions, list)
    sent = [each for each in instructions if isinstance(each, Send) and each.peer == 0]
    return [each.message for each in sent if isinstance(each.message, Notice)]


def _broker(workers: int) -> BrokerState:
    state = BrokerState(workers=workers)
    state.joined(0)
    return state


def test_it_is_over_when_the_last_has_answered_and_not_before() -> None:
    state = _broker(2)
    state.joined(1)
    state.joined(2)
    assert _notices(state.received(0, CALL)) == []
    assert _notices(state.received(2, ANSWER)) == [ANSWER]
    assert _notices(state.received(1, ANSWER)) == [ANSWER, OVER]


def test_workers_that_are_about_to_start_are_waited_for() -> None:
    state = _broker(2)
    state.joined(1)
    state.received(0, CALL)
    assert _notices(state.received(1, ANSWER)) == [ANSWER]
    state.joined(2)
    assert _notices(state.received(2, ANSWER)) == [ANSWER, OVER]


def test_the_dead_are_not_waited_for_and_those_in_their_place_neither() -> None:
    state = _broker(2)
    state.joined(1)
    state.joined(2)
    state.received(0, CALL)
    assert _notices(state.left(1, 0)) == []
    state.joined(3)
    assert _notices(state.received(2, ANSWER)) == [ANSWER, OVER]


def test_a_worker_that_cannot_start_is_not_waited_for() -> None:
    state = _broker(1)
    state.joined(1)
    state.received(0, CALL)
    failed = StartFailed(StartProblem.IMPORT_FAILED, False, False, "why")
    assert _notices(state.received(1, failed)) == [OVER]


def test_without_any_worker_it_is_over_at_once() -> None:
    assert _notices(_broker(0).received(0, CALL)) == [OVER]


def test_workers_that_the_system_does_not_start_are_not_waited_for() -> None:
    state = _broker(2)
    state.received(0, CALL)
    assert _notices(state.starts_fail(True)) == [OVER]
