"""The uplink of the origin's machine: the exchange, the lines to all other machines, and an envoy of its own."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ..wire.messages import TOO_FEW, Kind, Message
from .broker_line import BrokerLine
from .dask import Line, Listener, new_run, new_terms
from .exchange import HERE
from .junction import Junction, Post
from .terms import Terms

__all__ = ["Center", "Crew", "Lost", "Recruit", "serve"]

MOMENT = 0.001
"""Seconds after an event at which machines are told what it has changed: most changes are over by then."""

_log = logging.getLogger("scoop")


class Crew(Protocol):
    """The hosts that were recruited."""

    @property
    def hosts(self) -> int | None:
        """How many take part; None if others may join at any time."""

    async def dismiss(self) -> None:
        """Tell them that the run has ended."""


Lost = Callable[[str], None]

Recruit = Callable[[Terms, Lost], Awaitable[Crew]]
"""Starts stations on all hosts, on these terms; calls what it is given with why a host has left."""


class Center:
    """The exchange and what is around it.

    Parameters:
        sock: to the broker of this machine.
        uplink: the number that this uplink has there.
    """

    def __init__(self, sock: socket.socket, uplink: int) -> None:
        self._lines: dict[int, Line] = {}
        self._names: dict[int, str] = {}
        self._lost = ""  # what there is to say of the machine that was lost last
        self._junction = Junction(uplink, lambda _: self._lost)
        self._broker = BrokerLine(sock, lambda message: self._send(self._junction.from_home(message)))
        self._next = HERE + 1
        self._hosts: int | None = None  # that take part, and have not left; None while they are recruited
        self._about_to_speak = False

    async def serve(self) -> None:
        """Serve until the broker has gone."""
        await self._broker.ended.wait()
        for line in self._lines.values():
            line.close()
        self._broker.close()

    def refuse(self, why: str) -> None:
        """Tell the program that the run cannot go on."""
        self._broker.post(Message(Kind.BROKEN, TOO_FEW, (), why.encode()))

    def recruited(self, hosts: int | None) -> None:
        """So many hosts take part, and no others will; None if others may."""
        self._hosts = hosts
        self._look_around()

    def has_left(self, why: str) -> None:
        """One of the hosts has left."""
        _log.warning("scoop: %s", why)
        self._lost = why
        if self._hosts is not None:
            self._hosts -= 1
            self._look_around()

    def _look_around(self) -> None:
        """Give up if no other machine can work, nor any is on its way."""
        exchange = self._junction.exchange
        if self._hosts is not None and self._hosts <= len(self._lines) and not exchange.can_go_on:
            self._hosts = None
            self._send(self._junction.give_up(f"no other host is left: {self._lost}"))

    async def take(self, line: Line, name: str) -> None:
        """Have a machine in the run, until it leaves."""
        number, self._next = self._next, self._next + 1
        self._lines[number], self._names[number] = line, name
        line.post(Message(Kind.APPETITE, number))
        self._send(self._junction.joined(number))
        while (message := await line.read()) is not None:
            try:
                self._send(self._junction.from_machine(number, message))
                if message.kind == Kind.BROKEN:
                    self._look_around()
            except (ValueError, LookupError, AssertionError) as problem:
                _log.error("scoop: what %s says makes no sense (%r); it is left out", name, problem)
                line.close()
                break
        del self._lines[number]
        if not self._broker.ended.is_set():
            _log.warning("scoop: %s has left the run, or is lost; what it had runs elsewhere", name)
        self._lost = f"the machine {name} was lost while it had the task: it was switched off, cut off, or ended"
        self._send(self._junction.left(number))
        self._look_around()

    def _send(self, posts: Sequence[Post]) -> None:
        for machine, message in posts:
            if machine == HERE:
                self._broker.post(message)
            elif machine in self._lines:
                self._lines[machine].post(message)
        if not self._about_to_speak:
            self._about_to_speak = True
            asyncio.get_running_loop().call_later(MOMENT, self._speak)

    def _speak(self) -> None:
        self._about_to_speak = False
        if posts := self._junction.speak():
            self._send(posts)


async def serve(sock: socket.socket, uplink: int, host: str, recruit: Recruit) -> None:
    """Be the uplink of the origin's machine until the run ends.

    Parameters:
        sock: to the broker.
        uplink: the number that it knows us by.
        host: the name or address by which other machines reach this one.
        recruit: see ``Recruit``. Raises an exception whose text says why the run cannot go on.
    """
    center = Center(sock, uplink)
    listener = Listener(new_terms(new_run()), center.take)
    terms = await listener.open(host)
    recruiting = asyncio.ensure_future(recruit(terms, center.has_left))
    serving = asyncio.create_task(center.serve())
    await asyncio.wait((recruiting, serving), return_when=asyncio.FIRST_COMPLETED)
    if recruiting.done():
        if problem := recruiting.exception():
            center.refuse(str(problem))
        else:
            center.recruited(recruiting.result().hosts)
    await serving
    listener.close()
    if not recruiting.done():
        recruiting.cancel()
    try:
        await (await recruiting).dismiss()
    except (Exception, asyncio.CancelledError):
        pass  # it has dismissed them itself
