"""A signal that was put off comes again once, and not at all when the program has stopped its timer."""

import os
import signal
import sys
import weakref
from collections.abc import Iterator
from types import FrameType

import pytest

from scoop.engine import runtime
from scoop.engine.process import signal_guard
from scoop.engine.process.signal_guard import guard_signals
from scoop.engine.process.signal_safety import indivisible

REPLACED = ("signal", "getsignal", "setitimer", "alarm")


class Program:
    """A program with a handler of its own. What is sent, and when threads go on, is up to the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.sent: list[int] = []
        self.threads: list[object] = []
        monkeypatch.setattr(os, "kill", lambda _, number: self.sent.append(number))
        monkeypatch.setattr(signal_guard, "start_new_thread", lambda function, _: self.threads.append(function))

    def handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.calls += 1

    def strike(self, frame: FrameType | None) -> None:
        """Have the signal come."""
        handler = signal_guard._get_handler(signal.SIGALRM)
        assert callable(handler)
        handler(signal.SIGALRM, frame)

    def look(self) -> None:
        """Let the threads go on that send again what was put off."""
        while self.threads:
            self.threads.pop()()  # type: ignore[operator]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Return a program behind the guard."""
    kept = {name: getattr(signal, name) for name in REPLACED}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)}
    repeat = runtime.repeat_signal
    made = Program(monkeypatch)
    guard_signals(is_origin=False)
    signal.signal(signal.SIGALRM, made.handle)
    yield made
    for name, function in kept.items():
        setattr(signal, name, function)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    runtime.repeat_signal = repeat


@indivisible
def ours() -> FrameType:
    """Return a frame within which a signal is put off."""
    return sys._getframe()


def theirs() -> FrameType:
    """Return a frame of the program's."""
    return sys._getframe()


def lost() -> FrameType:
    """Return a frame of a weak reference's callback, run since the program has let go of an object."""
    frames: list[FrameType] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "weakref" in frame.f_code.co_filename:
            frames.append(frame)

    known = weakref.WeakKeyDictionary[Program, None]()
    key = Program.__new__(Program)
    known[key] = None
    sys.setprofile(note)
    del key
    sys.setprofile(None)
    return frames[0]


def test_a_signal_is_put_off_where_its_exception_would_be_lost(program: Program) -> None:
    program.strike(lost())
    assert program.calls == 0
    program.look()
    program.strike(theirs())
    assert program.calls == 1


def test_a_signal_comes_again_once(program: Program) -> None:
    program.strike(ours())
    assert program.calls == 0
    first, *_ = program.threads
    program.threads.append(first)  # two threads look at the same time
    program.look()
    assert program.sent == [signal.SIGALRM]
    program.strike(theirs())
    assert program.calls == 1
    program.look()
    assert program.sent == [signal.SIGALRM]


def test_a_signal_does_not_come_again_after_its_timer_was_stopped(program: Program) -> None:
    program.strike(ours())
    signal.setitimer(signal.ITIMER_REAL, 0)
    program.look()
    assert not program.sent


def test_a_signal_on_its_way_is_dropped_when_its_timer_is_stopped(program: Program) -> None:
    program.strike(ours())
    program.look()
    signal.setitimer(signal.ITIMER_REAL, 0)
    program.strike(theirs())  # the one that was sent again
    assert program.calls == 0
    program.strike(theirs())  # one of a later timer
    assert program.calls == 1
