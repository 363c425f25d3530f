"""The queue of an executor's calls: what is given, what can be cancelled, what becomes of each."""

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from scoop.engine.offers.outbox import InFlight
from scoop.engine.offers.ready_table import ReadyTable
from scoop.engine.tasks.cost_model import CostModel
from scoop.engine.tasks.task import PLAIN
from scoop.errors import WorkerLost
from scoop.maps.call_queue import CallQueue
from scoop.maps.row_functions import NOT_BEGUN, CallRows
from scoop.maps.segment import Segment, pack_segments


class Process:
    """What the queue needs of a scheduler; deferred calls are made when a test says so."""

    size = 2
    retries = 2
    outbox: Any = None
    stealing: Any = None

    def __init__(self) -> None:
        self.ready = ReadyTable()
        self.costs = CostModel()
        self.refusal: Exception | None = None
        self.asked = False
        self.gives = 0
        self.deferred: list[Callable[[], object]] = []
        self.suspects: list[InFlight] = []
        self.queue = CallQueue(self)

    def offer(self, future: object) -> None:
        """Have no futures that were made by hand."""

    def send(self, message: object) -> None:
        """Send nothing."""

    def look_again(self) -> None:
        """Do nothing."""

    def others_wait(self) -> bool:
        """Return what the test says."""
        return self.asked

    def give(self) -> None:
        """Count."""
        self.gives += 1

    def defer(self, call: Callable[[], object]) -> None:
        """Keep a call."""
        self.deferred.append(call)

    def discard(self, thing: object) -> None:
        """Drop it."""

    def send_suspects(self, tasks: Sequence[InFlight]) -> None:
        """Keep what is to be sent."""
        self.suspects += tasks

    def submit(self, number: int, function: Callable[..., Any] = abs) -> list[Any]:
        """Submit calls of a function, with the numbers from 0 on; return their futures."""
        return [self.queue.submit(function, (x,), {}, PLAIN) for x in range(number)]

    def sent(self, wanted: int = 1) -> list[Any]:
        """Have calls sent; return the tasks that they are."""
        return [*self.queue.sending(self.queue.steal(wanted))]

    def settle(self) -> None:
        """Make the deferred calls."""
        while self.deferred:
            self.deferred.pop(0)()


@pytest.fixture
def process() -> Process:
    """Return a process that knows that calls of abs take 10 us."""
    made = Process()
    made.costs.note_seconds(abs, 1e-5)
    return made


def answer(task: Any, process: Process) -> None:
    """Be the worker that runs a chunk to its end."""
    rows = CallRows(task.call[0].function)
    results: list[Any] = []
    rows.go_over(results, iter(task.call[1][0]), ())
    data, large = pack_segments(rows, [Segment(0, len(results), results)], 1e-5)
    task.arrived((True, data, large), process)


def test_the_queue_is_in_the_table_while_there_are_calls(process: Process) -> None:
    assert not process.ready.tasks
    process.submit(2)
    assert [*process.ready.tasks] == [process.queue]
    while process.ready.tasks:
        assert process.sent()
    assert not process.sent()


def test_giving_is_asked_for_once_until_it_is_done(process: Process) -> None:
    process.submit(3)
    assert not process.deferred, "no worker waits"
    process.asked = True
    process.submit(3)
    assert len(process.deferred) == 1
    process.settle()
    assert process.gives == 1
    process.submit(1)
    assert len(process.deferred) == 1


def test_of_unknown_calls_each_waiting_worker_gets_one(process: Process) -> None:
    process.submit(10, lambda x: x)
    assert [task.is_chunk for task in process.sent(wanted=3)] == [False] * 3


def test_short_calls_travel_together_and_each_learns_its_own_result(process: Process) -> None:
    futures = process.submit(1000)
    tasks = process.sent(wanted=2)
    assert len(tasks) == 4
    assert all(task.is_chunk for task in tasks)
    given = sum(len(task.call[1][0]) for task in tasks)
    assert given == 500, "half of all"
    assert [future.running() for future in futures] == [True] * given + [False] * (1000 - given)
    for task in tasks:
        answer(task, process)
    assert not futures[0].done(), "the I/O thread tells no future"
    process.settle()
    assert [future.result(0) for future in futures[:given]] == [*range(given)]


def test_a_call_that_is_queued_can_be_cancelled_and_is_not_sent(process: Process) -> None:
    futures = process.submit(4)
    assert futures[1].cancel()
    tasks = []
    while process.ready.tasks:
        tasks += process.sent()
    calls = [task.call[1][0] if task.is_chunk else [(task.call[1], {})] for task in tasks]
    assert [args for group in calls for args, _ in group] == [(0,), (2,), (3,)]
    assert not futures[0].cancel()


def test_what_has_no_room_in_a_batch_is_sent_with_the_next(process: Process) -> None:
    process.submit(1000)
    sending = process.queue.sending(process.queue.steal(2))
    first = next(iter(sending))
    sending.close()  # type: ignore[attr-defined]
    others = process.sent(2)
    assert len(others) == 3
    assert first not in others


def test_if_one_of_a_chunk_cannot_travel_all_are_sent_singly(process: Process) -> None:
    futures = process.submit(100)
    chunk = process.sent()[0]
    number = len(chunk.call[1][0])
    chunk.not_sent(TypeError(), process)
    singles = process.sent()
    assert [task.call[1] for task in singles] == [(x,) for x in range(number)]
    singles[7].not_sent(TypeError("not this one"), process)
    singles[8].arrived((True, pickle.dumps(8), ()), process)
    process.settle()
    assert str(futures[7].exception(0)) == "not this one"
    assert futures[8].result(0) == 8


def test_if_the_worker_of_a_chunk_dies_its_calls_are_sent_singly(process: Process) -> None:
    futures = process.submit(100)
    chunk = process.sent()[0]
    rows = CallRows(abs)
    part = pack_segments(rows, [Segment(0, 3, [(0,), (1,), (2,)])], None)
    chunk.arrived_in_part((True, *part), process)
    chunk.lost(lambda: WorkerLost("gone"), process)
    process.settle()
    assert [future.result(0) for future in futures[:3]] == [0, 1, 2]
    suspects: list[Any] = process.suspects
    assert suspects[0].call[1] == (3,)
    assert {(task.options.retries, task.options.tries_before) for task in suspects} == {(1, 1)}
    suspects[0].lost(lambda: WorkerLost("gone again"), process)
    process.settle()
    assert str(futures[3].exception(0)) == "gone again (SC-19)"


def test_where_there_are_no_workers_all_calls_run_here(process: Process) -> None:
    futures = process.submit(100)
    process.queue.sending(process.queue.steal(1))  # begun, and not sent
    assert not process.queue.run_next(only_kept=True)
    while process.queue.run_next(only_kept=False):
        pass
    assert [future.result(0) for future in futures] == [*range(100)]
    assert not process.ready.tasks


def test_once_refused_all_calls_fail_and_none_is_taken(process: Process) -> None:
    futures = process.submit(100)
    process.queue.steal(1)
    process.refusal = RuntimeError("no more")
    process.queue.refuse(process.refusal)
    process.settle()
    assert {str(future.exception(0)) for future in futures} == {"no more"}
    with pytest.raises(RuntimeError, match="no more"):
        process.submit(1)


def test_once_closed_no_call_is_taken_and_what_is_queued_stays(process: Process) -> None:
    process.submit(3)
    process.queue.close(RuntimeError("closed"), cancel=False)
    with pytest.raises(RuntimeError, match="closed"):
        process.submit(1)
    assert process.sent()


def test_calls_that_must_not_run_twice_travel_alone(process: Process) -> None:
    once = PLAIN._replace(retries=0)
    for x in range(50):
        process.queue.submit(abs, (x,), {}, once)
    assert not any(task.is_chunk for task in process.sent(wanted=2))


def test_a_chunk_that_is_dropped_for_one_call_is_sent_anew_without_it(process: Process) -> None:
    futures = process.submit(40)
    chunk = process.sent()[0]
    unwanted = next(each for each in futures if chunk.has(each))
    unwanted.is_unwanted = True
    others = [each for each in futures if chunk.has(each) and each is not unwanted]
    told: list[Any] = []
    unwanted.add_done_callback(told.append)
    chunk.dropped(process)
    assert not told
    process.settle()
    assert told == [unwanted]
    assert unwanted.cancelled()
    again = process.sent()
    assert others
    assert all(any(lone.has(each) for lone in again) for each in others)
    assert not any(lone.has(unwanted) for lone in again)


def test_of_a_stopped_chunk_unwanted_calls_end_and_others_are_sent_anew(process: Process) -> None:
    futures = process.submit(100)
    chunk = process.sent()[0]
    number = len(chunk.call[1][0])
    for future in futures[2:number:2]:
        future.is_unwanted = True
    part = pack_segments(CallRows(abs), [Segment(0, 2, [(0,), (1,)]), Segment(2, number - 2, [NOT_BEGUN] * 98)], None)
    chunk.arrived((True, *part), process)
    process.settle()
    assert [future.result(0) for future in futures[:2]] == [0, 1]
    assert [future.cancelled() for future in futures[2:number]] == [number % 2 == 0 for number in range(2, number)]
    assert [task.call[1] for task in process.sent()] == [(x,) for x in range(3, number, 2)]


def test_once_withdrawn_nothing_goes_out_any_more(process: Process) -> None:
    futures = process.submit(100)
    chunks = process.queue.steal(2)
    sent = next(iter(process.queue.sending(chunks)))
    process.queue.close(RuntimeError("closed"), cancel=True)
    process.queue.withdraw()
    assert sent.withdraw()
    assert not process.ready.tasks
    assert not process.sent()
    sent.dropped(process)
    process.settle()
    assert all(future.cancelled() for future in futures)
