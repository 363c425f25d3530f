"""The nodes of a Ray cluster: an agent on each, by a Ray actor there; asyncio.

    coordinator ──Ray driver──> actor of each node ──starts──> agent

The actor has as many of the node's CPUs as the run has workers there, so Ray gives these to no one else, and no
autoscaler takes the node for idle. When this process ends, Ray ends the actors.
"""

import asyncio
import logging
import queue
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...errors import in_words
from ...tuning import TUNING
from ..launchers import Cluster
from .agents import TooFewHosts
from .clusters import Hear, Node, Order
from .diagnosis import Failure, diagnose
from .remote_agent import run_agent

__all__ = ["RayNodes"]


class RayNodes:
    """See Nodes."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._actor: Any = None

    async def connect(self, seconds: float) -> None:
        """See Nodes."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.to_thread(self._connect)
        except (OSError, ValueError, RuntimeError, TimeoutError, RayError) as problem:
            raise TooFewHosts(
                f"the Ray cluster at {self._cluster.address} does not answer: {in_words(problem)}. See what "
                "`ray status` says; `ray:auto` needs a node of the cluster on this machine"
            ) from problem
        self._actor = ray.remote(_AgentActor)

    def _connect(self) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        ray.init(self._cluster.address, namespace="scoop", **quiet)

    async def living(self) -> list[Node]:
        """See Nodes. A node without CPUs, as heads often are, takes no part."""
        found = await asyncio.to_thread(ray.nodes)
        living = [node for node in found if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        return [
            Node(node["NodeID"], node["NodeManagerHostname"], int(node["Resources"]["CPU"]))
            for node in sorted(living, key=lambda node: (node["NodeManagerHostname"], node["NodeID"]))
        ]

    async def run_agent(self, node: Node, order: Order, hear: Hear) -> str:
        """See Nodes."""
        there = NodeAffinitySchedulingStrategy(node.key, soft=False)
        needs = {"num_cpus": min(order.workers, node.processors), "max_restarts": 0, "max_concurrency": 2}
        actor = self._actor.options(scheduling_strategy=there, **needs).remote()
        try:
            ended = actor.serve.remote(order)
            while events := await actor.hear.remote():
                for told in events:
                    hear(told)
            return str(await ended)
        except RayError as problem:
            said = tuple(in_words(problem).splitlines()[-TUNING.error_lines_kept :])
            words = ["Ray", "actor", "on", node.key]
            return str(Failure(order.host, words, 1, said, diagnose(order.host, "python", 1, said)))
        finally:
            ray.kill(actor)

    async def close(self) -> None:
        """See Nodes."""
        await asyncio.to_thread(ray.shutdown)


# -- in a process of the Ray cluster -----------------------------------------------------------------------------


class _AgentActor:
    """Be the Ray actor: one of its threads runs the agent, another one hands out what that tells."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def serve(self, order: Order) -> str:
        """Run the agent; return how it has ended."""
        try:
            return run_agent(order, self._told.put)
        finally:
            self._told.put(None)

    def hear(self) -> list[dict[str, Any]]:
        """Wait until the agent has told something; return that, or nothing if it has ended."""
        first = self._told.get()
        return [] if first is None else [first]
