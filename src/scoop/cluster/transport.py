"""What connects machines, whatever it is made of. ``dask_transport.py`` is the one there is."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from ..wire.messages import Message

__all__ = ["Connection", "TakeConnection", "Terms", "Transport"]


class Terms(NamedTuple):
    """Where a run is, and what proves that a machine belongs to it. Secret."""

    run: str  # its name
    address: str  # of the coordinator, tls://host:port
    certificate: str  # PEM, with its private key
    authority: str  # PEM of the authority whose certificates are to be trusted
    size: int = 0  # how many workers the run has, as far as is known

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


class Connection(Protocol):
    """Messages between two machines, both ways.

    It keeps their order, loses none while it lasts, carries shared buffers as bytes, and ends soon after the other
    side has, also if that says nothing any more. Then ``read`` returns None.
    """

    def post(self, message: Message) -> None: ...
    async def read(self) -> Message | None: ...
    def close(self) -> None: ...


TakeConnection = Callable[[Connection, str], Awaitable[None]]
"""Called for each machine that joins, with the connection to it and its name."""


class Transport(Protocol):
    """What makes connections.

    ``listen`` lets machines join a new run, whose name cannot be guessed, and returns its terms; ``host`` is the name
    or address by which others reach this machine. Strangers are refused, and logged. ``close`` ends that.

    ``join`` connects to a run, as the machine of this name. It raises OSError if the run does not answer.
    """

    async def listen(self, host: str, take: TakeConnection) -> Terms: ...
    def close(self) -> None: ...
    async def join(self, terms: Terms, name: str) -> Connection: ...
