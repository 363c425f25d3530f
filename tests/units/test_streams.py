"""Whose standard streams are in place when fibers of one thread take turns."""

import io
import sys
from collections.abc import Callable

import pytest

from scoop.engine.threads.fibers import Fibers, Suspension


class Event:
    """What a thread would sleep on; here it never does."""

    def sleep(self, timeout: float | None = None) -> None:
        raise AssertionError(f"there is always something to do, and no reason to sleep {timeout}")

    def set(self) -> None:
        """Wake no thread: it is awake."""


def run(tasks: list[Callable[[Fibers], None]]) -> None:
    """Run tasks on the fibers of this thread, while the caller is suspended as the program is."""

    def step(fibers: Fibers) -> None:
        if tasks:
            tasks.pop(0)(fibers)
        else:
            program.wake()

    fibers = Fibers(Event(), step)
    program = Suspension(fibers)
    program.suspend()


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_what_runs_while_a_task_waits_finds_what_that_had_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    programs, mine, others = io.StringIO(), io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, name, programs)
    waiting: list[Suspension] = []

    def redirects(fibers: Fibers) -> None:
        setattr(sys, name, mine)
        print("before", file=getattr(sys, name))
        waiting.append(Suspension(fibers))
        waiting[0].suspend()
        print("after", file=getattr(sys, name))
        setattr(sys, name, programs)

    def prints(fibers: Fibers) -> None:
        del fibers
        assert getattr(sys, name) is programs
        setattr(sys, name, others)
        waiting[0].wake()

    run([redirects, prints])
    assert mine.getvalue() == "before\nafter\n"
    assert getattr(sys, name) is programs
    assert not programs.getvalue() + others.getvalue()


def test_what_a_task_has_set_for_good_is_what_the_next_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    new = io.StringIO()
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    found = []

    def sets(fibers: Fibers) -> None:
        del fibers
        sys.stdout = new

    def waits(fibers: Fibers) -> None:
        found.append(sys.stdout)
        other = Suspension(fibers)
        other.wake()
        other.suspend()
        found.append(sys.stdout)

    run([sets, waits, lambda _: found.append(sys.stdout)])
    assert found == [new, new, new]


def test_a_task_may_delete_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)

    def deletes(fibers: Fibers) -> None:
        del sys.stdout
        other = Suspension(fibers)
        other.wake()
        other.suspend()

    run([deletes, lambda _: None])
