"""Messages as they go over the wire between machines: small ones whole, large ones in pieces.

A large message may be under way for minutes. Each piece that arrives is a sign of life.
"""

from collections.abc import Iterator

from ...wire.messages import MalformedMessage, Message, MessageReader, encode
from ...wire.shared_buffers import SharedBuffers

__all__ = ["Piece", "PieceReader", "pieces_of"]

PIECE_BYTES = 1 << 18
"""On a line of 20 KB a second, a piece arrives before the other side counts as lost. Each costs some 100 us."""

Piece = tuple[int, int | None, bytes] | bytes
"""How many bytes the frame of a message has, and its buffers, and the first of these bytes; or the next of them."""


def pieces_of(message: Message) -> Iterator[Piece]:
    """Return what is to be sent, in order."""
    buffers: SharedBuffers | None = getattr(message, "buffers", None)
    frame, content = memoryview(encode(message)), None if buffers is None else buffers.map(own=False)
    sizes = len(frame), None if content is None else len(content)
    if sum(size or 0 for size in sizes) <= PIECE_BYTES:
        yield *sizes, bytes(frame) + bytes(content or b"")
        return
    yield *sizes, b""
    for part in (frame, content or b""):
        for start in range(0, len(part), PIECE_BYTES):
            yield bytes(part[start : start + PIECE_BYTES])


class PieceReader:
    """Puts the pieces together again."""

    def __init__(self) -> None:
        self._reader = MessageReader()
        self._frame = bytearray()
        self._buffers: SharedBuffers | None = None
        self._missing = [0, 0]  # bytes of the frame, and of the buffers

    def feed(self, piece: Piece) -> Message | None:
        """Take a piece; return the message that is complete with it. Raises MalformedMessage."""
        if isinstance(piece, bytes):
            self._add(piece)
        else:
            frame, content, first = piece
            self._begin(frame, content)
            self._add(first)
        return None if any(self._missing) else self._message()

    def _begin(self, frame: int, content: int | None) -> None:
        if any(self._missing):
            raise MalformedMessage("a message within another")
        self._missing = [frame, content or 0]
        self._buffers = None if content is None else SharedBuffers.empty()

    def _add(self, piece: bytes) -> None:
        of_frame, of_buffers = piece[: self._missing[0]], piece[self._missing[0] :]
        self._missing = [self._missing[0] - len(of_frame), self._missing[1] - len(of_buffers)]
        if self._missing[1] < 0:
            raise MalformedMessage("a piece that no message is waiting for")
        self._frame += of_frame
        if of_buffers and self._buffers is not None:
            self._buffers.append(of_buffers)

    def _message(self) -> Message:
        frame, self._frame = bytes(self._frame), bytearray()
        buffers, self._buffers = self._buffers, None
        try:
            (message,) = self._reader.feed(frame, () if buffers is None else (buffers,))
        except ValueError:
            raise MalformedMessage("pieces that are not one message") from None
        return message
