"""Agents on the nodes of a cluster that another system runs: one on each, also on those that come later; asyncio.

A node that is gone takes its agent along, and what that had begun runs elsewhere. What the agents' processes print
goes on to our own standard output and standard error, by whole lines.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from ... import log
from ...tuning import TUNING
from ..launchers import Cluster
from ..lines.transport import Terms
from ..planning.hosts import Host
from ..planning.invitation import Answer, encode
from ..planning.plan import Plan, allot, invite
from .agents import TooFewHosts, check_enough
from .clusters import Node, Nodes, Order
from .diagnosis import Diagnosis, Failure
from .launcher_process import Output

__all__ = ["ClusterAgents", "Events", "nodes_of"]


def nodes_of(cluster: Cluster) -> Nodes:
    """Return the nodes of a cluster. Its package is imported only here."""
    if cluster.kind == "Ray":
        from .ray_nodes import RayNodes

        return RayNodes(cluster)
    from .dask_nodes import DaskNodes

    return DaskNodes(cluster)


class Events:
    """What the run is told of the agents of a cluster.

    Parameters:
        came: is called for each host that takes part and was not there at the start.
        ended: is called with the name of each agent that has ended.
        left: is called, with the reason, for each host that takes part no more.
    """

    def __init__(
        self, came: Callable[[], None], ended: Callable[[str], object], left: Callable[[object], None]
    ) -> None:
        self.came, self.ended, self.left = came, ended, left


class _Agent:
    """An agent on a node, from when it is asked for."""

    def __init__(self, node: Node, order: Order) -> None:
        self.node, self.order = node, order
        self.answer: Answer | None = None
        self.joined = asyncio.Event()
        self.ended: asyncio.Task[str]


class ClusterAgents:
    """The agents on a cluster. ``end`` is to be called even if ``start`` has failed.

    Parameters:
        plan: the run's. It names the cluster.
        nodes: of the cluster.
        events: what to tell the run.
    """

    def __init__(self, plan: Plan, nodes: Nodes, events: Events) -> None:
        self._plan = plan
        self._nodes = nodes
        self._events = events
        self._output = Output()
        self._terms: Terms
        self._agents: dict[str, _Agent] = {}  # by the key of the node
        self._tries: dict[str, int] = {}  # agents that were started on a node, likewise
        self._tasks: set[asyncio.Task[object]] = set()  # that follow nodes and agents
        self._writing: set[asyncio.Task[None]] = set()

    async def start(self, terms: Terms) -> int:
        """Start an agent on each node that is there, see how each answers; return how many take part.

        Raises TooFewHosts.
        """
        await self._connect()
        nodes = await self._first_nodes()
        named = [Host(node.key, node.processors) for node in nodes]
        counts = {host.name: host.workers or 1 for host in allot(named, self._most)}
        self._terms = terms._replace(size=sum(counts.values()))
        taken = [node for node in nodes if node.key in counts]
        found = await asyncio.gather(*(self._start(node, counts[node.key]) for node in taken))
        check_enough(len(self._agents), max(1, min(self._plan.least, len(taken))), [*filter(None, found)])
        for agent in self._agents.values():
            self._keep(self._watch(agent))
        self._keep(self._follow())
        return len(self._agents)

    async def end(self) -> None:
        """Wait until the agents have ended, as they do with the run, if it has begun; disconnect."""
        began = bool(self._tasks)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        ending = [agent.ended for agent in self._agents.values()]
        if ending and began:
            await asyncio.wait(ending, timeout=TUNING.agents_end_within_seconds)
        for ended in ending:
            ended.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self._nodes.close()
        if self._writing:  # write what has arrived, unless the reader of our output is stuck
            await asyncio.wait(self._writing, timeout=TUNING.agents_end_within_seconds)
        self._output.close()

    @property
    def _cluster(self) -> Cluster:
        assert self._plan.cluster is not None
        return self._plan.cluster

    @property
    def _most(self) -> int | None:
        return self._cluster.workers

    async def _connect(self) -> None:
        """Connect to the cluster; if that takes long, say what is tried, and for how long."""
        seconds, named = self._plan.reach.timeout, (self._cluster.kind, self._cluster.address)
        text = "scoop: the %s cluster at %s does not answer yet; SCOOP gives up after %g s (--host-timeout)"
        after = TUNING.cluster_answers_within_seconds
        notice = asyncio.get_running_loop().call_later(after, log.own.warning, text, *named, seconds)
        try:
            await self._nodes.connect(seconds)
        finally:
            notice.cancel()

    async def _first_nodes(self) -> Sequence[Node]:
        clock, seconds = asyncio.get_running_loop().time, self._plan.reach.timeout
        until = clock() + seconds
        while not (nodes := await self._nodes.living()):
            if clock() > until:
                raise TooFewHosts(
                    f"the {self._cluster.kind} cluster at {self._cluster.address} has had no workers for "
                    f"{seconds:g} seconds: start some, or wait longer with --host-timeout"
                )
            await asyncio.sleep(TUNING.nodes_seen_every_seconds / 4)
        return nodes

    async def _start(self, node: Node, workers: int) -> str:
        """Start an agent on a node; return why it does not take part, or nothing."""
        host = self._name_of(node)
        invitation = encode(invite(self._plan, self._terms)._replace(workers={host: workers}))
        seconds = self._plan.reach.timeout
        agent = _Agent(node, Order(host, workers, invitation, seconds))
        self._agents[node.key] = agent
        self._tries[node.key] = self._tries.get(node.key, 0) + 1
        hear = partial(self._hear, agent)
        agent.ended = asyncio.create_task(self._nodes.run_agent(node, agent.order, hear))
        joining = asyncio.create_task(agent.joined.wait())
        try:
            await asyncio.wait((agent.ended, joining), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            joining.cancel()
        if agent.joined.is_set():
            return ""
        del self._agents[node.key]
        if agent.ended.done():
            return agent.ended.result()
        agent.ended.cancel()
        remedy = "see whether it is busy, or wait longer with --host-timeout"
        busy = Diagnosis("the cluster has not started the agent in time", remedy)
        return str(Failure(host, ["agent", "on", node.key], None, (), busy))

    def _name_of(self, node: Node) -> str:
        """Return a name for the host of a node, unlike that of any other agent's."""
        taken = {agent.order.host for agent in self._agents.values()}
        names = (f"{node.name} ({number})" for number in range(2, len(taken) + 3))
        return next(name for name in (node.name, *names) if name not in taken)

    def _hear(self, agent: _Agent, told: dict[str, object]) -> None:
        if isinstance(data := told.get("data"), bytes):
            self._keep_writing(int(str(told["descriptor"])), data)
        elif isinstance(words := told.get("joined"), list | tuple):
            answer = agent.answer = Answer(*words)
            log.own.info("scoop: %s joined: %d workers on %s", answer.host, answer.workers, answer.name)
            agent.joined.set()

    # -- while the run goes on -----------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Have an agent on each node that comes, and none on one that is gone."""
        while True:
            await asyncio.sleep(TUNING.nodes_seen_every_seconds)
            try:
                nodes = await self._nodes.living()
            except Exception as problem:  # what the cluster's own parts do to each other is not the run's end
                log.own.debug("scoop: the cluster does not say which nodes it has: %r", problem)
                continue
            living = {node.key for node in nodes}
            for key, agent in self._agents.items():
                if key not in living and agent.answer is not None:
                    agent.ended.cancel()
            for node in nodes:
                tries = self._tries.get(node.key, 0)
                if node.key not in self._agents and not node.leaves and tries <= self._plan.reach.restarts:
                    self._take(node)

    def _take(self, node: Node) -> None:
        """Start an agent on a node that has come, unless the run has all the workers that it is to have."""
        there = sum(agent.order.workers for agent in self._agents.values())
        workers = node.processors if self._most is None else min(node.processors, self._most - there)
        if workers > 0:
            self._keep(self._have(node, workers))

    async def _have(self, node: Node, workers: int) -> None:
        if problem := await self._start(node, workers):
            log.own.warning("scoop: the run goes on without %s", problem)
            return
        self._events.came()
        await self._watch(self._agents[node.key])

    async def _watch(self, agent: _Agent) -> None:
        """Wait until an agent has ended, and tell the run."""
        await asyncio.wait((agent.ended,))
        del self._agents[agent.node.key]
        assert agent.answer is not None
        self._events.ended(agent.answer.agent)
        gone = f"{agent.order.host}: its node ({agent.node.key}) has left the cluster"
        why = gone if agent.ended.cancelled() else agent.ended.result()
        until = asyncio.get_running_loop().time() + self._plan.reach.grace
        while not self._agents and asyncio.get_running_loop().time() < until:  # others may be about to come
            await asyncio.sleep(TUNING.nodes_seen_every_seconds / 4)
        self._events.left(why)

    def _keep(self, work: "asyncio._CoroutineLike[object]") -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _keep_writing(self, descriptor: int, data: bytes) -> None:
        writing = asyncio.create_task(self._output.write(descriptor, data))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
