"""A way for messages between two simulated machines, over lines that are cut: the sessions are the real ones."""

from collections import deque
from collections.abc import Iterator

from scoop.cluster.lines.session import Frame, Session
from scoop.wire.messages import Message, MessageReader, encode

__all__ = ["Way", "cut"]


class Way:
    """A queue of messages from one session to another: what is in it is on the line.

    Parameters:
        here: the session whose messages it takes.
        there: that to which they go.
    """

    def __init__(self, here: Session, there: Session) -> None:
        self.here, self.there = here, there
        self._line: deque[Frame] = deque()

    def append(self, message: Message) -> None:
        """Send a message."""
        self.here.add(encode(message))
        self.fill()

    def popleft(self) -> Message:
        """Let the next message arrive."""
        piece = self.there.take(self._line.popleft())
        assert isinstance(piece, bytes)
        return _decoded(piece)

    def fill(self) -> None:
        """Put on the line what was not sent on it."""
        while (frame := self.here.next_frame()) is not None:
            self._line.append(frame)

    def clear(self) -> None:
        """Lose what is on the line."""
        self._line.clear()

    def __len__(self) -> int:
        return len(self._line)

    def __iter__(self) -> Iterator[Message]:
        return (_decoded(frame.piece) for frame in self._line if isinstance(frame.piece, bytes))


def cut(one: Way, other: Way) -> None:
    """Cut the line that carries both ways, and have another."""
    one.clear()
    other.clear()
    one.here.resume(other.here.received)
    other.here.resume(one.here.received)
    one.fill()
    other.fill()


def _decoded(frame: bytes) -> Message:
    (message,) = MessageReader().feed(frame)
    return message
