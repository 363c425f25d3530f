"""When a program counts as one that waits by its own means."""

import sys
from typing import Any

import pytest

from scoop.engine.threads import program_waits
from scoop.engine.threads.program_waits import ProgramWaits
from scoop.identity import OWN_FOLDER
from scoop.tuning import TUNING


class Frame:
    """A frame of a file, called by another."""

    def __init__(self, name: str, back: "Frame | None" = None) -> None:
        self.f_code = self
        self.co_filename = name
        self.f_back = back


PROGRAM = Frame("script.py", Frame(OWN_FOLDER + "machine/program.py", Frame(OWN_FOLDER + "engine/any.py")))


class Program:
    """A program that does what the test says; stands in for the helper threads, too."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.used = 0.0
        self.computes = self.at_work = False
        self.patience = TUNING.program_patience_seconds
        self.is_due = True
        self.frame = PROGRAM
        self.waits = False
        monkeypatch.setattr(program_waits, "processor_time", lambda _: self.used)
        monkeypatch.setattr(program_waits, "get_ident", lambda: 1)
        frames: Any = lambda: {1: self.frame}  # noqa: E731
        monkeypatch.setattr(sys, "_current_frames", frames)
        self.watch = ProgramWaits(self, lambda: self.is_due, lambda: self.patience, lambda: self.now)

    def program_waits(self, waits: bool) -> None:
        self.waits = waits

    def at_rest(self) -> bool:
        return not self.at_work

    def waits_after(self, seconds: float) -> bool:
        """Return whether it counts as waiting after this time."""
        for _ in range(round(seconds / 0.05)):
            self.now += 0.05
            self.used += 0.05 * self.computes
            self.watch.look()
        return self.waits


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    return Program(monkeypatch)


SOON = TUNING.program_patience_seconds + 3 * TUNING.program_look_seconds


def test_one_that_neither_computes_nor_calls_waits_after_a_moment(program: Program) -> None:
    assert not program.waits_after(TUNING.program_patience_seconds)
    assert program.waits_after(SOON)
    program.computes = True
    assert not program.waits_after(SOON)
    program.computes = False
    assert program.waits_after(SOON)


@pytest.mark.parametrize("place", ["engine/waiting.py", "maps/consumer.py"])
def test_one_that_is_in_a_call_or_a_task_does_not(program: Program, place: str) -> None:
    program.frame = Frame("threading.py", Frame(OWN_FOLDER + place, PROGRAM))
    assert not program.waits_after(10 * SOON)
    program.frame = Frame("threading.py", PROGRAM)
    assert program.waits_after(SOON)


def test_one_without_tasks_does_not_until_they_have_ended(program: Program) -> None:
    program.is_due = False
    assert not program.waits_after(SOON)
    program.is_due = True
    assert program.waits_after(SOON)
    program.is_due, program.at_work = False, True  # the last one runs, and may submit more
    assert program.waits_after(SOON)
    program.at_work = False
    assert not program.waits_after(SOON)


def test_other_machines_have_some_seconds_to_join(program: Program) -> None:
    program.patience = TUNING.hosts_patience_seconds
    assert not program.waits_after(TUNING.hosts_patience_seconds - 1)
    assert program.waits_after(1 + SOON)
