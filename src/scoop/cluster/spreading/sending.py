"""The coordinator's part: it announces large messages, plans their ways, and is the first source; asyncio.

Only constants are spread: they go to all machines, and so do the functions and globals that travel as constants.
"""

import asyncio
import logging
from collections.abc import Callable

from ...tuning import TUNING
from ...wire.messages import (
    Announced,
    Fetch,
    GetPart,
    Message,
    NotFetched,
    Part,
    Received,
    SetConstants,
    Settled,
    Wanted,
)
from .content import Outgoing, checksums_of, size_of
from .planner import HERE, Order, Planner

__all__ = ["Post", "Sending"]

_log = logging.getLogger("scoop.run")

Post = Callable[[int, Message], None]
"""Sends a message to a machine, by its number."""


class _Spread:
    """One content that is on its way to some machines."""

    def __init__(self, number: int, message: Message) -> None:
        self.number = number
        self.message = message
        self.content = Outgoing(message, TUNING.spread_part_bytes)
        self.planner = Planner(self.content.parts)
        self.checksums = b""  # until they are known
        self.missing: set[int] = set()  # machines that have not got all
        self.addresses: dict[int, tuple[str, ...]] = {}  # of the machines that want it
        self.sent = 0  # parts that this machine has sent


class Sending:
    """What the coordinator is spreading. It sends messages by ``post``; ``relay``: machines may pass parts on."""

    def __init__(self, post: Post, relay: bool) -> None:
        self._post = post
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._spreads: dict[int, _Spread] = {}  # by the number of the content
        self._next = 1
        self._summing: set[asyncio.Task[None]] = set()
        self._looking: asyncio.TimerHandle | None = None

    def send(self, machine: int, message: Message) -> None:
        """Send a message to a machine; if it is a large constant, announce it, and have it fetched."""
        if not isinstance(message, SetConstants) or size_of(message) < TUNING.spread_bytes:
            self._post(machine, message)
            return
        spread = self._spread_of(message)
        spread.missing.add(machine)
        self._post(machine, Announced(spread.number, *spread.content.sizes, spread.content.part_bytes, self._relay))

    def take(self, machine: int, message: Message) -> bool:
        """Take a message of a machine's; return False if it has nothing to do with this."""
        if not isinstance(message, Wanted | GetPart | Received | NotFetched):
            return False
        spread = self._spreads.get(message.content)
        if spread is None:
            return True
        now = self._loop.time()
        if isinstance(message, Wanted):
            spread.addresses[machine] = message.addresses
            if spread.checksums:
                self._obey(spread, spread.planner.wanted(machine, bool(message.addresses), now))
        elif isinstance(message, GetPart):
            spread.sent += 1
            self._post(machine, Part(message.content, message.part, spread.content.read(message.part)))
        elif isinstance(message, NotFetched):
            self._obey(spread, spread.planner.not_fetched(machine, message.source, message.wrong, now))
        else:
            self._obey(spread, spread.planner.received(machine, message.parts, now))
            if message.parts >= spread.content.parts:
                self._has_all(spread, machine)
        return True

    def left(self, machine: int) -> None:
        """A machine has left the run, or is lost."""
        for spread in [*self._spreads.values()]:
            spread.addresses.pop(machine, None)
            self._obey(spread, spread.planner.left(machine, self._loop.time()))
            self._has_all(spread, machine)

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        for task in self._summing:
            task.cancel()
        self._spreads.clear()

    def _spread_of(self, message: SetConstants) -> _Spread:
        """Return that of a message which is being spread to other machines, or a new one."""
        for spread in self._spreads.values():
            if spread.message == message and spread.message.body is message.body:
                return spread
        number, self._next = self._next, self._next + 1
        spread = self._spreads[number] = _Spread(number, message)
        task = self._loop.create_task(self._sum(spread))
        self._summing.add(task)
        task.add_done_callback(self._summing.discard)
        if self._looking is None:
            self._looking = self._loop.call_later(TUNING.spread_look_seconds, self._look)
        return spread

    async def _sum(self, spread: _Spread) -> None:
        """Sum a content up, and begin to send it."""
        spread.checksums = await asyncio.to_thread(checksums_of, spread.content)
        for machine, addresses in [*spread.addresses.items()]:
            self._obey(spread, spread.planner.wanted(machine, bool(addresses), self._loop.time()))

    def _obey(self, spread: _Spread, orders: list[Order]) -> None:
        for machine, source, upto in orders:
            if machine in spread.addresses:
                addresses = () if source == HERE else spread.addresses.get(source, ())
                self._post(machine, Fetch(spread.number, source, upto, addresses, spread.checksums))

    def _has_all(self, spread: _Spread, machine: int) -> None:
        """A machine has all of a content, or is gone; when all have it, they need not keep it for each other."""
        spread.missing.discard(machine)
        if not spread.missing:
            del self._spreads[spread.number]
            copies, hosts = spread.sent / spread.content.parts, len(spread.addresses)
            _log.info("scoop: large data is on %d hosts now; this machine has sent %.1f copies of it", hosts, copies)
            for each in spread.addresses:
                self._post(each, Settled(spread.number))

    def _look(self) -> None:
        self._looking = None
        for spread in [*self._spreads.values()]:
            self._obey(spread, spread.planner.look(self._loop.time()))
        if self._spreads:
            self._looking = self._loop.call_later(TUNING.spread_look_seconds, self._look)
