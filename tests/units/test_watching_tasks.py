"""What the instruments of ``--trace`` and ``--progress`` make of tasks of their own process."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from scoop.engine.process.instruments import Instrument
from scoop.engine.process.limits import Identity
from scoop.engine.results.future import Future, new_task, run
from scoop.machine import counting
from scoop.machine.counting import TaskCounter
from scoop.report.task_lines import take_alike
from scoop.report.tasks import Tasks
from scoop.trace.lines import Lines
from scoop.trace.recorder import Recorder
from scoop.wire.status_page import StatusPage


def perform(instrument: Instrument, function: Callable[..., Any], *args: Any) -> None:
    """Offer and run a task while an instrument listens."""
    future: Future = new_task(function, args, {})
    offer, run_task = instrument.offering(lambda _: None), instrument.running(run)
    if offer is None:
        instrument.offered(future)
    else:
        offer(future)
    assert run_task is not None
    run_task(future)


class Recorded:
    """A recorder, and what it has sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.recorder = Recorder(Lines(Identity(0, 1, 1, False), monotonic()), self.sent.append, 40)

    def lines(self) -> bytes:
        self.recorder.write()
        return b"".join(self.sent)


def test_the_lines_of_nearly_all_tasks_can_be_read_many_at_once() -> None:
    recorded, tasks = Recorded(), Tasks()
    for args in ((7,), (-(2**64) + 1,), (10**5000,), ('a"\\', 1.5), ()):
        perform(recorded.recorder, lambda *_: None, *args)
    assert take_alike(recorded.lines(), tasks) == b""
    texts = [task.arguments for task in tasks]
    assert texts == ["7", "-18446744073709551615", "<int of 16610 bits>", "'a\"\\\\', 1.5", ""]
    assert all(task.made <= task.start <= task.end for task in tasks)


def test_who_has_made_a_task_is_recorded() -> None:
    recorded, tasks = Recorded(), Tasks()
    perform(recorded.recorder, lambda: perform(recorded.recorder, lambda: None))
    assert take_alike(recorded.lines(), tasks) == b""
    assert [(task.number, task.parent) for task in tasks] == [
        (2, (tasks.processes[0], 1)),
        (1, (tasks.processes[0], 0)),
    ]


def test_a_slice_of_which_all_rows_were_taken_is_not_recorded() -> None:
    recorded = Recorded()
    recorder = recorded.recorder
    recorder.rows_ended(recorder.rows_started(object(), abs, 0, 1), 0, True)
    assert recorded.lines() == b""
    recorder.rows_ended(recorder.rows_started(object(), abs, 0, 2), 1, True)
    assert b'"first":0,"rows":1' in recorded.lines()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(counting, "monotonic", clock)
    return clock


def test_the_time_of_tasks_within_a_task_is_not_its_own_and_nor_are_waits(clock: Clock) -> None:
    counter = TaskCounter(StatusPage(2), 1)

    def outer() -> None:
        clock.passes(1)
        perform(counter, inner)
        clock.passes(2)
        waits = counter.suspended()
        perform(counter, inner)  # on another fiber, meanwhile
        clock.passes(100)
        counter.resumed(waits)
        clock.passes(4)

    def inner() -> None:
        clock.passes(10)

    perform(counter, outer)
    found = {name.rpartition(".")[2]: tuple(each) for name, each in counter.counts().functions.items()}
    assert found == {"outer": (1, 1, 0, 7.0), "inner": (2, 2, 0, 20.0)}
