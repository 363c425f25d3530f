"""How the fibers of one thread share its sleep."""

import pytest

from scoop.engine.threads.fibers import Fibers, Suspension


class Event:
    """What a thread sleeps on; it notes for how long it was to sleep."""

    def __init__(self) -> None:
        self.timeouts: list[float | None] = []

    def sleep(self, timeout: float | None = None) -> None:
        """Note that, and wake."""
        self.timeouts.append(timeout)

    def set(self) -> None:
        """Wake no thread: it is awake by then."""


@pytest.mark.parametrize("is_over", [False, True])
def test_a_thread_sleeps_while_all_fibers_in_line_would_sleep_too(is_over: bool) -> None:
    event = Event()
    fibers = Fibers(event, lambda _: None)
    fibers.in_line.append(Suspension(fibers, lambda: is_over, deadline=3.0))
    fibers.sleep_unless(lambda: False, fibers.first_deadline(5.0))
    assert event.timeouts == ([] if is_over else [3.0]), "until the first deadline of them"


def test_a_fiber_that_was_woken_keeps_the_thread_awake() -> None:
    event = Event()
    fibers = Fibers(event, lambda _: None)
    Suspension(fibers).wake()
    fibers.sleep_unless(lambda: False)
    assert not event.timeouts


def test_without_a_deadline_in_line_a_thread_sleeps_for_its_own() -> None:
    fibers = Fibers(Event(), lambda _: None)
    assert fibers.first_deadline(None) is None
    fibers.in_line.append(Suspension(fibers))
    assert fibers.first_deadline(7.0) == 7.0
