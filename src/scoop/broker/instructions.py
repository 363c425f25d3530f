"""What the ledger tells the loop to do."""

from typing import NamedTuple

from ..wire.messages import Message

__all__ = ["Ask", "Instruction", "Replace", "Send", "Unask"]


class Send(NamedTuple):
    """Send ``message`` to ``worker``."""

    worker: int
    message: Message


class Ask(NamedTuple):
    """Mark ``worker`` as asked where it looks at every spawn; a message follows, for when it does not spawn.

    ``far``: by other machines, and where only its link looks.
    """

    worker: int
    far: bool = False


class Unask(NamedTuple):
    """Take back what these workers were asked: nobody is hungry any more, or they are hungry themselves."""

    workers: tuple[int, ...]
    far: bool = False


class Replace(NamedTuple):
    """Start a new worker in the place of ``worker``, the last of so many ``stillborn`` ones in a row."""

    worker: int
    stillborn: int


Instruction = Send | Ask | Unask | Replace
