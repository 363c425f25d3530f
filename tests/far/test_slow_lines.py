"""Machines on slow lines: no message is too large."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from scoop.cluster.lines.dialing import Dialing
from scoop.cluster.lines.pieces import PIECE_BYTES
from scoop.cluster.lines.reception import Reception
from scoop.cluster.lines.transport import Connection
from scoop.wire.messages import Busy, Results
from scoop.wire.shared_buffers import SharedBuffers

BYTES_PER_SECOND = 4 * PIECE_BYTES


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, slowly, until either side hangs up."""
    try:
        while data := await reader.read(1 << 14):
            await asyncio.sleep(len(data) / BYTES_PER_SECOND)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def slow_line(port: int) -> AsyncIterator[int]:
    """Have a port that leads to another one by a slow line."""
    ways = list[asyncio.Task[None]]()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        ways.extend([asyncio.create_task(pass_on(reader, back)), asyncio.create_task(pass_on(there, writer))])

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.gather(*ways)


def test_a_message_may_take_longer_than_a_machine_may_be_silent() -> None:
    buffers = SharedBuffers.empty()
    buffers.append(os.urandom(6 * PIECE_BYTES))
    sent = Results(7, [1], os.urandom(6 * PIECE_BYTES), buffers)

    async def send_both_ways() -> None:
        met = asyncio.Queue[Connection]()

        async def take(connection: Connection, *_: object) -> None:
            await met.put(connection)
            await asyncio.Event().wait()

        reception = Reception(take, silence=2.0)
        terms = await reception.open("127.0.0.1")
        async with slow_line(terms.port) as port:
            dialing = Dialing(terms._replace(address=f"tls://127.0.0.1:{port}"), "slow", 1)
            await dialing.join()
            here = dialing.connection
            there = await met.get()
            for one, other in ((here, there), (there, here)):
                one.post(sent)
                one.post(Busy())
                found = await other.read()
                assert isinstance(found, Results)
                assert found.body == sent.body
                assert found.buffers is not None
                assert found.buffers.map(own=False) == buffers.map(own=False)
                assert await other.read() == Busy()
            await here.close()
            await there.close()
            reception.close()

    asyncio.run(send_both_ways())
    gc.collect()  # tasks that were cancelled, with their frames
