"""The content of a large message: its frame and its buffers as one sequence of bytes, in parts of equal size."""

import struct
from zlib import crc32

from ...wire.messages import Message, MessageReader, encode
from ...wire.shared_buffers import SharedBuffers

__all__ = ["Incoming", "Outgoing", "WrongBytes", "checksums_of", "size_of"]

_CHECKSUM = struct.Struct("!I")
"""Against broken memory and the like. Against others there is TLS; and a machine of the run may run code on all."""


class WrongBytes(Exception):
    """A part is not what the coordinator says that it is."""


def size_of(message: Message) -> int:
    """Return how many bytes the large fields of a message have."""
    buffers: SharedBuffers | None = getattr(message, "buffers", None)
    return len(getattr(message, "body", b"")) + (buffers.size if buffers else 0)


class _Content:
    """Bytes: first those of a frame, then those of buffers."""

    def __init__(
        self, frame: bytes | bytearray, frame_size: int, buffers: SharedBuffers | None, size: int, part_bytes: int
    ) -> None:
        self._frame = frame
        self._buffers = buffers
        self._frame_size = frame_size
        self._size = size
        self.part_bytes = part_bytes
        self.parts = -(-size // part_bytes)

    def read(self, part: int) -> bytes:
        """Return a part. Raises ValueError if there is none of this number."""
        start = part * self.part_bytes
        end = min(start + self.part_bytes, self._size)
        if not 0 <= start < end:
            raise ValueError(f"part {part} of {self.parts}")
        data = bytes(self._frame[start:end])
        if end > self._frame_size and self._buffers is not None:
            first = max(start, self._frame_size)
            data += self._buffers.read(first - self._frame_size, end - first)
        return data


class Outgoing(_Content):
    """The content of a message that is here."""

    def __init__(self, message: Message, part_bytes: int) -> None:
        frame, buffers = encode(message), getattr(message, "buffers", None)
        self.sizes = len(frame), -1 if buffers is None else buffers.size
        super().__init__(frame, len(frame), buffers, sum(max(0, size) for size in self.sizes), part_bytes)


def checksums_of(content: Outgoing) -> bytes:
    """Return the checksums of all parts. That takes a second for some gigabytes; any thread may call."""
    return b"".join(map(_checksum, map(content.read, range(content.parts))))


class Incoming(_Content):
    """The content of a message of which so many parts are here, from the first on: ``have``."""

    def __init__(self, frame_size: int, buffers_size: int, part_bytes: int) -> None:
        buffers = None if buffers_size < 0 else SharedBuffers.empty()
        self._bytes = bytearray()
        super().__init__(self._bytes, frame_size, buffers, frame_size + max(0, buffers_size), part_bytes)
        self.have = 0
        self.checksums = b""

    def add(self, part: int, data: bytes) -> bool:
        """Take in a part, and return True; False if it is not the next one. Raises WrongBytes."""
        if part != self.have:
            return False
        if _checksum(data) != self.checksums[_CHECKSUM.size * part : _CHECKSUM.size * (part + 1)]:
            raise WrongBytes
        missing = self._frame_size - len(self._bytes)
        self._bytes += data[:missing] if missing < len(data) else data
        if missing < len(data) and self._buffers is not None:
            self._buffers.append(data[missing:])
        self.have += 1
        return True

    def message(self) -> Message:
        """Return the message, when all parts are here. Raises MalformedMessage, ValueError."""
        (message,) = MessageReader().feed(bytes(self._bytes), () if self._buffers is None else (self._buffers,))
        return message


def _checksum(data: bytes) -> bytes:
    return _CHECKSUM.pack(crc32(data))
