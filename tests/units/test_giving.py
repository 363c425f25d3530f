"""Who gives, and how often: once asked, once given, whoever is asked, whenever it is noticed."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from scoop.engine import runtime
from scoop.engine.future import NO_KWARGS, Future
from scoop.engine.limits import Limits
from scoop.engine.link import ThreadBell
from scoop.engine.mapper import Mapper
from scoop.engine.scheduler import Scheduler
from scoop.engine.sweep import Sweep
from scoop.wire.board import Board
from scoop.wire.messages import USUAL, Kind

sent: list[tuple[Kind, int]] = []
"""What kind of message, with how many numbers."""


def note(kind: Kind, _: int, numbers: Iterable[int], *__: Any) -> None:
    sent.append((kind, len(list(numbers))))


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    """Return one of two workers, whose messages go to ``sent``."""
    made = Scheduler(0, 2, Board.of_size(4), note, ThreadBell, lambda: 0.0, Limits())
    runtime.current = made
    sent.clear()
    yield made
    made.close()
    runtime.current = None


def receive(scheduler: Scheduler, tasks: int) -> None:
    """Let a parcel come in."""
    futures = iter([Future._make(abs, (n,), NO_KWARGS) for n in range(tasks)])
    parcel, retries, body, cargo, _ = scheduler.exports.pack(futures)
    assert retries == [USUAL] * tasks
    scheduler.imports.accept(parcel, range(tasks), body, cargo)


def test_who_has_given_does_not_give_again_for_the_same_question(scheduler: Scheduler) -> None:
    scheduler.costs.note(abs, 0.001)
    sweep = Sweep(scheduler, Mapper(abs), (range(1000),))
    scheduler.board.ask(0, True)
    scheduler.giving.give()  # the main thread, that has seen the cell
    scheduler.giving.give()  # the link, that has got the message which came with it
    assert [kind for kind, _ in sent] == [Kind.PARCEL]
    assert sweep.hi == 500


def test_while_a_thread_gives_the_link_does_not_take_it_that_nothing_is_wanted(scheduler: Scheduler) -> None:
    seen: list[tuple[bool, bool]] = []

    class Stuck:
        def __reduce__(self) -> Any:
            seen.append((scheduler.asked(), scheduler.giving.is_wanted()))
            raise TypeError("it cannot travel")

    scheduler.offer(Future._make(abs, (Stuck(),), NO_KWARGS))
    scheduler.board.ask(0, True)
    scheduler.giving.give()
    assert seen
    assert set(seen) == {(False, True)}, "or the link would sleep, and never look at the cell again"
    assert scheduler.asked()
    assert scheduler.giving.is_wanted()
    scheduler.board.ask(0, False)
    assert not scheduler.giving.is_wanted()


def test_what_is_asked_for_here_does_not_leave_the_machine_and_nothing_does_that_is_not_asked_for(
    scheduler: Scheduler,
) -> None:
    sweep = Sweep(scheduler, Mapper(abs), (range(1000),))
    sweep._cost = 1.0  # it is worth a journey
    scheduler.giving.give_far()
    scheduler.board.ask(0, True)
    scheduler.giving.give_far()
    assert not sent
    scheduler.board.ask_far(0, True)
    scheduler.giving.give_far()
    assert [kind for kind, _ in sent] == [Kind.PARCEL]


def test_who_is_about_to_run_his_last_errand_does_not_give_it_back(scheduler: Scheduler) -> None:
    receive(scheduler, 1)
    scheduler.board.ask(0, True)
    scheduler.board.set_idle(0, True)  # the main thread has been rung for, and is not up yet
    scheduler.giving.give()
    assert not sent
    assert scheduler.asked(), "the question stands"
    scheduler.board.set_idle(0, False)  # it runs something long
    scheduler.giving.give()
    assert sent == [(Kind.RETURN, 1)]


@pytest.mark.parametrize(("tasks", "idle", "back"), [(2, False, 1), (2, True, 1), (3, True, 1), (9, False, 5)])
def test_about_half_of_the_errands_are_given_back(scheduler: Scheduler, tasks: int, idle: bool, back: int) -> None:
    receive(scheduler, tasks)
    scheduler.board.set_idle(0, idle)
    scheduler.board.ask(0, True)
    scheduler.giving.give()
    assert sent == [(Kind.RETURN, back)]


def test_who_has_never_given_anything_asks_nobody_whether_all_work_has_ended(scheduler: Scheduler) -> None:
    scheduler.offer(Future._make(abs, (1,), NO_KWARGS))
    scheduler.drain()
    assert not sent
    assert not scheduler.has_work()
