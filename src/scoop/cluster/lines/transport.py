"""What connects machines, whatever it is made of: ``tls_transport.py`` is the one there is.

It has two functions: ``listen`` for the coordinator, and ``connect`` for the other machines. Both make *lines*, which
may break. A connection (``connection.py``) lasts over many of them.
"""

import signal
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol

from ...tuning import TUNING
from ...wire.messages import Message

__all__ = ["LEAVE_SIGNAL", "Connection", "Line", "LineBroken", "MeetLine", "TakeConnection", "Terms"]


LEAVE_SIGNAL = signal.SIGURG
"""With which an agent has its machine leave: no terminal and no batch system sends it to all processes of a job."""


class Terms(NamedTuple):
    """Where a run is, and what proves that a machine belongs to it. Secret."""

    run: str  # its name
    address: str  # of the coordinator, tls://host:port
    certificate: str  # PEM, with its private key
    authority: str  # PEM of the authority whose certificates are to be trusted
    size: int = 0  # how many workers the run has, as far as is known
    silence: float = TUNING.silence_seconds  # without a sign of life after which a line is given up
    grace: float = TUNING.silence_seconds  # seconds after that in which a new line may take its place
    agent: str = ""  # the name of the agent that has read this, unlike any other's: it sets this itself
    name: str = ""  # what the run calls the machine that joins; if it is empty, the machine's own name

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def host(self) -> str:
        """The coordinator's name or address."""
        return self.address.removeprefix("tls://").rpartition(":")[0].strip("[]")


class LineBroken(Exception):
    """A line has ended. ``hung_up``: the other side has closed it, or its system did as its process ended."""

    def __init__(self, hung_up: bool) -> None:
        super().__init__("the other side has hung up" if hung_up else "the line is broken")
        self.hung_up = hung_up


class Line(Protocol):
    """Frames between two machines, both ways, in order, until the line breaks. Frames are tuples, bytes, numbers."""

    @property
    def peer(self) -> str:
        """The address of the other side."""
        ...

    async def read(self) -> Any:
        """Return the next frame. Raises LineBroken."""

    async def write(self, frame: Any) -> None:
        """Send a frame; return when the system has taken it. Raises LineBroken."""

    def close(self) -> None: ...


MeetLine = Callable[[Line], Awaitable[None]]
"""Called for each line that another machine, or a stranger who has the run's key, has opened."""


class Connection(Protocol):
    """Messages between two machines, both ways.

    It keeps their order, loses none while it lasts, carries shared buffers as bytes, and outlives lines that break.
    When it has ended, because the other side has said goodbye or is lost, ``read`` returns None.
    """

    def post(self, message: Message) -> None: ...
    async def read(self) -> Message | None: ...
    async def close(self) -> None:
        """Say goodbye, if the other side can still hear it."""


TakeConnection = Callable[[Connection, str, int], Awaitable[None]]
"""Called for each machine that joins, with the connection to it, its name, and its number of workers."""
