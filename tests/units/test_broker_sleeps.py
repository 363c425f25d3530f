"""A broker with nothing to do sleeps until a message comes."""

import selectors
import socket
from typing import Any

import pytest

from scoop.broker import server
from scoop.wire.status_page import StatusPage

MOST_LOOKS = 100


def test_a_broker_of_one_of_several_machines_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, uplink = socket.socketpair()
    sleeps: list[float | None] = []
    made: list[selectors.BaseSelector] = []

    class Selector(selectors.DefaultSelector):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

        def select(self, timeout: float | None = None) -> Any:
            sleeps.append(timeout)
            if timeout is None or len(sleeps) == MOST_LOOKS:
                uplink.close()
            return super().select(timeout)

    def spawn(number: int) -> tuple[int, socket.socket]:
        raise AssertionError(f"worker {number} is not to be started")

    monkeypatch.setattr("scoop.broker.server.selectors.DefaultSelector", Selector)
    server.Broker(ours, 0, StatusPage(1), spawn, 2, 1, None, {}).serve()
    made[0].close()
    assert None in sleeps, "it looks again and again, though nothing happens"
