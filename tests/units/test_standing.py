"""Which workers the broker takes for stopped, and what it says of them."""

import os
import signal
import subprocess
import sys

import pytest

from scoop.broker.standing import ProcessState, StandingWorkers, state_of


class World:
    """Processes whose states a test sets."""

    def __init__(self) -> None:
        self.states: dict[int, ProcessState | None] = {}
        self.standing = StandingWorkers(self.states.get, lambda: 0.0)

    def look(self, letter: str | None, ticks: int = 0) -> list[str]:
        self.states[100] = None if letter is None else ProcessState(letter, ticks)
        return self.standing.look({1: 100})


@pytest.mark.parametrize(("letter", "words"), [("T", "kill -CONT 100"), ("t", "debugger"), ("D", "disk")])
def test_a_worker_that_stands_still_is_told_of_once(letter: str, words: str) -> None:
    world = World()
    assert world.look(letter) == []
    [text] = world.look(letter)
    assert words in text
    assert "(pid 100 on " in text
    assert world.look(letter) == []
    assert world.look("R") == []
    assert world.look(letter) == []
    assert len(world.look(letter)) == 1, "it has gone on meanwhile"


def test_a_worker_that_waits_for_a_disk_and_goes_on_is_not_told_of() -> None:
    world = World()
    assert [world.look("D", ticks) for ticks in range(5)] == [[]] * 5


@pytest.mark.parametrize("letter", ["R", "S", "Z", None])
def test_a_worker_that_computes_or_sleeps_is_not_told_of(letter: str | None) -> None:
    world = World()
    assert [world.look(letter) for _ in range(5)] == [[]] * 5


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_the_system_tells_of_a_stopped_process() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        state = state_of(process.pid)
        assert state is not None
        assert state.letter == "T"
    finally:
        process.kill()
        process.communicate()
    assert state_of(process.pid) is None
