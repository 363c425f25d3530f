"""What a process tells the broker of its idleness, and when."""

from collections.abc import Callable

import pytest

from scoop.engine.threads.fibers import Fibers, Suspension
from scoop.engine.threads.idle import IdleTracker
from scoop.wire.messages import Busy, Idle, Message
from scoop.wire.status_page import StatusPage


class Event:
    """What a thread sleeps on; its sleep is what a test makes of it."""

    def __init__(self) -> None:
        self.while_asleep: Callable[[], object] = lambda: None
        self.sleeps = 0

    def sleep(self, timeout: float | None = None) -> None:  # noqa: ARG002
        """Do what happens meanwhile."""
        self.sleeps += 1
        self.while_asleep()

    def set(self) -> None:
        """Wake no thread: it is awake by then."""


class Process:
    """One process, as the tracker sees it, and as the broker does."""

    def __init__(self) -> None:
        self.event = Event()
        self.fibers = Fibers(self.event, lambda _: None)
        self.work = self.left_to_others = False
        self.helpers_rest = True
        self.rows_to_split = False
        self.sent_any = True
        self.wakes = 0
        self.heard: list[Message] = []
        self.page = StatusPage(2)
        self.tracker = IdleTracker(self, self.fibers, self.heard.append, self.page, 1)

    def rest(self, meanwhile: Callable[[], object] = lambda: None) -> list[Message]:
        """Rest once; return what the broker has heard."""
        self.heard.clear()
        self.event.while_asleep = meanwhile
        self.tracker.rest(self.fibers)
        return [*self.heard]

    def has_work(self) -> bool:
        """Return what the test says."""
        return self.work

    def is_busy_with_some(self) -> bool:
        """Return what the test says."""
        return self.rows_to_split

    def leaves_work_to_others(self) -> bool:
        """Return what the test says."""
        return self.left_to_others

    def helpers_at_rest(self) -> bool:
        """Return what the test says."""
        return self.helpers_rest

    def never_sent_any(self) -> bool:
        """Return what the test says."""
        return not self.sent_any

    def all_fibers(self) -> list[Fibers]:
        """Return those of the main thread."""
        return [self.fibers]

    def wake(self) -> None:
        """Count."""
        self.wakes += 1


@pytest.fixture
def process() -> Process:
    """Return a process that has nothing to do."""
    return Process()


def test_a_thread_with_nothing_to_do_says_so_and_sleeps(process: Process) -> None:
    assert process.rest(lambda: asleep.append(process.page.is_idle(1))) == [Idle(0, False), Busy()]
    assert asleep == [True]
    assert not process.page.is_idle(1)


asleep: list[bool] = []


def test_with_work_at_hand_no_word_is_sent_and_no_thread_sleeps(process: Process) -> None:
    process.work = True
    assert process.rest() == []
    assert not process.event.sleeps


def test_after_a_message_the_broker_need_not_hear_of_the_end_of_the_rest(process: Process) -> None:
    assert process.rest(process.tracker.message_arrived) == [Idle(0, False)]
    assert process.rest(process.tracker.message_arrived) == [Idle(1, False)], "the next word counts that message"


def test_work_that_comes_by_itself_makes_a_process_busy(process: Process) -> None:
    def spawn() -> None:
        process.work = True

    assert process.rest(spawn) == [Idle(0, False), Busy()]
    assert process.wakes == 1


def test_a_message_between_the_word_and_the_sleep_keeps_the_thread_awake(process: Process) -> None:
    def bring(message: Message) -> None:
        process.heard.append(message)
        process.tracker.message_arrived()

    process.tracker = IdleTracker(process, process.fibers, bring, process.page, 1)
    assert process.rest() == [Idle(0, False)]
    assert not process.event.sleeps


@pytest.mark.parametrize("reason", ["helper at work", "fiber in line", "work for others"])
def test_a_process_with_some_thread_at_work_is_partly_idle(process: Process, reason: str) -> None:
    process.helpers_rest = reason != "helper at work"
    process.left_to_others = reason == "work for others"
    if reason == "fiber in line":
        process.fibers.in_line.append(Suspension(process.fibers))
    assert process.rest()[0] == Idle(0, True)


def test_a_process_that_was_partly_idle_says_so_when_it_is_wholly(process: Process) -> None:
    process.helpers_rest = False
    assert process.rest(process.tracker.message_arrived) == [Idle(0, True)]
    process.helpers_rest = True
    process.tracker.look_again()
    assert process.rest()[0] == Idle(1, False)


def test_look_again_says_nothing_new_of_a_process_that_is_idle(process: Process) -> None:
    def look() -> None:
        process.tracker.look_again()
        assert process.tracker.is_resting(process.fibers)

    assert process.rest(look) == [Idle(0, False), Busy()]


def test_with_rows_to_split_a_resting_thread_says_nothing(process: Process) -> None:
    process.rows_to_split = True
    assert process.rest() == []
    process.rows_to_split = False
    assert process.rest()[0] == Idle(0, False)
