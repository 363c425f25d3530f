"""Which tasks the broker ends, and when; and what becomes of those beside them."""

from collections.abc import Sequence
from math import inf
from typing import Any

import pytest

from scoop.broker.peers import Replace, Send
from scoop.broker.state import BrokerState
from scoop.broker.task_table import MOST_INTERRUPTIONS
from scoop.broker.task_watch import Overrun, Task, TaskWatch
from scoop.tuning import TUNING
from scoop.wire.messages import (
    BLAMELESS,
    DEFAULT_RETRIES,
    Began,
    Cancel,
    Cancelled,
    Idle,
    Lost,
    Offer,
    Run,
    Stop,
    Stopped,
    StopReason,
    batch_ids,
)


class Workers:
    """What can be seen of workers."""

    def __init__(self) -> None:
        self.held: set[Task] = set()
        self.begun: set[Task] = set()
        self.resident = 0

    def has_begun(self, worker: int, task: Task) -> bool:
        assert worker == 1
        return task in self.begun

    def memory(self, worker: int) -> int:
        assert worker == 1
        return self.resident


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def watch(workers: Workers) -> TaskWatch:
    workers.held = {(7, 0), (7, 1), (7, 2)}
    return TaskWatch(lambda _, task: task in workers.held)


def test_nothing_is_looked_at_while_nothing_is_watched(watch: TaskWatch, workers: Workers) -> None:
    assert not watch
    assert watch.seconds_to_look(5.0) == inf
    assert watch.look(5.0, workers) == []


def test_a_task_is_ended_when_its_time_is_over_and_not_before(watch: TaskWatch, workers: Workers) -> None:
    watch.began(1, Began(7, 0, 1500, 0))
    assert watch.seconds_to_look(10.0) == 0, "from the first look on its time counts"
    assert watch.look(10.0, workers) == []
    assert watch.seconds_to_look(10.5) == 1.0
    assert watch.look(11.4, workers) == []
    assert watch.look(11.5, workers) == [Overrun(1, (7, 0), StopReason.SECONDS)]
    workers.held.clear()
    assert watch.look(11.6, workers) == []
    assert not watch


def test_a_task_that_has_ended_in_time_is_forgotten(watch: TaskWatch, workers: Workers) -> None:
    watch.began(1, Began(7, 0, 1500, 0))
    watch.look(10.0, workers)
    workers.held.remove((7, 0))
    assert watch.look(99.0, workers) == []
    assert not watch


def test_memory_is_looked_at_now_and_then(watch: TaskWatch, workers: Workers) -> None:
    watch.began(1, Began(7, 0, 0, 1000))
    workers.resident = 1000
    assert watch.look(10.0, workers) == []
    assert watch.seconds_to_look(10.0) == TUNING.memory_look_seconds
    workers.resident = 1001
    assert watch.look(10.1, workers) == [Overrun(1, (7, 0), StopReason.MEMORY)]


def test_an_unwanted_task_is_ended_once_it_has_begun(watch: TaskWatch, workers: Workers) -> None:
    watch.stop(1, (7, 1))
    assert watch.look(10.0, workers) == []
    assert watch.seconds_to_look(10.0) == TUNING.unwanted_look_seconds
    workers.begun.add((7, 1))
    assert watch.look(10.1, workers) == [Overrun(1, (7, 1), None)]


# -- with the state of a broker: worker 0 is the origin -------------------------------------------------------------


@pytest.fixture
def state() -> BrokerState:
    made = BrokerState(retries=1)
    for worker in range(3):
        made.joined(worker)
    return made


BATCH, BATCH_OF_1 = next(batch_ids(0, 0)), next(batch_ids(0, 1))


def sent(instructions: Sequence[object], kind: type) -> list[tuple[int, Any]]:
    sends = [each for each in instructions if isinstance(each, Send)]
    return [(each.peer, each.message) for each in sends if isinstance(each.message, kind)]


def hold(state: BrokerState, retries: int = DEFAULT_RETRIES) -> None:
    """Let worker 1 have four tasks of the origin's."""
    state.received(0, Offer(BATCH, range(4), [retries] * 4, [0] * 4, b"body", None))
    state.received(1, Idle(state.peers[1].sent, False))


def end(state: BrokerState, task: Task, reason: StopReason | None, begun: int) -> Sequence[object]:
    """Let worker 1 be ended for a task, having begun so many."""
    assert state.is_to_end(Overrun(1, task, reason), "worker 1")
    assert not state.is_to_end(Overrun(1, (BATCH, 3), reason), "worker 1"), "it is being ended already"
    return state.left(1, begun, "it was killed")


def test_the_owner_is_told_and_all_others_are_handed_out_again(state: BrokerState) -> None:
    hold(state)
    told = end(state, (BATCH, 1), StopReason.SECONDS, begun=2)
    assert sent(told, Stopped) == [(0, Stopped(BATCH, [1], StopReason.SECONDS, "worker 1"))]
    assert sent(told, Lost) == []
    assert any(isinstance(each, Replace) for each in told)
    again = [number for _, run in sent(state.received(2, Idle(0, False)), Run) for number in run.tasks]
    assert again == [0], "what had begun is on offer again, and is not quarantined"
    assert not state.table.quarantine
    assert state.table.on_offer


def test_what_must_not_run_twice_is_lost_and_blamed_for_nothing(state: BrokerState) -> None:
    hold(state, retries=0)
    told = end(state, (BATCH, 1), StopReason.MEMORY, begun=3)
    lost = [message for _, message in sent(told, Lost)]
    assert [(message.tasks, message.tries) for message in lost] == [([0], BLAMELESS), ([2], BLAMELESS)]
    assert [tasks for _, tasks in state.table.on_offer] == [[3]], "it had not begun"


def test_a_task_that_is_always_interrupted_is_lost_in_the_end(state: BrokerState) -> None:
    state.received(0, Offer(BATCH, [0], [1], [0], b"body", None))
    rounds = 0
    for worker in range(1, 100):
        if worker > 2:
            state.joined(worker)
        state.received(worker, Idle(state.peers[worker].sent, False))
        state.is_to_end(Overrun(worker, (99 << 40, 0), StopReason.SECONDS), "another")
        rounds += 1
        if sent(state.left(worker, 1, "killed"), Lost):
            break
    assert rounds == MOST_INTERRUPTIONS + 2


def test_a_death_at_the_hands_of_an_own_task_counts_as_any_other(state: BrokerState) -> None:
    hold(state)
    state.received(1, Offer(BATCH_OF_1, [0], [1], [1], b"body", None))
    assert state.is_to_end(Overrun(1, (BATCH_OF_1, 0), StopReason.SECONDS), "worker 1")
    state.left(1, 1, "it was killed")
    assert [task for _, task in state.table.quarantine] == [0], "it is blamed: it might do so for ever"


def test_a_task_that_is_stopped_is_cancelled_where_it_is(state: BrokerState) -> None:
    hold(state)
    told: Sequence[object] = state.received(0, Stop(BATCH, [0, 2]))
    assert [message for _, message in sent(told, Cancel)] == [Cancel(BATCH, [0]), Cancel(BATCH, [2])]
    assert state.has_begun(1, (BATCH, 0), begun=1)
    assert not state.has_begun(1, (BATCH, 2), begun=1)
    told = end(state, (BATCH, 0), None, begun=1)
    assert sent(told, Lost) == sent(told, Stopped) == []
    ended = [number for _, message in sent(told, Cancelled) for number in message.tasks]
    assert sorted(ended) == [0, 2]


def test_a_task_that_is_stopped_on_offer_is_dropped(state: BrokerState) -> None:
    state.received(0, Offer(BATCH, range(2), [1] * 2, [0] * 2, b"body", None))
    assert sent(state.received(0, Stop(BATCH, [1])), Cancelled) == [(0, Cancelled(BATCH, [1]))]
    assert not state.watch
