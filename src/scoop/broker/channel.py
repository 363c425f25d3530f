"""Messages over a socket pair that never blocks: the broker's end of it, and the end of an uplink."""

import socket
from collections import deque
from collections.abc import Callable, Iterable

from ..tuning import TUNING
from ..wire.messages import Message, MessageReader, encode
from ..wire.shared_buffers import SharedBuffers
from ..wire.sockets import receive, send_some

__all__ = ["Channel"]


class Channel:
    """One end of a socket pair.

    Parameters:
        sock: this end, which is the channel's from now on.
        watch: called with True if ``flush`` is to be called once the socket takes more, and with False after that.
    """

    def __init__(self, sock: socket.socket, watch: Callable[[bool], None]) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._watch = watch
        self._reader = MessageReader()
        self._unsent: deque[tuple[memoryview, SharedBuffers | None]] = deque()
        self._is_watched = False

    def receive(self) -> Iterable[Message] | None:
        """Return the messages that have come; None if the other end is closed.

        To iterate over them may raise MalformedMessage.
        """
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
        """Send what the socket takes now."""
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
