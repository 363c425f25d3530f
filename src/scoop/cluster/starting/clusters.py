"""What a cluster that another system runs is to SCOOP: nodes that come and go, and agents on them.

Such a system (Dask: ``dask_nodes.py``, Ray: ``ray_nodes.py``) is one file with a class that has these four methods.
It finds the machines, starts and ends them, and has their credentials. The run's own tasks do not go through it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

__all__ = ["Hear", "Node", "Nodes", "Order"]

Hear = Callable[[dict[str, Any]], None]
"""Takes what an agent's process tells: ``{"joined": answer}``, or ``{"descriptor": 1, "data": b"printed"}``."""


class Node(NamedTuple):
    """A part of a cluster that takes one agent."""

    key: str  # unlike that of any other node, also of one that is gone
    name: str  # of its machine
    processors: int
    leaves: bool = False  # it is about to go, and takes no other agent


class Order(NamedTuple):
    """An agent that is to be started."""

    host: str  # what the run calls its host
    workers: int
    invitation: bytes
    seconds: float  # that it has to answer


class Nodes(Protocol):
    """The nodes of a cluster."""

    async def connect(self, seconds: float) -> None:
        """Connect to the cluster. Raises TooFewHosts if it does not answer within so many seconds."""

    async def living(self) -> list[Node]:
        """Return the nodes that are there."""
        ...

    async def run_agent(self, node: Node, order: Order, hear: Hear) -> str:
        """Have an agent on a node; when it has ended, return how. If this is cancelled, so is the agent."""
        ...

    async def close(self) -> None:
        """Disconnect, if ``connect`` has been called."""
