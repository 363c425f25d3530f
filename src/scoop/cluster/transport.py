"""What connects machines, whatever it is made of: ``dask_transport.py`` is the one there is.

It has two functions: ``listen`` for the coordinator, and ``join`` for the other machines.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from ..tuning import TUNING
from ..wire.messages import Message

__all__ = ["Connection", "TakeConnection", "Terms"]


class Terms(NamedTuple):
    """Where a run is, and what proves that a machine belongs to it. Secret."""

    run: str  # its name
    address: str  # of the coordinator, tls://host:port
    certificate: str  # PEM, with its private key
    authority: str  # PEM of the authority whose certificates are to be trusted
    size: int = 0  # how many workers the run has, as far as is known
    silence: float = TUNING.silence_seconds  # without a sign of life after which the other side counts as lost
    name: str = ""  # what the run calls the machine that joins; if it is empty, the machine's own name

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


TakeConnection = Callable[[Connection, str, int], Awaitable[None]]
"""Called for each machine that joins, with the connection to it, its name, and its number of workers."""
