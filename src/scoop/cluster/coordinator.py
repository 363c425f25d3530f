"""The coordinator's process: the uplink of the origin's machine, to which all other machines connect."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

from ..broker.peers import Send
from ..tuning import TUNING
from ..wire.messages import StartFailed, StartProblem, Welcome
from .broker_link import BrokerLink
from .coordinator_state import HERE, CoordinatorState
from .terms import Terms
from .transport import Connection, Transport

__all__ = ["HostLost", "Recruit", "Recruits", "serve"]

_log = logging.getLogger("scoop")


class Recruits(Protocol):
    """The hosts that were recruited."""

    @property
    def hosts(self) -> int | None:
        """How many take part; None if others may join at any time."""

    async def dismiss(self) -> None:
        """Tell them that the run has ended."""


HostLost = Callable[[str], None]
"""Called when a host has left, with the reason."""

Recruit = Callable[[Terms, HostLost], Awaitable[Recruits]]
"""Starts agents on all hosts, on these terms."""


class _Coordinator:
    """The state and the connections around it.

    Parameters:
        sock: to the broker of this machine.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._state = CoordinatorState()
        self._connections: dict[int, Connection] = {}
        self._broker = BrokerLink(sock, lambda message: self._send(self._state.received(HERE, message)))
        self._next = HERE + 1
        self._hosts: int | None = None  # that take part, and have not left; None while they are recruited
        self._last_loss = ""
        self._tells_demand_soon = False

    async def serve(self) -> None:
        """Serve until the broker has gone."""
        await self._broker.ended.wait()
        for connection in self._connections.values():
            connection.close()
        self._broker.close()

    def refuse(self, why: str) -> None:
        """Tell the program that the run cannot go on."""
        self._broker.post(StartFailed(StartProblem.HOSTS_MISSING, False, False, why))

    def recruited(self, hosts: int | None) -> None:
        """So many hosts take part, and no others will; None if others may."""
        self._hosts = hosts
        self._give_up_if_alone()

    def host_lost(self, why: str) -> None:
        """One of the hosts has left."""
        _log.warning("scoop: %s", why)
        self._last_loss = why
        if self._hosts is not None:
            self._hosts -= 1
            self._give_up_if_alone()

    async def take(self, connection: Connection, name: str) -> None:
        """Have a machine in the run, until it leaves."""
        number, self._next = self._next, self._next + 1
        self._connections[number] = connection
        connection.post(Welcome(number))
        self._send(self._state.joined(number))
        await self._listen(number, connection, name)
        del self._connections[number]
        if not self._broker.ended.is_set():
            _log.warning("scoop: %s has left the run, or is lost; what it had runs elsewhere", name)
        self._last_loss = f"the machine {name} was lost while it had the task: it was switched off, cut off, or ended"
        self._send(self._state.left(number, self._last_loss))
        self._give_up_if_alone()

    async def _listen(self, number: int, connection: Connection, name: str) -> None:
        while (message := await connection.read()) is not None:
            try:
                self._send(self._state.received(number, message))
            except (ValueError, LookupError, AssertionError) as problem:
                _log.error("scoop: what %s says makes no sense (%r); it is left out", name, problem)
                connection.close()
                return
            if isinstance(message, StartFailed):
                self._give_up_if_alone()

    def _give_up_if_alone(self) -> None:
        """Give up if no other machine can work, nor any is on its way."""
        if self._hosts is not None and self._hosts <= len(self._connections) and not self._state.can_go_on:
            self._hosts = None
            self._send(self._state.give_up(f"no other host is left: {self._last_loss}"))

    def _send(self, messages: list[Send]) -> None:
        for machine, message in messages:
            if machine == HERE:
                self._broker.post(message)
            elif machine in self._connections:
                self._connections[machine].post(message)
        if not self._tells_demand_soon:
            self._tells_demand_soon = True
            asyncio.get_running_loop().call_later(TUNING.tell_demand_after_seconds, self._tell_demand)

    def _tell_demand(self) -> None:
        self._tells_demand_soon = False
        if messages := self._state.tell_demand():
            self._send(messages)


async def serve(sock: socket.socket, host: str, recruit: Recruit, transport: Transport) -> None:
    """Be the coordinator until the run ends.

    Parameters:
        sock: to the broker of this machine.
        host: the name or address by which other machines reach this one.
        recruit: see ``Recruit``. Raises an exception whose text says why the run cannot go on.
        transport: what connects the machines.
    """
    coordinator = _Coordinator(sock)
    listener = transport.new_listener(coordinator.take)
    terms = await listener.open(host)
    recruiting = asyncio.ensure_future(recruit(terms, coordinator.host_lost))
    serving = asyncio.create_task(coordinator.serve())
    await asyncio.wait((recruiting, serving), return_when=asyncio.FIRST_COMPLETED)
    if recruiting.done():
        if problem := recruiting.exception():
            coordinator.refuse(str(problem))
        else:
            coordinator.recruited(recruiting.result().hosts)
    await serving
    listener.close()
    if not recruiting.done():
        recruiting.cancel()
    try:
        await (await recruiting).dismiss()
    except (Exception, asyncio.CancelledError):
        pass  # it has dismissed them itself
