"""Bytes and descriptors over a socket pair."""

import socket
import struct
from array import array

from .shared_buffers import SharedBuffers

__all__ = ["receive", "send_some", "set_receive_timeout"]

_MOST_DESCRIPTORS = 64
_ROOM = socket.CMSG_SPACE(_MOST_DESCRIPTORS * 4)
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
    if not ancillary:
        return data, []
    buffers = []
    for level, kind, packed in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors = array("i")
            descriptors.frombytes(packed[: len(packed) - len(packed) % descriptors.itemsize])
            buffers += [SharedBuffers.received(descriptor) for descriptor in descriptors]
    return data, buffers


def send_some(sock: socket.socket, data: memoryview, buffers: SharedBuffers | None) -> int:
    """Send some of ``data``, the descriptor of ``buffers`` with the first byte of it; return how much."""
    if buffers is None:
        return sock.send(data)
    rights = array("i", [buffers.descriptor])
    return sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
