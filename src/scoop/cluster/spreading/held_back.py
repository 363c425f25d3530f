"""What a machine holds back while a large message is on its way to it, pure.

A task may need a constant that was set before it. So no task, and no constant, overtakes the content of a large
message. The ends of tasks do, and all else that leads to no call here: results arrive while the content does.
"""

from collections import deque

from ...wire.messages import (
    Cancel,
    Cancelled,
    Demand,
    Lost,
    Message,
    Notice,
    PartialResult,
    Results,
    Stop,
    Stopped,
)

__all__ = ["HeldBack"]

_OVERTAKE = Results | PartialResult | Cancelled | Lost | Stopped | Cancel | Stop
"""These overtake, unless what is held back has to do with the same batch."""


class HeldBack:
    """The messages of the coordinator that cannot go on to the broker yet. Methods return those that can now."""

    def __init__(self) -> None:
        self._queue: deque[Message | int] = deque()  # a number stands for a content that is missing

    @property
    def empty(self) -> bool:
        return not self._queue

    def announced(self, content: int) -> None:
        """A content is to come, in the place of a message."""
        self._queue.append(content)

    def arrived(self, content: int, message: Message) -> list[Message]:
        """A content is complete: it is this message."""
        self._queue[self._queue.index(content)] = message
        released = []
        while self._queue and not isinstance(self._queue[0], int):
            released.append(self._queue.popleft())
        return [each for each in released if not isinstance(each, int)]

    def take(self, message: Message) -> list[Message]:
        """Another message has come."""
        if not self._queue or isinstance(message, Demand | Notice) or self._overtakes(message):
            return [message]
        self._queue.append(message)
        return []

    def _overtakes(self, message: Message) -> bool:
        if not isinstance(message, _OVERTAKE):
            return False
        return all(getattr(each, "batch", None) != message.batch for each in self._queue)
