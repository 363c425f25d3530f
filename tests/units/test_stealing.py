"""Which worker gives, how much, and how often: for each request once."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from scoop.engine import runtime
from scoop.engine.process.limits import Identity, Limits
from scoop.engine.results.future import Future, new_task
from scoop.engine.scheduler import Scheduler
from scoop.engine.tasks.cost_model import CostModel
from scoop.engine.tasks.outside import Outside
from scoop.engine.threads.thread_event import ThreadEvent
from scoop.maps.map_in_progress import MapInProgress
from scoop.maps.received_chunk import ReceivedChunk
from scoop.maps.row_functions import MapRows
from scoop.wire.messages import DEFAULT_RETRIES, GiveBack, Idle, Message, Offer, Run
from scoop.wire.status_page import StatusPage

sent: list[Message] = []
clock = [0.0]


@pytest.fixture
def page() -> StatusPage:
    """Return the status page of the machine."""
    return StatusPage(4)


@pytest.fixture
def scheduler(page: StatusPage) -> Iterator[Scheduler]:
    """Return that of a worker of a run of two, whose messages go to ``sent``."""
    clock[0] = 0.0
    outside = Outside(page, sent.append, ThreadEvent, lambda: clock[0], lambda: False, CostModel(), ReceivedChunk)
    made = Scheduler(Identity(0, 0, 2, False), Limits(), outside)
    runtime.current = made
    sent.clear()
    yield made
    made.close()
    runtime.current = None


def offer(scheduler: Scheduler, tasks: int, argument: Any = 1) -> None:
    """Put own tasks on offer."""
    for _ in range(tasks):
        scheduler.offer(new_task(abs, (argument,), {}))


def receive(scheduler: Scheduler, tasks: int) -> None:
    """Let tasks of another worker come in."""
    offer(scheduler, tasks)
    batch = scheduler.outbox.pack(iter([_in_flight(scheduler) for _ in range(tasks)])).offer(suspects=False)
    assert [*batch.retries] == [DEFAULT_RETRIES] * tasks
    scheduler.inbox.accept(Run(batch.batch, batch.tasks, batch.body, None))


def _in_flight(scheduler: Scheduler) -> Any:
    from scoop.engine.offers.outbox import FutureInFlight

    future = scheduler.ready.futures()[0]
    assert scheduler.claim(future)
    return FutureInFlight(future)


def new_map(scheduler: Scheduler, rows: int, seconds: float) -> MapInProgress:
    """Put a map on offer whose rows are known to take so long."""
    scheduler.costs.note_seconds(abs, seconds)
    return MapInProgress(scheduler, MapRows(abs), (range(rows),), lambda: None)


def kinds() -> list[tuple[type, int]]:
    """Return what kind of message was sent, with how many tasks."""
    return [(type(message), len(message.tasks)) for message in sent if isinstance(message, Offer | GiveBack)]


def test_a_request_is_answered_once(scheduler: Scheduler, page: StatusPage) -> None:
    new_map(scheduler, 1000, 0.001)
    page.ask(0, True)
    scheduler.stealing.give()  # the main thread, which has seen the flag
    scheduler.stealing.give()  # a service thread, which has got the message that came with it
    assert [kind for kind, _ in kinds()] == [Offer]
    assert not page.is_asked(0)


def test_about_half_of_the_own_tasks_are_given(scheduler: Scheduler, page: StatusPage) -> None:
    offer(scheduler, 9)
    page.ask(0, True)
    scheduler.stealing.give()
    assert kinds() == [(Offer, 5)]
    assert len(scheduler.ready) == 4


def test_a_lone_task_is_left_for_a_moment(scheduler: Scheduler, page: StatusPage) -> None:
    page.ask(0, True)
    offer(scheduler, 1)
    assert not sent
    offer(scheduler, 1)
    assert kinds() == [(Offer, 1)]


def test_tiny_tasks_stay_while_this_process_gets_to_them(scheduler: Scheduler, page: StatusPage) -> None:
    scheduler.costs.note_seconds(abs, 1e-6)
    page.ask(0, True)
    offer(scheduler, 4)
    scheduler.stealing.give()  # the service thread's first look
    for _ in range(2):
        clock[0] += 1
        first = scheduler.ready.oldest(0)
        assert isinstance(first, Future)
        scheduler.join(first, None)
        offer(scheduler, 1)
        scheduler.stealing.give()  # another one is the oldest by now
    clock[0] += 1
    offer(scheduler, 1)
    scheduler.stealing.give()  # there are more
    assert not sent
    assert page.is_asked(0)
    clock[0] += 1
    scheduler.stealing.give()  # nothing has changed: the program does something else
    assert kinds() == [(Offer, 3)]


def test_a_program_that_waits_runs_the_short_tasks_it_leaves_to_others(page: StatusPage) -> None:
    outside = Outside(page, sent.append, ThreadEvent, lambda: 0.0, lambda: False, CostModel(), ReceivedChunk)
    origin = Scheduler(Identity(0, 0, 2, True), Limits(), outside)
    fibers = origin.fibers_here()
    assert fibers is not None
    offer(origin, 1)
    assert not origin.run_next(fibers), "it may take long, and results that come meanwhile would wait"
    origin.costs.note_seconds(abs, 0.001)
    assert origin.run_next(fibers)
    assert not origin.ready.futures()
    origin.close()


def test_while_a_thread_gives_the_request_counts_as_open(scheduler: Scheduler, page: StatusPage) -> None:
    seen: list[tuple[bool, bool]] = []

    class Stuck:
        def __reduce__(self) -> Any:
            seen.append((page.is_asked(0), scheduler.stealing.is_wanted()))
            raise TypeError("it cannot travel")

    offer(scheduler, 1, Stuck())
    page.ask(0, True)
    scheduler.stealing.give()
    assert seen
    assert set(seen) == {(False, True)}, "or the I/O thread would sleep, and never look at the flag again"
    assert page.is_asked(0), "nothing was given, so the request stands"
    assert len(scheduler.ready.kept) == 1
    page.ask(0, False)
    assert not scheduler.stealing.is_wanted()


def test_work_leaves_the_machine_only_if_another_machine_asks(scheduler: Scheduler, page: StatusPage) -> None:
    new_map(scheduler, 1000, 1.0)  # it is worth a journey
    scheduler.stealing.give_far()
    page.ask(0, True)
    scheduler.stealing.give_far()
    assert not sent
    page.ask_far(0, True)
    scheduler.stealing.give_far()
    assert [kind for kind, _ in kinds()] == [Offer]


def test_a_map_that_is_soon_done_does_not_leave_the_machine(scheduler: Scheduler, page: StatusPage) -> None:
    new_map(scheduler, 10, 0.001)
    page.ask_far(0, True)
    scheduler.stealing.give_far()
    assert not sent


def test_the_last_task_of_a_thread_that_is_waking_is_kept(scheduler: Scheduler, page: StatusPage) -> None:
    receive(scheduler, 1)
    page.ask(0, True)
    (fibers,) = scheduler.all_fibers()
    scheduler.idle.rising.add(fibers)  # the main thread has been nudged, and has not looked for work yet
    scheduler.stealing.give()
    assert not sent
    assert page.is_asked(0), "the request stands"
    scheduler.idle.rising.clear()  # it runs something long
    scheduler.stealing.give()
    assert kinds() == [(GiveBack, 1)]


def test_a_worker_that_is_asked_runs_the_only_task_it_was_sent(scheduler: Scheduler, page: StatusPage) -> None:
    receive(scheduler, 1)
    page.ask(0, True)
    (fibers,) = scheduler.all_fibers()
    assert scheduler.run_next(fibers)
    assert not kinds(), "it would be sent back, and the worker be idle"
    assert scheduler.inbox.ran == 1


@pytest.mark.parametrize(("tasks", "idle", "back"), [(2, False, 1), (2, True, 1), (3, True, 1), (9, False, 5)])
def test_about_half_of_the_tasks_of_others_are_given_back(
    scheduler: Scheduler, page: StatusPage, tasks: int, idle: bool, back: int
) -> None:
    receive(scheduler, tasks)
    if idle:
        scheduler.idle.rising.update(scheduler.all_fibers())
    page.ask(0, True)
    scheduler.stealing.give()
    assert kinds() == [(GiveBack, back)]


def test_a_program_that_never_gave_anything_ends_without_a_message(scheduler: Scheduler) -> None:
    offer(scheduler, 1)
    scheduler.drain()
    assert not sent
    assert not scheduler.has_work()


def test_while_its_tasks_are_packed_a_process_is_not_done(scheduler: Scheduler, page: StatusPage) -> None:
    fibers = scheduler.fibers_here()
    assert fibers is not None
    fibers.event.set()  # its sleep ends at once
    thread = Thread(target=scheduler.idle.rest, args=(fibers,))

    class Rests:
        def __reduce__(self) -> Any:
            # Another thread finds nothing to do, while this one gives the last task away.
            thread.start()
            thread.join()
            return abs, (1,)

    offer(scheduler, 1, Rests())
    page.ask(0, True)
    scheduler.stealing.give()
    words = [message for message in sent if isinstance(message, Idle)]
    assert words
    assert all(word.partly for word in words), "the run could end, and the task be lost"
