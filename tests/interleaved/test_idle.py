"""The idle tracker under every order of lines: what the broker has been told is true, and no wake-up is lost."""

from typing import Any

import pytest

from scoop.engine.threads.fibers import Fibers
from scoop.engine.threads.idle import IdleTracker
from scoop.wire.messages import Busy, Idle, Message
from scoop.wire.status_page import StatusPage

from .interleaver import BatonEvent, Interleaver, NoLock, over_seeds


class Work:
    """What the idle tracker asks of a scheduler, and what the broker makes of its words."""

    def __init__(self) -> None:
        self.tasks = 0
        self.rows = 0
        self.fibers: list[Fibers] = []
        self.sent_by_broker = 0
        self.heard: list[Message] = [Busy()]

    @property
    def is_taken_for_idle(self) -> bool:
        """Whether the broker takes the process for idle."""
        last = self.heard[-1]
        return isinstance(last, Idle) and last.seen == self.sent_by_broker

    def hear(self, message: Message) -> None:
        """Be the broker."""
        self.heard.append(message)

    def has_work(self) -> bool:
        """Return whether there is a task."""
        return self.tasks > 0

    def is_busy_with_some(self) -> bool:
        """Return whether a thread goes over rows that others could have."""
        return self.rows > 0

    def leaves_work_to_others(self) -> bool:
        """Return that there are no tasks that this process does not run."""
        return False

    def helpers_at_rest(self) -> bool:
        """Return that there are no helper threads."""
        return True

    def never_sent_any(self) -> bool:
        """Return that tasks have left this process."""
        return False

    def all_fibers(self) -> list[Fibers]:
        """Return those of the main thread and of the other that runs tasks."""
        return self.fibers

    def wake(self) -> None:
        """Wake both."""
        for fibers in self.fibers:
            fibers.nudge()


def idle_and_busy(interleaver: Interleaver) -> None:
    work, page = Work(), StatusPage(2)
    ended = 0

    def new_fibers() -> Fibers:
        fibers = Fibers(BatonEvent(interleaver), lambda _: None)
        work.fibers.append(fibers)
        return fibers

    native = new_fibers()
    tracker = IdleTracker(work, native, work.hear, page, 1)

    def run_tasks(fibers: Fibers) -> None:
        while ended < 2 or work.tasks:
            if work.tasks:
                work.tasks -= 1
                assert not work.is_taken_for_idle, "a task runs, and the broker may end the run"
                interleaver.step()
            else:
                tracker.rest(fibers)
        fibers.event.set()
        tracker.rest(fibers)

    def bring() -> None:
        nonlocal ended
        for _ in range(2):
            work.sent_by_broker += 1
            interleaver.step()
            work.tasks += 1
            tracker.message_arrived()
            work.wake()
        ended += 1
        native.event.set()

    def spawn() -> None:
        nonlocal ended
        for _ in range(2):
            work.tasks += 1
            interleaver.step()
            if page.is_idle(1):  # as each spawn looks
                work.wake()
        ended += 1
        native.event.set()

    interleaver.run(lambda: run_tasks(native), bring, spawn)
    assert not work.tasks
    assert work.heard[-2:] == [Idle(work.sent_by_broker, False), Busy()], "at the end the word of idleness is true"


def words_of_idleness(interleaver: Interleaver) -> None:
    """Two threads rest and rise. The broker's picture is that of the words, in the order in which they were sent."""
    work, page = Work(), StatusPage(2)
    fibers = [Fibers(BatonEvent(interleaver), lambda _: None) for _ in range(2)]
    work.fibers = fibers
    rests = interleaver.choice.choice((1, 3))

    def hear(message: Message) -> None:
        interleaver.step()
        work.hear(message)

    tracker = IdleTracker(work, fibers[0], hear, page, 1)

    def rest(mine: Fibers) -> None:
        for _ in range(rests):
            mine.event.set()
            tracker.rest(mine)

    def work_comes_and_goes() -> None:
        for _ in range(3):
            work.tasks += 1
            tracker.look_again()
            interleaver.step()
            work.tasks -= 1

    interleaver.run(lambda: rest(fibers[0]), lambda: rest(fibers[1]), work_comes_and_goes)
    assert not work.is_taken_for_idle, "no thread rests, and the last word was that all do"


def rows_to_split(interleaver: Interleaver) -> None:
    """One thread rests while another goes over rows: the broker takes the process for busy, and asks it to give."""
    work, page = Work(), StatusPage(2)
    resting = Fibers(BatonEvent(interleaver), lambda _: None)
    work.fibers = [resting]
    tracker = IdleTracker(work, resting, work.hear, page, 1)
    over = False

    def rest() -> None:
        while not over:
            tracker.rest(resting)

    def go_over_rows() -> None:
        nonlocal over
        work.tasks += 1
        if page.is_idle(1):
            tracker.work_began()
        interleaver.step()
        work.rows += 1
        work.tasks -= 1
        for _ in range(300):
            interleaver.step()
        assert not work.is_taken_for_idle, "other workers wait, and the broker asks none to give"
        over = True
        resting.event.set()

    interleaver.run(rest, go_over_rows)


SCENARIOS = {idle_and_busy: 150, words_of_idleness: 150, rows_to_split: 300}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_words_of_idleness_are_true_in_every_order_of_lines(scenario: Any) -> None:
    over_seeds(scenario, SCENARIOS[scenario])


def test_without_its_lock_the_tracker_is_found_to_be_unsafe() -> None:
    with pytest.raises(AssertionError, match="seed"):
        over_seeds(words_of_idleness, 2000, lock=NoLock, rlock=NoLock)
