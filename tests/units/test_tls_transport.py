"""Lines between two machines: what one writes the other reads, until one hangs up or the line breaks."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any, NamedTuple

import pytest

pytest.importorskip("cryptography")

from scoop.cluster.lines.certificate import new_terms
from scoop.cluster.lines.tls_transport import connect, listen
from scoop.cluster.lines.transport import Line, LineBroken


class Named(NamedTuple):
    number: int
    piece: Any


class Kind(IntEnum):
    FIRST = 1


@asynccontextmanager
async def two_ends() -> AsyncIterator[tuple[Any, Any]]:
    """Yield both ends of a line: that of the machine that has called, and the other one."""
    met: asyncio.Queue[Line] = asyncio.Queue()
    terms, stop = await listen("127.0.0.1", new_terms("run"), met.put)
    caller = await connect(terms, 60)
    called = await met.get()
    yield caller, called
    caller.close()
    called.close()
    stop()
    await asyncio.sleep(0)  # so that all is closed before the loop is


def over_a_line(test: Callable[[Any, Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with two_ends() as (caller, called), asyncio.timeout(60):
            await test(caller, called)

    asyncio.run(main())


def test_frames_come_in_order_and_as_plain_tuples() -> None:
    async def test(caller: Line, called: Line) -> None:
        large = bytes(3_000_000)
        frames = [(), Named(-1, ("a", None, Kind.FIRST)), (1 << 70, large), b"bytes"]

        async def write() -> None:
            for frame in frames:
                await caller.write(frame)

        writing = asyncio.create_task(write())
        assert [await called.read() for _ in frames] == [(), (-1, ("a", None, 1)), (1 << 70, large), b"bytes"]
        await writing
        await called.write("back")
        assert await caller.read() == "back"
        assert called.peer == "127.0.0.1"

    over_a_line(test)


def test_a_write_waits_until_the_other_side_has_room() -> None:
    async def test(caller: Line, called: Line) -> None:
        writing = asyncio.create_task(caller.write(bytes(50_000_000)))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not writing.done()
        assert len(await called.read()) == 50_000_000
        await writing

    over_a_line(test)


def test_a_read_that_is_cancelled_loses_nothing() -> None:
    async def test(caller: Line, called: Line) -> None:
        for number in range(20):
            reading = asyncio.create_task(called.read())
            for _ in range(number % 5):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await caller.write("still there")
        assert await called.read() == "still there"

    over_a_line(test)


def test_a_side_that_hangs_up_is_told_from_a_line_that_breaks() -> None:
    async def hangs_up(caller: Any, called: Line) -> None:
        caller.close()
        with pytest.raises(LineBroken) as found:
            await called.read()
        assert found.value.hung_up

    async def breaks(caller: Any, called: Line) -> None:
        sock: socket.socket = caller._below.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # so that it ends by a reset
        caller.close()
        with pytest.raises(LineBroken) as found:
            await called.read()
        assert not found.value.hung_up
        with pytest.raises(LineBroken):
            await called.write("into the void")

    over_a_line(hangs_up)
    over_a_line(breaks)
