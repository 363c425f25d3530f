"""Who connects to the coordinator's port and does not say who it is: few, not for long, and few words of it."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from scoop.cluster.lines.entrance import Entrance
from scoop.cluster.lines.repeated_warning import RepeatedWarning
from scoop.tuning import TUNING


class Timers:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> "Timers":
        assert seconds == 60
        self.due.append(call)
        return self

    def cancel(self) -> None:
        self.due.clear()

    def pass_by(self) -> None:
        due, self.due = self.due, []
        for call in due:
            call()


def test_the_first_warning_comes_at_once_and_then_one_a_minute() -> None:
    said: list[str] = []
    timers = Timers()
    warning = RepeatedWarning(said.append, timers.call_later, 60)
    for number in range(100):
        warning.warn(f"call {number}")
    assert said == ["call 0"]
    timers.pass_by()
    assert said[1:] == ["call 99 (99 more like this since the last one was printed)"]
    timers.pass_by()
    warning.warn("call 100")
    assert said[2:] == ["call 100"]
    warning.warn("call 101")
    warning.close()
    assert said[3:] == ["call 101"]
    assert timers.due == []


class Caller(asyncio.Transport):
    """A connection that ends when it is hung up on, or when a test ends its handshake."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()
        self.problem: OSError | None = ConnectionResetError()

    def abort(self) -> None:
        self.ended.set()


class Met:
    """The lines that were met, and what is done before."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.entrance = Entrance(self._shake_hands, self._meet, lambda _: "198.51.100.7")

    async def _shake_hands(self, caller: Any) -> Any:
        await caller.ended.wait()
        if caller.problem is not None:
            raise caller.problem
        return caller

    async def _meet(self, line: Any) -> None:
        self.lines.append(line)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr("scoop.cluster.lines.entrance._warn", found.append)
    return found


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("problem", [ConnectionAbortedError(), ssl.SSLError(), None, ConnectionResetError()])
def test_strangers_are_told_of_and_a_mere_look_is_not(said: list[str], problem: OSError | None) -> None:
    async def main() -> None:
        met, caller = Met(), Caller()
        caller.problem = problem
        caller.ended.set()
        met.entrance.enter(caller)
        await turns()
        assert met.lines == ([] if problem else [caller])

    asyncio.run(main())
    told = ["a stranger's call from 198.51.100.7 is refused: it has no key of this run"]
    assert said == ([] if problem is None or type(problem) is ConnectionResetError else told)


def test_too_many_that_are_unknown_are_refused_until_one_is_known(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoop.cluster.lines.entrance.TUNING", TUNING._replace(most_unknown_connections=2))

    async def main() -> None:
        met, callers = Met(), [Caller() for _ in range(4)]
        for caller in callers[:3]:
            met.entrance.enter(caller)
        callers[0].problem = None
        callers[0].ended.set()
        await turns()
        met.entrance.enter(callers[3])
        await turns()
        assert [caller.ended.is_set() for caller in callers] == [True, False, True, False]
        assert met.lines == [callers[0]]
        callers[1].problem = ConnectionAbortedError()
        met.entrance.close()  # of those that are unknown as the run ends nothing is said
        await turns()
        assert all(caller.ended.is_set() for caller in callers)

    asyncio.run(main())
    assert said == ["2 connections have not said who they are, so another is refused for now"]
