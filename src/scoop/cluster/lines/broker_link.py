"""The link of an uplink to the broker of its machine, in an event loop."""

import asyncio
import socket
from collections.abc import Callable

from ...wire.messages import Message
from ...wire.sockets import Channel

__all__ = ["BrokerLink"]


class BrokerLink:
    """The uplink's end of the socket pair to the broker of its machine. ``take`` is called with each message."""

    def __init__(self, sock: socket.socket, take: Callable[[Message], None]) -> None:
        self.ended = asyncio.Event()
        self._channel = Channel(sock, self._watch)
        self._sock = sock
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._read)

    def post(self, message: Message) -> None:
        """Send a message, soon; none, if the link is closed."""
        if self._sock.fileno() != -1:
            self._channel.post(message)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()

    def _read(self) -> None:
        messages = self._channel.receive()
        if messages is None:
            self._loop.remove_reader(self._sock)
            self.ended.set()
        for message in messages or ():
            self._take(message)

    def _watch(self, unsent: bool) -> None:
        if unsent:
            self._loop.add_writer(self._sock, self._channel.flush)
        else:
            self._loop.remove_writer(self._sock)
