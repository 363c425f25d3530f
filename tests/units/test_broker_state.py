"""What the broker's state does, where a single step matters."""

from collections.abc import Sequence

import pytest

from scoop.broker.peers import Instruction, Mark, Replace, Send
from scoop.broker.state import BrokerState
from scoop.wire.messages import (
    DEFAULT_RETRIES,
    AllDone,
    Busy,
    Cancel,
    Cancelled,
    ConstantReply,
    DeleteConstants,
    GiveBack,
    Idle,
    Lost,
    Message,
    Notice,
    Offer,
    PartialResult,
    ProgramEnded,
    Results,
    Retire,
    Run,
    SetConstants,
    StartFailed,
    Steal,
    batch_ids,
)


@pytest.fixture
def state() -> BrokerState:
    made = BrokerState(retries=1)
    for worker in range(3):
        made.joined(worker)
    return made


def sent(instructions: list[Instruction], kind: type) -> list[tuple[int, list[int]]]:
    """Return which peers got messages of this kind, and the tasks in each."""
    messages = [(each.peer, each.message) for each in instructions if isinstance(each, Send)]
    return [(peer, [*getattr(message, "tasks", ())]) for peer, message in messages if isinstance(message, kind)]


def batch_of(owner: int) -> int:
    return next(batch_ids(0, owner))


def offer(owner: int, count: int) -> Offer:
    return Offer(batch_of(owner), range(count), [DEFAULT_RETRIES] * count, [0] * count, b"body", None)


def idle(state: BrokerState, worker: int) -> list[Instruction]:
    """Let the worker say that it has nothing to do, as of all it has been sent."""
    return state.received(worker, Idle(state.peers[worker].sent, False))


def die(state: BrokerState, worker: int, begun: int) -> list[Instruction]:
    return state.left(worker, begun, f"worker {worker} was killed by SIGSEGV")


def test_a_worker_that_found_work_is_asked_like_the_others(state: BrokerState) -> None:
    idle(state, 1)
    idle(state, 2)
    assert Mark(1, True) in state.received(1, Busy())
    assert sent(state.received(0, offer(0, 1)), Run) == [(2, [0])]


def test_a_lot_is_shared_among_the_workers_that_wait(state: BrokerState) -> None:
    idle(state, 1)
    idle(state, 2)
    assert sent(state.received(0, offer(0, 5)), Run) == [(1, [0, 1, 2]), (2, [3, 4])]


def test_an_idle_worker_has_busy_ones_asked_until_it_has_work(state: BrokerState) -> None:
    idle(state, 1)
    idle(state, 2)
    assert Mark(2, True) in state.received(2, Busy())
    told = state.received(0, offer(0, 1))
    assert sent(told, Run) == [(1, [0])]
    assert Mark(2, False) in told, "0 has given: it counts as asked no more"


def test_a_steal_request_says_how_many_workers_wait(state: BrokerState) -> None:
    state.joined(3)
    assert Send(0, Steal(1, False)) in idle(state, 1)
    idle(state, 2)
    idle(state, 3)
    assert Send(3, Steal(2, False)) in state.received(3, Busy())


def test_an_idle_message_that_crossed_a_delivery_is_void(state: BrokerState) -> None:
    state.received(0, offer(0, 1))
    idle(state, 1)
    state.received(1, Idle(0, False))  # it had not seen the task when it spoke
    assert not sent(state.received(2, offer(2, 1)), Run)


def test_a_task_whose_workers_die_too_often_is_lost_alone(state: BrokerState) -> None:
    state.received(0, offer(0, 2))
    idle(state, 1)
    assert Replace(1, 0) in die(state, 1, begun=1)
    state.joined(3)
    assert sent(idle(state, 2), Run) == [(2, [0])], "quarantined tasks go first, alone"
    assert sent(idle(state, 3), Run) == [(3, [1])]
    told = die(state, 2, begun=1)
    assert Send(0, Lost(batch_of(0), [0], 2, "worker 2 was killed by SIGSEGV")) in told
    assert sent(die(state, 3, begun=0), Lost) == [], "it had not begun: it is not quarantined"


def test_a_lost_task_says_how_often_it_ran_also_where_others_were_blamed() -> None:
    state = BrokerState(retries=1)
    for worker in range(4):
        state.joined(worker)
    state.received(0, offer(0, 1))
    state.received(0, offer(0, 1)._replace(batch=batch_of(0) + 1, retries=[9]))
    for worker, begun in (1, 2), (2, 1), (3, 2):  # at first the other one is blamed, which its worker began last
        for _ in range(begun):
            assert sent(idle(state, worker), Run)
        told = die(state, worker, begun)
    assert Send(0, Lost(batch_of(0), [0], 3, "worker 3 was killed by SIGSEGV")) in told


def test_a_task_that_may_kill_goes_to_another_worker_than_its_owner(state: BrokerState) -> None:
    idle(state, 2)
    state.received(1, offer(1, 1))
    assert sent(idle(state, 1), Run) == []
    assert sent(die(state, 2, begun=1), Run) == [], "worker 1 waits, but worker 3 comes in the place of worker 2"
    state.joined(3)
    assert sent(idle(state, 1), Run) == []
    assert sent(idle(state, 3), Run) == [(3, [0])]


def test_the_last_worker_runs_also_its_own_tasks_that_may_kill(state: BrokerState) -> None:
    idle(state, 2)
    state.received(1, offer(1, 1))
    idle(state, 1)
    die(state, 2, begun=1)
    assert sent(state.starts_fail(True), Run) == [(1, [0])]


def test_the_origin_gets_no_tasks_of_others(state: BrokerState) -> None:
    idle(state, 0)
    assert not sent(state.received(1, offer(1, 2)), Run)
    assert sent(idle(state, 2), Run) == [(2, [0, 1])]


def test_a_quarantined_task_waits_for_another_worker_than_the_origin(state: BrokerState) -> None:
    state.received(0, offer(0, 1))
    idle(state, 1)
    idle(state, 0)
    assert not sent(die(state, 1, begun=1), Run)
    assert sent(idle(state, 2), Run) == [(2, [0])]


def test_a_task_that_must_not_run_twice_is_lost_with_its_first_worker() -> None:
    state = BrokerState(retries=0)
    state.joined(0)
    state.joined(1)
    state.received(0, offer(0, 3))
    idle(state, 1)
    assert sent(die(state, 1, begun=1), Lost) == [(0, [0])]
    state.joined(2)
    assert sent(idle(state, 2), Run) == [(2, [1, 2])], "these had not begun"


def test_the_run_ends_when_all_workers_die_before_they_speak(state: BrokerState) -> None:
    die(state, 2, begun=0)
    told: list[Instruction] = []
    for worker in range(1, 5):
        told = die(state, worker if worker == 1 else worker + 10, begun=0)
        for failed_starts in [each.failed_starts for each in told if isinstance(each, Replace)]:
            state.joined(worker + 11, failed_starts)
    assert [worker for worker, _ in sent(told, StartFailed)] == [0]


def test_a_worker_that_retires_is_replaced_and_its_tasks_run_elsewhere(state: BrokerState) -> None:
    state.received(0, offer(0, 2))
    idle(state, 1)
    state.received(1, Retire())
    assert Replace(1, 0) in die(state, 1, begun=5)
    assert sent(idle(state, 2), Run) == [(2, [0, 1])]


def test_tasks_of_a_dead_worker_are_cancelled(state: BrokerState) -> None:
    idle(state, 2)
    state.received(1, offer(1, 3))
    assert sent(die(state, 1, begun=0), Cancel) == [(2, [0, 1, 2])]
    assert state.table.empty


def test_a_cancel_reaches_the_worker_also_when_the_task_has_begun(state: BrokerState) -> None:
    idle(state, 2)
    state.received(1, offer(1, 3))
    assert sent(state.received(1, Cancel(batch_of(1), [1, 7])), Cancel) == [(2, [1])]
    assert sent(state.received(2, Results(batch_of(1), [1], b"", None)), Results) == [(1, [1])]


def test_rows_go_to_the_owner_only_from_the_worker_that_has_the_task(state: BrokerState) -> None:
    idle(state, 2)
    state.received(1, offer(1, 1))
    rows = PartialResult(batch_of(1), 0, b"rows", None)
    assert state.received(2, rows) == [Send(1, rows)]
    assert state.received(0, rows) == []
    state.received(2, Results(batch_of(1), [0], b"", None))
    assert state.received(2, rows) == []


def test_tasks_in_the_name_of_another_worker_are_refused(state: BrokerState) -> None:
    with pytest.raises(ValueError, match="not its own"):
        state.received(2, offer(1, 1))
    with pytest.raises(ValueError, match="no Lost"):
        state.received(2, Lost(batch_of(1), [0], 1, "why"))


def test_a_task_given_back_before_its_cancel_is_read_does_not_run(state: BrokerState) -> None:
    idle(state, 1)
    state.received(0, offer(0, 4))
    state.received(0, Cancel(batch_of(0), [2, 3]))
    idle(state, 2)
    told = state.received(1, GiveBack(batch_of(0), [2, 3], [], []))  # sent before it has read Cancel
    assert not sent(told, Run)
    assert sent(told, Cancelled) == [(0, [2, 3])]


def test_a_task_that_only_waits_is_not_lost_to_others_that_kill() -> None:
    state = BrokerState()
    state.joined(0)
    state.joined(1)
    waits, kills = offer(0, 1), offer(0, 3)._replace(batch=batch_of(0) + 1)
    idle(state, 1)
    state.received(0, waits)
    state.received(0, kills)
    lost: list[int] = []
    for worker in range(1, 20):
        # What it got first waits for a task of its own that is elsewhere: so it is idle, and gets one that kills.
        while sent(idle(state, worker), Run):
            pass
        told = die(state, worker, begun=2)
        lost += [i.message.batch for i in told if isinstance(i, Send) and isinstance(i.message, Lost)]
        state.joined(worker + 1)
    assert lost.count(kills.batch) == 3
    assert waits.batch not in lost


def constant(call: int, names: Sequence[str], value: bytes) -> SetConstants:
    return SetConstants(call, tuple(names), value, None)


def messages_to(worker: int, instructions: list[Instruction]) -> list[Message]:
    return [each.message for each in instructions if isinstance(each, Send) and each.peer == worker]


def test_a_constant_reaches_all_workers_once_and_new_ones_too(state: BrokerState) -> None:
    told = state.received(1, constant(9, "a", b"one"))
    assert [worker for worker, _ in sent(told, SetConstants)] == [0, 1, 2]
    assert messages_to(1, told) == [constant(0, "a", b"one"), ConstantReply(9, (), False)]
    assert state.received(2, constant(4, "a", b"two")) == [Send(2, ConstantReply(4, ("a",), False))]
    assert messages_to(7, state.joined(7)) == [constant(0, "a", b"one")]


def test_what_a_worker_has_to_say_leaves_an_idle_origin_idle(state: BrokerState) -> None:
    idle(state, 1)
    idle(state, 2)
    before = state.peers[0].sent
    assert state.received(1, Notice(0, b"said")) == [Send(0, Notice(0, b"said"))]
    assert sent(state.received(0, ProgramEnded(before, False)), AllDone)


def test_a_reply_says_whether_a_task_may_set_what_it_had_set(state: BrokerState) -> None:
    state.received(1, constant(1, "a", b"one"))
    assert state.received(2, constant(4, "a", b"one")) == [Send(2, ConstantReply(4, ("a",), False))]
    die(state, 1, begun=0)
    assert state.received(2, constant(5, "a", b"one")) == [Send(2, ConstantReply(5, ("a",), True))]


def test_a_new_worker_hears_the_newest_value_and_nothing_deleted(state: BrokerState) -> None:
    state.received(1, constant(1, "ab", b"both"))
    state.received(1, DeleteConstants(2, ("a",)))
    expected = [constant(0, "ab", b"both"), DeleteConstants(0, ("a",))]
    assert messages_to(7, state.joined(7)) == expected
    state.received(1, constant(3, "a", b"new"))
    assert messages_to(8, state.joined(8)) == [*expected, constant(0, "a", b"new")]


def test_the_run_ends_when_all_workers_wait_and_no_task_is_left(state: BrokerState) -> None:
    idle(state, 1)
    state.received(2, offer(2, 1))  # which 1 takes
    assert not sent(state.received(0, ProgramEnded(state.peers[0].sent, False)), AllDone)
    assert not sent(idle(state, 2), AllDone)
    assert not sent(state.received(1, Results(batch_of(2), [0], b"", None)), AllDone)
    assert not sent(idle(state, 1), AllDone), "2 has a result to look at"
    assert not sent(idle(state, 2), AllDone), "the origin was asked for work meanwhile: what it has said is void"
    assert sent(state.received(0, ProgramEnded(state.peers[0].sent, False)), AllDone) == [(0, [])]


def test_the_run_does_not_end_while_a_thread_of_an_idle_worker_works(state: BrokerState) -> None:
    idle(state, 2)
    state.received(1, Idle(0, partly=True))
    assert not sent(state.received(0, ProgramEnded(state.peers[0].sent, False)), AllDone)
    assert sent(state.received(1, Idle(state.peers[1].sent, partly=False)), AllDone) == [(0, [])]


def test_workers_that_still_start_are_waited_for_only_on_request(state: BrokerState) -> None:
    assert not sent(state.received(0, ProgramEnded(0, True)), AllDone)
    assert not sent(idle(state, 1), AllDone)
    told = state.received(2, StartFailed(0, False, False, "why"))
    assert StartFailed(0, True, False, "why") in messages_to(0, told)
    assert sent(state.received(0, ProgramEnded(state.peers[0].sent, True)), AllDone) == [(0, [])]


def test_a_prompt_end_does_not_wait_for_workers_that_still_start(state: BrokerState) -> None:
    assert sent(state.received(0, ProgramEnded(0, False)), AllDone) == [(0, [])]
