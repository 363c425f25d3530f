"""What connects machines, whatever it is made of. ``dask_transport.py`` is the one there is."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from ..wire.messages import Message
from .terms import Terms

__all__ = ["Connection", "Listener", "TakeConnection", "Transport"]


class Connection(Protocol):
    """Messages between two machines, both ways.

    It keeps their order, loses none while it lasts, carries shared buffers as bytes, and ends soon after the other
    side has, also if that says nothing any more.
    """

    def post(self, message: Message) -> None:
        """Send a message, soon."""

    async def read(self) -> Message | None:
        """Return the next message; None when the connection has ended."""

    def close(self) -> None:
        """End the connection."""


TakeConnection = Callable[[Connection, str], Awaitable[None]]
"""Called for each machine that joins, with the connection to it and its name."""


class Listener(Protocol):
    """Where machines of a run connect to. Strangers are refused, and logged."""

    async def open(self, host: str) -> Terms:
        """Listen; return the terms of the run. ``host`` is the name or address by which others reach this machine."""

    def close(self) -> None:
        """Take no connections any more."""


class Transport(Protocol):
    """What makes connections."""

    def new_listener(self, take: TakeConnection) -> Listener:
        """Return a listener for a new run, whose name cannot be guessed."""

    async def join(self, terms: Terms, name: str) -> Connection:
        """Connect to a run, as the machine of this name. Raises OSError if the run does not answer."""
