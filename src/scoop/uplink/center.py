"""The uplink of the origin's machine: the exchange, the lines to all other machines, and an envoy of its own."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ..broker.instructions import Instruction, Send
from ..wire.messages import TOO_FEW, Kind, Message
from .broker_line import BrokerLine
from .dask import Line, Listener, new_run, new_terms
from .envoy import HOME, Envoy, Order
from .exchange import HERE, Exchange
from .terms import Terms

__all__ = ["Center", "Crew", "Lost", "Recruit", "serve"]

MOMENT = 0.001
"""Seconds after an event at which machines are told what it has changed: most changes are over by then."""

_log = logging.getLogger("scoop")


class Crew(Protocol):
    """The hosts that were recruited."""

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
        self._exchange = Exchange(lambda _: self._lost)
        self._envoy = Envoy(uplink, HERE)
        self._broker = BrokerLine(sock, lambda message: self._carry_out(self._envoy.from_home(message)))
        self._next = HERE + 1
        self._about_to_speak = False
        self._do(self._exchange.joined(HERE))

    async def serve(self) -> None:
        """Serve until the broker has gone."""
        await self._broker.ended.wait()
        for line in self._lines.values():
            line.close()
        self._broker.close()

    def refuse(self, why: str) -> None:
        """Tell the program that the run cannot go on."""
        self._broker.post(Message(Kind.BROKEN, TOO_FEW, (), why.encode()))

    async def take(self, line: Line, name: str) -> None:
        """Have a machine in the run, until it leaves."""
        number, self._next = self._next, self._next + 1
        self._lines[number], self._names[number] = line, name
        line.post(Message(Kind.APPETITE, number))
        self._do(self._exchange.joined(number))
        while (message := await line.read()) is not None:
            try:
                self._do(self._exchange.received(number, message))
            except (ValueError, LookupError, AssertionError) as problem:
                _log.error("scoop: what %s says makes no sense (%r); it is left out", name, problem)
                line.close()
                break
        del self._lines[number]
        if not self._broker.ended.is_set():
            _log.warning("scoop: %s has left the run, or is lost; what it had runs elsewhere", name)
        self._lost = f"the machine {name} was lost while it had the task: it was switched off, cut off, or ended"
        self._do(self._exchange.left(number, 0))

    def _carry_out(self, orders: Sequence[Order]) -> None:
        for to, message in orders:
            if to == HOME:
                self._broker.post(message)
            else:
                self._do(self._exchange.received(HERE, message))

    def _do(self, instructions: Sequence[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, Send):
                if instruction.worker == HERE:
                    self._carry_out(self._envoy.from_abroad(instruction.message))
                elif instruction.worker in self._lines:
                    self._lines[instruction.worker].post(instruction.message)
        if not self._about_to_speak:
            self._about_to_speak = True
            asyncio.get_running_loop().call_later(MOMENT, self._speak)

    def _speak(self) -> None:
        self._about_to_speak = False
        if instructions := self._exchange.speak():
            self._do(instructions)


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
    recruiting = asyncio.ensure_future(recruit(terms, lambda why: _log.warning("scoop: %s", why)))
    serving = asyncio.create_task(center.serve())
    await asyncio.wait((recruiting, serving), return_when=asyncio.FIRST_COMPLETED)
    if recruiting.done() and recruiting.exception() is not None:
        center.refuse(str(recruiting.exception()))
    await serving
    listener.close()
    if not recruiting.done():
        recruiting.cancel()
    try:
        await (await recruiting).dismiss()
    except (Exception, asyncio.CancelledError):
        pass  # it has dismissed them itself
