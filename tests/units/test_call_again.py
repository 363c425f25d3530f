"""Who calls the coordinator again, and who does not."""

import asyncio

import pytest

pytest.importorskip("distributed")

from distributed.comm import CommClosedError

from scoop.cluster.lines.call_again import call_again


def call(seconds: float, monkeypatch: pytest.MonkeyPatch) -> str:
    """Call a run that hangs up on the first caller after so long."""
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    now, tries = [0.0], iter((False, True))

    async def connect() -> str:
        now[0] += seconds
        if not next(tries):
            raise CommClosedError("Stream is closed")
        return "a line"

    answer: str = asyncio.run(call_again(connect, lambda: now[0]))
    return answer


def test_a_machine_whose_handshake_took_too_long_calls_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(10.0, monkeypatch) == "a line"


def test_a_machine_that_is_turned_away_at_once_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommClosedError):
        call(0.1, monkeypatch)
