"""The uplink's end of the socket pair to its own broker, in an event loop."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable

from ..wire.cargo import Cargo
from ..wire.messages import Message, MessageReader, encode
from ..wire.sockets import receive, send_some

__all__ = ["BrokerLine"]

_CHUNK = 1 << 18


class BrokerLine:
    """Messages to and from the broker of this machine.

    Parameters:
        sock: connected to it.
        take: called with each message from it.
    """

    def __init__(self, sock: socket.socket, take: Callable[[Message], None]) -> None:
        sock.setblocking(False)
        self.ended = asyncio.Event()
        self._sock = sock
        self._take = take
        self._reader = MessageReader()
        self._unsent: deque[tuple[memoryview, Cargo | None]] = deque()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._read)

    def post(self, message: Message) -> None:
        """Send a message, soon; to nobody, if the line has ended."""
        if self._sock.fileno() == -1:
            return
        self._unsent.append((memoryview(encode(*message)), message.cargo))
        if len(self._unsent) == 1:
            self._write()

    def close(self) -> None:
        """Hang up."""
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()

    def _read(self) -> None:
        try:
            data, cargo = receive(self._sock, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data, cargo = b"", []
        if not data:
            self._loop.remove_reader(self._sock)
            self.ended.set()
            return
        for message in self._reader.feed(data, cargo):
            self._take(message)

    def _write(self) -> None:
        try:
            while self._unsent:
                frame, cargo = self._unsent[0]
                sent = send_some(self._sock, frame, cargo)
                if sent < len(frame):
                    self._unsent[0] = frame[sent:], None
                else:
                    self._unsent.popleft()
        except BlockingIOError:
            self._loop.add_writer(self._sock, self._write)
            return
        except OSError:
            self._unsent.clear()  # the broker has gone: reading will tell
        self._loop.remove_writer(self._sock)
