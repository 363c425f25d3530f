"""A machine that the coordinator has hung up on calls again; one that is refused does not."""

import asyncio
import ssl

import pytest

from scoop.cluster.lines.call_again import TRIES, call_again


def call(monkeypatch: pytest.MonkeyPatch, *problems: OSError) -> str:
    """Call a run that answers after so many problems."""
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    left = [*problems]

    async def connect() -> str:
        if left:
            raise left.pop()
        return "a line"

    return asyncio.run(call_again(connect))


@pytest.mark.parametrize("problem", [ConnectionResetError(), ConnectionAbortedError(), ssl.SSLEOFError()])
def test_a_machine_that_was_hung_up_on_calls_again(problem: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, problem, problem) == "a line"


@pytest.mark.parametrize("problem", [ConnectionRefusedError(), ssl.SSLCertVerificationError()])
def test_a_machine_that_is_refused_does_not(problem: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(type(problem)):
        call(monkeypatch, problem)


def test_it_gives_up_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="busy with connections"):
        call(monkeypatch, *[ConnectionResetError()] * TRIES)
