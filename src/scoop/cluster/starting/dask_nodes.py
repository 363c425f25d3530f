"""The nodes of a Dask cluster: an agent on each host, by a Dask task that a worker there runs; asyncio.

    coordinator ──Dask client──> scheduler ──task──> a worker of each host ──starts──> agent

The Dask task sends the agent's answer, and what is printed, as Dask events. An agent stands for all Dask workers of
its host that were there when it started: its host has as many workers as these have threads. Dask workers that come
to that host later are one more node.
"""

import asyncio
import uuid
from typing import Any

from distributed import Client, get_worker
from distributed.comm.addressing import get_address_host
from distributed.core import Status

from ...errors import in_words
from ...tuning import TUNING
from ..launchers import Cluster
from .agents import TooFewHosts
from .clusters import Hear, Node, Order
from .diagnosis import Failure, diagnose
from .remote_agent import run_agent

__all__ = ["DaskNodes"]


class DaskNodes:
    """See Nodes. A node is named by the address of the Dask worker that runs the Dask task."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._topic = f"scoop-{uuid.uuid4().hex}"
        self._client: Any = None
        self._parts: dict[str, dict[str, int]] = {}  # by node: threads by address of its Dask workers
        self._hear: dict[str, Hear] = {}  # by host
        self._wish: Any = None

    async def connect(self, seconds: float) -> None:
        """See Nodes."""
        try:
            self._client = Client(self._cluster.address, asynchronous=True, timeout=seconds, set_as_default=False)
            await self._client
        except (OSError, ValueError, TypeError, RuntimeError, TimeoutError) as problem:
            raise TooFewHosts(
                f"the Dask cluster at {self._cluster.address} does not answer: {in_words(problem)}. See whether its "
                "scheduler is up; TLS is set up in Dask's own configuration (distributed.comm.tls)"
            ) from problem
        self._client.subscribe_topic(self._topic, self._receive)

    async def living(self) -> list[Node]:
        """See Nodes."""
        workers = (await self._client.scheduler.identity())["workers"]
        threads = {address: about["nthreads"] for address, about in workers.items()}
        if not threads and self._wish is None:
            self._wish = self._client.submit(int, pure=False)  # an adaptive cluster without any starts one for this
        self._parts = {node: parts for node, parts in self._parts.items() if node in threads}
        stood_for = {address for parts in self._parts.values() for address in parts}
        new: dict[str, dict[str, int]] = {}
        for address in sorted(threads.keys() - stood_for):
            new.setdefault(get_address_host(address), {})[address] = threads[address]
        self._parts |= {min(parts): parts for parts in new.values()}
        return [
            Node(key, get_address_host(key), sum(parts.values()), workers[key]["status"] == _RETIRES)
            for key, parts in self._parts.items()
        ]

    async def run_agent(self, node: Node, order: Order, hear: Hear) -> str:
        """See Nodes."""
        self._hear[order.host] = hear
        where: dict[str, Any] = {"workers": [node.key], "allow_other_workers": False, "pure": False, "retries": 0}
        key = f"{self._topic}-{uuid.uuid4().hex}"
        future = self._client.submit(_run_agent, order, self._topic, key=key, **where)
        try:
            return str(await future)
        except asyncio.CancelledError:
            await self._client.cancel([future], force=True)
            raise
        except Exception as problem:
            said = tuple(in_words(problem).splitlines()[-TUNING.error_lines_kept :])
            words = ["Dask", "task", "on", node.key]
            return str(Failure(order.host, words, 1, said, diagnose(order.host, "python", 1, said)))

    async def close(self) -> None:
        """See Nodes."""
        if self._client is not None:
            await self._client.close()

    def _receive(self, dask_event: tuple[float, dict[str, Any]]) -> None:
        told = dask_event[1]
        self._hear[told["host"]](told)


_RETIRES = Status.closing_gracefully.name


# -- in a worker of the Dask cluster -----------------------------------------------------------------------------


def _run_agent(order: Order, topic: str) -> str:
    """Be the Dask task."""
    worker = get_worker()
    tell = lambda told: worker.log_event(topic, told | {"host": order.host})  # noqa: E731
    return run_agent(order, tell, lambda: worker.status is not Status.running)
