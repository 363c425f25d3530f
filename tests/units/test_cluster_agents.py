"""Agents on a cluster whose nodes come and go: which nodes get one, and what the run is told. No process starts."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from scoop.cluster.launchers import Cluster, Reach
from scoop.cluster.lines.transport import Terms
from scoop.cluster.planning.invitation import Answer, Invitation
from scoop.cluster.planning.plan import Plan
from scoop.cluster.starting import cluster_agents
from scoop.cluster.starting.agents import TooFewHosts
from scoop.cluster.starting.cluster_agents import ClusterAgents, Events
from scoop.cluster.starting.clusters import Hear, Node, Order
from scoop.tuning import TUNING

TERMS = Terms("run", "tls://here:1", "", "")


class FakeNodes:
    """See Nodes. Agents join at once, and last until they are cancelled, or ``end`` is called."""

    def __init__(self, *nodes: Node) -> None:
        self.nodes = [*nodes]
        self.broken: set[str] = set()  # keys of nodes that start nothing
        self.away = False  # whether the cluster does not say which nodes it has
        self.agents: dict[str, Order] = {}
        self.hear: dict[str, Hear] = {}
        self.started: list[tuple[str, int]] = []
        self.closed = False
        self.answers = asyncio.Event()
        self.answers.set()
        self._ends: dict[str, asyncio.Event] = {}

    async def connect(self, seconds: float) -> None:
        """See Nodes."""
        async with asyncio.timeout(seconds):
            await self.answers.wait()

    async def living(self) -> list[Node]:
        """See Nodes."""
        if self.away:
            raise OSError("no answer")
        return [*self.nodes]

    async def run_agent(self, node: Node, order: Order, hear: Hear) -> str:
        """See Nodes."""
        if node.key in self.broken:
            return f"{order.host}: broken"
        self.started.append((order.host, order.workers))
        self.agents[node.key] = order
        self.hear[node.key] = hear
        ends = self._ends[node.key] = asyncio.Event()
        hear({"joined": [*Answer(order.host, "joined", workers=order.workers, agent=f"agent of {node.key}")]})
        try:
            await ends.wait()
        finally:
            del self.agents[node.key]
        return f"{order.host}: its agent has ended"

    def end(self, key: str) -> None:
        """Have an agent end."""
        self._ends[key].set()

    async def close(self) -> None:
        """See Nodes."""
        self.closed = True


class Run:
    """What a run with such agents is told."""

    def __init__(self, nodes: FakeNodes, most: int | None = None, restarts: int = 1, timeout: float = 60) -> None:
        self.nodes = nodes
        self.came = 0
        self.ended: list[str] = []
        self.left: list[str] = []
        reach = Reach(timeout=timeout, grace=0.2, restarts=restarts)
        cluster = Cluster("Dask", "tcp://here:1", "here", most)
        plan = Plan((), "ssh", reach, Invitation({}, "", ""), 1, cluster=cluster)
        self.agents = ClusterAgents(plan, nodes, Events(self._come, self.ended.append, self._leave))

    def _come(self) -> None:
        self.came += 1

    def _leave(self, why: object) -> None:
        self.left.append(str(why))


async def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the nodes often."""
    monkeypatch.setattr(cluster_agents, "TUNING", TUNING._replace(nodes_seen_every_seconds=0.002))


def play(run: Run, story: Coroutine[Any, Any, None] | None = None) -> None:
    """Start the agents, have something happen, end."""

    async def whole() -> None:
        try:
            await run.agents.start(TERMS)
            if story is not None:
                await story
        finally:
            for key in [*run.nodes.agents]:
                run.nodes.end(key)  # as the end of a run does
            await run.agents.end()
        assert run.nodes.closed
        assert not run.nodes.agents

    asyncio.run(whole())


A, B, C = Node("a", "one", 2), Node("b", "two", 4), Node("c", "two", 1)


def test_each_node_has_an_agent_and_each_host_a_name_of_its_own() -> None:
    run = Run(FakeNodes(A, B, C))

    async def story() -> None:
        assert run.nodes.started == [("one", 2), ("two", 4), ("two (2)", 1)]
        assert (run.came, run.left) == (0, [])

    play(run, story())


def test_a_cluster_that_does_not_answer_soon_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cluster_agents, "TUNING", TUNING._replace(cluster_answers_within_seconds=0))
    run = Run(FakeNodes(A), timeout=60)
    run.nodes.answers.clear()

    async def whole() -> None:
        starting = asyncio.create_task(run.agents.start(TERMS))
        await until(lambda: caplog.messages)
        run.nodes.answers.set()
        assert await starting == 1
        await run.agents.end()

    asyncio.run(whole())
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("scoop: the Dask cluster at tcp://here:1 does not answer yet")


def test_a_node_that_comes_gets_an_agent_and_one_that_goes_is_told() -> None:
    run = Run(FakeNodes(A))

    async def story() -> None:
        run.nodes.nodes.append(B)
        await until(lambda: run.came == 1)
        run.nodes.nodes.remove(A)
        await until(lambda: run.left)
        assert run.ended == ["agent of a"]
        assert run.left[0].startswith("one: its node (a) has left the cluster")
        assert [*run.nodes.agents] == ["b"]

    play(run, story())


def test_a_node_that_is_about_to_go_keeps_its_agent_and_gets_none() -> None:
    run = Run(FakeNodes(A))

    async def story() -> None:
        run.nodes.nodes[:] = [A._replace(leaves=True), B._replace(leaves=True)]
        await asyncio.sleep(0.02)
        assert [*run.nodes.agents] == ["a"]
        assert not run.ended

    play(run, story())


def test_the_last_node_that_goes_is_told_after_a_while_only() -> None:
    run = Run(FakeNodes(A))

    async def story() -> None:
        run.nodes.nodes[:] = []
        await until(lambda: run.ended)
        assert not run.left
        run.nodes.nodes[:] = [B]
        await until(lambda: run.came)
        run.nodes.nodes[:] = []
        await until(lambda: len(run.left) == 2)

    play(run, story())


@pytest.mark.parametrize("restarts", [0, 2])
def test_an_agent_that_ends_is_started_again_so_often(restarts: int) -> None:
    run = Run(FakeNodes(A, B), restarts=restarts)

    def has_left(times: int) -> bool:
        return len(run.left) == times

    async def story() -> None:
        for number in range(restarts + 1):
            await until(lambda: "a" in run.nodes.agents)
            run.nodes.end("a")
            await until(partial(has_left, number + 1))
        await asyncio.sleep(0.02)  # in which many looks are taken
        assert run.nodes.started.count(("one", 2)) == restarts + 1

    play(run, story())


def test_a_node_that_starts_nothing_later_costs_a_word_only(caplog: pytest.LogCaptureFixture) -> None:
    run = Run(FakeNodes(A))
    run.nodes.broken.add("b")

    async def story() -> None:
        run.nodes.nodes.append(B)
        await until(lambda: "the run goes on without two: broken" in caplog.text)
        assert run.came == 0

    play(run, story())


def test_no_more_workers_than_were_asked_for() -> None:
    run = Run(FakeNodes(A), most=3)

    async def story() -> None:
        assert run.nodes.started == [("one", 3)]
        run.nodes.nodes[:] = [A, B]
        await asyncio.sleep(0.02)
        assert run.nodes.started == [("one", 3)]
        run.nodes.nodes[:] = [B]
        await until(lambda: run.nodes.started[1:] == [("two", 3)])

    play(run, story())


def test_a_cluster_that_is_silent_loses_nothing() -> None:
    run = Run(FakeNodes(A))

    async def story() -> None:
        run.nodes.away = True
        await asyncio.sleep(0.02)
        run.nodes.nodes.append(B)
        run.nodes.away = False
        await until(lambda: run.came)
        assert not run.ended

    play(run, story())


def test_a_cluster_without_nodes_or_with_broken_ones_is_named() -> None:
    run = Run(FakeNodes(), timeout=0.1)
    with pytest.raises(TooFewHosts, match=r"the Dask cluster at tcp://here:1 has had no workers for 0\.1 seconds"):
        play(run)
    run = Run(FakeNodes(A, B))
    run.nodes.broken.add("b")
    run.agents._plan = run.agents._plan._replace(least=2)
    with pytest.raises(TooFewHosts, match="two: broken"):
        play(run)


def test_output_that_arrived_last_is_written_before_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(FakeNodes(A))

    async def story() -> None:
        for number in range(10):
            run.nodes.hear["a"]({"descriptor": 1, "data": b"line %d\n" % number})

    play(run, story())
    assert capfd.readouterr().out == "".join(f"line {number}\n" for number in range(10))
