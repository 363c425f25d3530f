"""When a thread is said to stand still."""

import sys
from threading import get_ident
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scoop.engine.threads import standstill
from scoop.engine.threads.standstill import Standstill
from scoop.tuning import TUNING


class Thread:
    """A thread whose place in its code, and whose fibers, are what the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.place = 1
        self.processor_time = 0.0
        self.fibers = SimpleNamespace(sleeping=False, suspended=1, in_line=["one"])
        self.has_work = False
        frames = lambda: {get_ident(): SimpleNamespace(f_lasti=self.place)}  # noqa: E731
        monkeypatch.setattr(sys, "_current_frames", frames)
        monkeypatch.setattr(standstill, "processor_time", lambda _: self.processor_time)
        monkeypatch.setattr(standstill, "id", lambda frame: frame.f_lasti, raising=False)
        self.watch = Standstill(cast(Any, self.fibers), list, lambda: self.has_work, lambda: self.now)

    def looks(self, seconds: float) -> bool:
        """Return whether something is told within this time."""
        told = False
        for _ in range(int(seconds * 10)):
            self.now += 0.1
            told |= self.watch.look() is not None
        return told


@pytest.fixture
def thread(monkeypatch: pytest.MonkeyPatch) -> Thread:
    return Thread(monkeypatch)


LONG = TUNING.standstill_seconds + 3 * TUNING.standstill_look_seconds


def test_a_thread_at_one_place_that_holds_up_another_task_is_told_of_once(thread: Thread) -> None:
    assert not thread.looks(TUNING.standstill_seconds - 1)
    assert thread.looks(4)
    assert not thread.looks(3 * LONG)


@pytest.mark.parametrize("what", ["place", "processor_time"])
def test_a_thread_that_goes_on_is_not_told_of(thread: Thread, what: str) -> None:
    for _ in range(30):
        assert not thread.looks(2)
        setattr(thread, what, getattr(thread, what) + 1)


def test_a_thread_that_holds_up_nothing_is_not_told_of(thread: Thread) -> None:
    thread.fibers.in_line = []
    assert not thread.looks(LONG)
    thread.has_work = True
    assert thread.looks(LONG)


@pytest.mark.parametrize(("name", "value"), [("sleeping", True), ("suspended", 0)])
def test_a_thread_in_no_task_is_not_told_of(thread: Thread, name: str, value: object) -> None:
    setattr(thread.fibers, name, value)
    assert not thread.looks(LONG)
