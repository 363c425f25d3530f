"""Lines between two machines without the coordinator: one asks for parts, the other one has them; asyncio.

Such a machine listens from the first large message on. As the coordinator does, it lets in only who shows the
certificate of the run. The other side says which machine it means: an address may lead to the wrong one.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ...tuning import TUNING
from ..lines.addresses import FAR_AWAY, addresses_here
from ..lines.tls_transport import connect, listen
from ..lines.transport import Line, LineBroken, Terms

__all__ = ["Passed", "Relay", "reach"]


class _Call(NamedTuple):
    """What the machine says first that opens the line. After that it sends numbers of parts."""

    run: str
    machine: int  # that it means to reach
    content: int


class Passed(Protocol):
    """A content that others may ask for."""

    async def part(self, number: int) -> bytes:
        """Return a part, as soon as it is here. Raises ValueError if it never will be."""


class Relay:
    """Passes on the ``contents`` of this machine, which are named by their numbers."""

    def __init__(self, machine: int, terms: Terms, contents: Mapping[int, Passed]) -> None:
        self._machine = machine
        self._terms = terms
        self._contents = contents
        self._lines: set[Line] = set()
        self._addresses: tuple[str, ...] | None = None  # until it listens
        self._opening = asyncio.Lock()
        self._stop: Callable[[], None] = lambda: None

    async def open(self) -> tuple[str, ...]:
        """Listen; return the addresses at which others may reach this machine; none if it cannot listen."""
        async with self._opening:
            if self._addresses is None:
                self._addresses = ()
                hosts = addresses_here(self._terms.host, FAR_AWAY)
                try:
                    terms, self._stop = await listen(hosts[0], self._terms, self._meet)
                    self._addresses = tuple(f"tls://{host}:{terms.port}" for host in hosts)
                except OSError:
                    pass  # the coordinator sends all
            return self._addresses

    def close(self) -> None:
        self._stop()
        for line in [*self._lines]:
            line.close()

    async def _meet(self, line: Line) -> None:
        self._lines.add(line)
        try:
            async with asyncio.timeout(TUNING.strangers_may_take_seconds):
                run, machine, number = _Call(*await line.read())
            if (run, machine) == (self._terms.run, self._machine) and number in self._contents:
                await self._pass_on(line, self._contents[number])
        except (LineBroken, TimeoutError, ValueError, TypeError):
            pass
        finally:
            self._lines.discard(line)
            line.close()

    async def _pass_on(self, line: Line, content: Passed) -> None:
        while True:
            number = int(await line.read())
            await line.write((number, await content.part(number)))


async def reach(terms: Terms, machine: int, content: int, addresses: Sequence[str]) -> Line:
    """Open a line to another machine, for one content. Raises OSError if none of its addresses leads there."""
    for address in addresses:
        there = terms._replace(address=address)
        try:
            async with asyncio.timeout(TUNING.spread_reach_seconds):  # what lies between may swallow all calls
                _, writer = await asyncio.open_connection(there.host, there.port)
                writer.close()
            line = await connect(there, TUNING.join_seconds)
            await line.write(_Call(terms.run, machine, content))
        except (OSError, TimeoutError, LineBroken):
            continue
        return line
    raise OSError(f"none of {', '.join(addresses)} answers")
