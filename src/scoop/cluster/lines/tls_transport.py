"""The transport: TLS over TCP. Each side proves by the certificate of the run that it belongs to it; asyncio.

A frame is a number of bytes, and the frame as ``marshal`` writes it: that knows no classes, and calls nothing.
"""

import asyncio
import marshal
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from struct import Struct
from tempfile import NamedTemporaryFile
from typing import Any

from ...tuning import TUNING
from ...wire.shared_buffers import has_memfds
from .call_again import call_again
from .entrance import Entrance
from .transport import Line, LineBroken, MeetLine, Terms

__all__ = ["connect", "listen"]

_SIZE = Struct("!I")
"""In front of each frame: its bytes."""

_LIMIT = 1 << 20
"""Bytes that a line reads ahead, about."""

_BACKLOG = 1024
"""Hosts that may call at the same moment."""


def _context(terms: Terms, protocol: int) -> ssl.SSLContext:
    """Return what has this process prove that it belongs to the run, and asks the other side for the same."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=terms.authority)
    with _file_of(terms.certificate) as name:
        context.load_cert_chain(name)
    return context


@contextmanager
def _file_of(secret: str) -> Iterator[str]:
    """Yield the name of a file with the secret: ``ssl`` reads it from files only.

    The file has no name in any folder. So it is gone with this process, even if that is killed meanwhile. Where the
    system has no such files, it is one that only this user may read.
    """
    with open(os.memfd_create("scoop"), "wb") if has_memfds() else NamedTemporaryFile() as file:
        file.write(secret.encode("ascii"))
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}" if has_memfds() else file.name


class _Line:
    """See Line. ``below``: the TCP connection, which TLS has in ``writer``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, below: asyncio.Transport) -> None:
        self._reader = reader
        self._writer = writer
        self._below = below
        self._size: int | None = None  # of the frame that comes: a read that is cancelled has not lost it
        writer.transport.set_write_buffer_limits(high=1, low=0)

    @property
    def peer(self) -> str:
        return _address_of(self._writer)

    async def read(self) -> Any:
        try:
            if self._size is None:
                (self._size,) = _SIZE.unpack(await self._reader.readexactly(_SIZE.size))
            frame, self._size = marshal.loads(await self._reader.readexactly(self._size)), None
        except (OSError, EOFError, ValueError, TypeError):
            raise self._broken() from None
        return frame

    async def write(self, frame: Any) -> None:
        data = marshal.dumps(_plain(frame))
        try:
            self._writer.write(_SIZE.pack(len(data)) + data)
            await self._writer.drain()
            while self._below.get_write_buffer_size():  # TLS does not tell of what waits below it
                await asyncio.sleep(0.001)
        except OSError:
            raise self._broken() from None

    def close(self) -> None:
        self._writer.transport.abort()

    def _broken(self) -> LineBroken:
        return LineBroken(hung_up=self._reader.at_eof() and self._reader.exception() is None)


def _plain(frame: Any) -> Any:
    """Return a frame as ``marshal`` knows it: its tuples have no names, nor have its numbers."""
    if isinstance(frame, tuple):
        return tuple(map(_plain, frame))
    return int(frame) if isinstance(frame, IntEnum) else frame


def _address_of(transport: asyncio.BaseTransport | asyncio.StreamWriter) -> str:
    """Return the address of the other side."""
    name = transport.get_extra_info("peername")
    return str(name[0]).removeprefix("::ffff:") if name else "a process that has left"


async def _secured(below: asyncio.Transport, context: ssl.SSLContext, server_side: bool) -> _Line:
    """Return a line when both sides have proved who they are. Raises OSError if the other side does not."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(_LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    seconds = TUNING.strangers_may_take_seconds
    try:
        above = await loop.start_tls(below, protocol, context, server_side=server_side, ssl_handshake_timeout=seconds)
        if above is None or not above.get_extra_info("peercert"):
            raise ConnectionResetError("the connection has ended within the handshake")
    except BaseException:
        below.abort()
        raise
    protocol.connection_made(above)
    return _Line(reader, asyncio.StreamWriter(above, protocol, reader, loop), below)


async def listen(host: str, terms: Terms, meet: MeetLine) -> tuple[Terms, Callable[[], None]]:
    """Let processes with the key of these terms open lines; return the terms with the address, and what ends that.

    Other machines reach this machine by ``host``. Strangers are refused, and logged.
    """
    context = _context(terms, ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # no line goes on with the secrets of another
    entrance = Entrance(lambda below: _secured(below, context, True), meet, _address_of)
    sock = _listening_socket()
    server = await asyncio.get_running_loop().create_server(lambda: _Arrival(entrance), sock=sock, backlog=_BACKLOG)

    def stop() -> None:
        server.close()
        entrance.close()

    return terms._replace(address=f"tls://{host}:{sock.getsockname()[1]}"), stop


def _listening_socket() -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("", 0))


class _Arrival(asyncio.Protocol):
    """A connection before its handshake: nothing of it is read until TLS does."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        self._entrance.enter(transport)


async def connect(terms: Terms, seconds: float) -> Line:
    """Open a line to the coordinator of a run. Raises OSError if it does not answer within so many seconds."""
    context = _context(terms, ssl.PROTOCOL_TLS_CLIENT)

    async def call() -> Line:
        loop = asyncio.get_running_loop()
        below, _ = await loop.create_connection(asyncio.Protocol, terms.host, terms.port)
        return await _secured(below, context, False)

    async with asyncio.timeout(seconds):
        return await call_again(call)
