"""What the broker's state tells its process to do."""

from typing import NamedTuple

from ..wire.messages import Message

__all__ = ["Ask", "Instruction", "Replace", "Send", "Unask"]


class Send(NamedTuple):
    """Send ``message`` to ``peer``."""

    peer: int
    message: Message


class Ask(NamedTuple):
    """Mark ``worker`` on the status page as asked for work; a message follows, for a worker that does not spawn.

    ``far``: other machines want the work. Only the worker's I/O thread looks at that mark.
    """

    worker: int
    far: bool = False


class Unask(NamedTuple):
    """Remove the mark of these workers: no worker waits any more, or they wait themselves."""

    workers: tuple[int, ...]
    far: bool = False


class Replace(NamedTuple):
    """Start a worker in the place of ``worker``, where the last ``failed_starts`` workers died while they started."""

    worker: int
    failed_starts: int


Instruction = Send | Ask | Unask | Replace
