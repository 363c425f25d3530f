"""Who connects to the coordinator's port and does not say who it is: few, not for long, and few words of it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from scoop.cluster.lines.entrance import Entrance
from scoop.cluster.lines.repeated_warning import RepeatedWarning
from scoop.tuning import TUNING

ADDRESS = ("198.51.100.7", 1234)


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


class Stream:
    """A connection that ends when it is hung up on, or when a test ends it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.ended = asyncio.Event()

    def close(self) -> None:
        self.ended.set()


async def serve(stream: Stream, _: Any) -> None:
    await stream.ended.wait()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr("scoop.cluster.lines.entrance._warn", found.append)
    return found


def test_a_slow_stranger_is_hung_up_on_and_told_of(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoop.cluster.lines.entrance.TUNING", TUNING._replace(strangers_may_take_seconds=0.001))

    async def main() -> None:
        await Entrance(serve).enter(Stream(), ADDRESS)

    asyncio.run(main())
    assert said == ["a stranger's call from 198.51.100.7 is refused: it has no key of this run"]


def test_too_many_that_are_unknown_are_refused_until_one_is_known(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoop.cluster.lines.entrance.TUNING", TUNING._replace(most_unknown_connections=2))

    async def main() -> None:
        ours = Entrance(serve)
        streams = [Stream() for _ in range(4)]
        async with asyncio.TaskGroup() as group:
            for stream in streams[:3]:
                group.create_task(ours.enter(stream, ADDRESS))
            await streams[2].ended.wait()
            ours.known(streams[0])
            group.create_task(ours.enter(streams[3], ADDRESS))
            await asyncio.sleep(0)
            assert [stream.ended.is_set() for stream in streams] == [False, False, True, False]
            ours.close()  # of those that are unknown as the run ends nothing is said
            assert [stream.ended.is_set() for stream in streams] == [False, True, True, True]
            streams[0].close()

    asyncio.run(main())
    assert said == ["2 connections have not said who they are, so another is refused for now"]


def test_a_mere_look_at_the_port_is_not_told(said: list[str]) -> None:
    async def main() -> None:
        probe = Stream(OSError("EOF occurred in violation of protocol"))
        probe.close()
        await Entrance(serve).enter(probe, ADDRESS)

    asyncio.run(main())
    assert said == []
