"""Lines between machines break: the session goes on over another, or is lost on both sides."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import pytest

from scoop.cluster.lines.connection import Ending
from scoop.cluster.lines.dialing import Dialing
from scoop.cluster.lines.pieces import PIECE_BYTES
from scoop.cluster.lines.reception import Reception
from scoop.cluster.lines.transport import Connection
from scoop.wire.messages import Results

MESSAGES = 300

IN_ORDER: object = [[*range(MESSAGES)]] * 2
NOTHING: object = [None, None]


@dataclass
class Cable:
    """A way to a port, which a test can pause and cut."""

    to: int
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    lines: int = 0  # that went through it
    port: int = 0

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one line carries, both ways."""
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self.lines += 1
        self.writers += [writer, back]
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))

    def pause(self) -> None:
        """Let nothing through, and say nothing."""
        self.is_open.clear()

    def cut(self, reset: bool) -> None:
        """End all lines: by a reset, or as an end of their streams."""
        for writer in self.writers:
            if reset and not writer.is_closing():
                writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self.writers.clear()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1 << 14):
                await self.is_open.wait()
                writer.write(data)
                await writer.drain()
        except (ConnectionError, RuntimeError):
            pass
        finally:
            writer.close()


class Met:
    """Two machines that have met over a cable."""

    def __init__(self, dialing: Dialing, there: Connection, cable: Cable, reception: Reception) -> None:
        self.here, self.there = dialing.connection, there
        self.dialing, self.cable, self.reception = dialing, cable, reception


@asynccontextmanager
async def cable_to(port: int) -> AsyncIterator[Cable]:
    """Have a cable."""
    cable = Cable(port)
    cable.is_open.set()
    server = await asyncio.start_server(cable.connect, "127.0.0.1", 0)
    cable.port = server.sockets[0].getsockname()[1]
    yield cable
    server.close()
    cable.cut(reset=True)


@asynccontextmanager
async def met(silence: float = 60.0, grace: float = 60.0) -> AsyncIterator[Met]:
    """Let one machine join a run."""
    arrived = asyncio.Queue[Connection]()

    async def take(connection: Connection, *_: object) -> None:
        await arrived.put(connection)
        await asyncio.Event().wait()

    reception = Reception(take, silence, grace)
    terms = await reception.open("127.0.0.1")
    async with cable_to(terms.port) as cable:
        dialing = Dialing(terms._replace(address=f"tls://127.0.0.1:{cable.port}", agent="one"), "far", 1)
        await dialing.join()
        both = Met(dialing, await arrived.get(), cable, reception)
        yield both
        await both.here.close()
        await both.there.close()
        reception.close()


def numbered(number: int) -> Results:
    """Return a message; every hundredth has several pieces."""
    return Results(number, [1], os.urandom(3 * PIECE_BYTES) if number % 100 == 50 else b"small", None)


async def read_all(connection: Connection) -> list[int]:
    """Return the numbers of the messages that come."""
    found: list[int] = []
    while len(found) < MESSAGES:
        message = await connection.read()
        assert isinstance(message, Results), message
        found.append(message.batch)
    return found


async def post_all(connection: Connection) -> None:
    """Post the messages, not all at once."""
    for number in range(MESSAGES):
        connection.post(numbered(number))
        if number % 10 == 0:
            await asyncio.sleep(0.005)


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run it; fail if it does not end."""
    asyncio.run(asyncio.wait_for(test, 60))


@pytest.mark.parametrize("reset", [True, False])
def test_messages_arrive_once_and_in_order_over_lines_that_are_cut(reset: bool) -> None:
    async def exchange() -> None:
        async with met() as both:
            keeping = asyncio.create_task(both.dialing.keep())
            reading = asyncio.gather(read_all(both.here), read_all(both.there))
            posting = asyncio.gather(post_all(both.here), post_all(both.there))
            for _ in range(3):
                await asyncio.sleep(0.02)
                lines = both.cable.lines
                both.cable.cut(reset)
                while both.cable.lines == lines:
                    await asyncio.sleep(0.01)
            await posting
            assert [*await reading] == IN_ORDER
            keeping.cancel()

    run(exchange())


def test_a_line_that_is_silent_is_replaced_and_nothing_is_lost() -> None:
    async def exchange() -> None:
        async with met(silence=0.5) as both:
            keeping = asyncio.create_task(both.dialing.keep())
            both.cable.pause()
            reading = asyncio.gather(read_all(both.here), read_all(both.there))
            await asyncio.gather(post_all(both.here), post_all(both.there))
            while both.cable.lines < 2:  # the first, and a dial in vain
                await asyncio.sleep(0.01)
            both.cable.is_open.set()
            assert [*await reading] == IN_ORDER
            keeping.cancel()

    run(exchange())


def test_who_is_away_for_too_long_is_lost_and_told_so_when_it_is_back() -> None:
    async def exchange() -> None:
        async with met(silence=0.3, grace=0.3) as both:
            keeping = asyncio.create_task(both.dialing.keep())
            both.cable.pause()
            assert [*await asyncio.gather(both.here.read(), both.there.read())] == NOTHING
            assert both.here.ending is Ending.LOST
            both.cable.is_open.set()
            assert await keeping is True, "it may join afresh"

    run(exchange())


def test_an_agent_that_counts_as_ended_is_not_wanted_back() -> None:
    async def exchange() -> None:
        async with met() as both:
            keeping = asyncio.create_task(both.dialing.keep())
            reading = asyncio.gather(both.here.read(), both.there.read())
            assert both.reception.agent_ended("one")
            assert not both.reception.agent_ended("two")
            assert [*await reading] == NOTHING
            assert await keeping is False

    run(exchange())


def test_when_nothing_listens_any_more_the_run_has_ended() -> None:
    async def exchange() -> None:
        async with met() as both:
            both.dialing._terms = both.dialing._terms._replace(address="tls://127.0.0.1:1")
            reading = asyncio.create_task(both.here.read())
            both.cable.cut(reset=True)
            assert await both.dialing.keep() is False
            assert await reading is None

    run(exchange())
