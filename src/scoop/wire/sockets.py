"""Bytes, descriptors and messages over a socket pair."""

import socket
import struct
from array import array
from collections import deque
from collections.abc import Callable, Iterable

from ..tuning import TUNING
from .messages import Message, MessageReader, encode
from .shared_buffers import SharedBuffers

__all__ = ["Channel", "receive", "send_some", "set_receive_timeout"]

_ROOM = socket.CMSG_SPACE(64 * 4)  # for 64 descriptors
_CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
_TIME = struct.Struct("ll")


def set_receive_timeout(sock: socket.socket, seconds: float | None) -> None:
    """Have a blocking receive() raise BlockingIOError after so many ``seconds``; never, if None.

    By the system, not by settimeout(): so it stays one call, and a busy process lets go of the GIL once, not twice.
    """
    microseconds = 0 if seconds is None else int(seconds * 1e6)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIME.pack(*divmod(microseconds, 1_000_000)))


def receive(sock: socket.socket, most: int, flags: int = 0) -> tuple[bytes, list[SharedBuffers]]:
    """Receive what has come, up to ``most`` bytes; no bytes mean that the other end is closed."""
    data, ancillary, _, _ = sock.recvmsg(most, _ROOM, flags | _CLOSE_ON_EXEC)
    buffers: list[SharedBuffers] = []
    for level, kind, packed in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors = array("i")
            descriptors.frombytes(packed[: len(packed) - len(packed) % descriptors.itemsize])
            buffers += map(SharedBuffers.received, descriptors)
    return data, buffers


def send_some(sock: socket.socket, data: memoryview, buffers: SharedBuffers | None) -> int:
    """Send some of ``data``, the descriptor of ``buffers`` with the first byte of it; return how much."""
    if buffers is None:
        return sock.send(data)
    rights = array("i", [buffers.descriptor])
    return sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


class Channel:
    """Messages over a socket that never blocks: the broker's end of a pair, and the end of an uplink.

    ``watch`` is called with True if ``flush`` is to be called once the socket takes more, and with False after that.
    """

    def __init__(self, sock: socket.socket, watch: Callable[[bool], None]) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._watch = watch
        self._reader = MessageReader()
        self._unsent: deque[tuple[memoryview, SharedBuffers | None]] = deque()
        self._is_watched = False

    @property
    def part(self) -> tuple[int, int] | None:
        """How many bytes of a message have come, and how many it must have; None if it is complete."""
        return self._reader.part

    def receive(self) -> Iterable[Message] | None:
        """Return what has come, which may raise MalformedMessage as it is read; None if the other end is closed."""
        try:
            data, buffers = receive(self.sock, TUNING.receive_bytes)
        except BlockingIOError:
            return ()
        except OSError:
            return None
        return self._reader.feed(data, buffers) if data else None

    def post(self, message: Message) -> None:
        """Send a message as soon as the socket takes it. So one slow worker never holds up the others."""
        self._unsent.append((memoryview(encode(message)), getattr(message, "buffers", None)))
        if len(self._unsent) == 1:
            self.flush()

    def flush(self) -> None:
        try:
            while self._unsent:
                frame, buffers = self._unsent[0]
                sent = send_some(self.sock, frame, buffers)
                if sent < len(frame):
                    self._unsent[0] = frame[sent:], None
                else:
                    self._unsent.popleft()
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()  # the other end is closed: receive() will say so
        if self._is_watched != bool(self._unsent):
            self._is_watched = bool(self._unsent)
            self._watch(self._is_watched)
