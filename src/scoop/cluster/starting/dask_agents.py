"""Start an agent on every host of a Dask cluster that is up, by a Dask task on each; asyncio.

    coordinator ──Dask client──> scheduler ──task──> a worker of each host ──starts──> agent

The Dask task sends the agent's answer, and what is printed, as Dask events. The run's own tasks do not go through
Dask's scheduler: they travel over the run's own connections, as from any other host. The Dask task lasts as long as
the agent. So Dask does not take that worker for idle; and when the worker ends, in whatever way, the agent's standard
input ends, and with it the agent.
"""

import asyncio
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from distributed import Client, get_worker
from distributed.comm.addressing import get_address_host

from ... import log
from ...errors import in_words
from ...tuning import TUNING
from ..launchers import Reach, agent_command
from ..launchers.dask import Cluster
from ..lines.transport import Terms
from ..planning.hosts import Host
from ..planning.invitation import encode
from ..planning.plan import Call, Plan, allot, invite
from .agents import TooFewHosts, check_enough, failure_of, loss_of, start_command
from .diagnosis import Diagnosis, Failure, diagnose
from .launcher_process import Output

__all__ = ["DaskAgents", "run_agent"]


class DaskAgents:
    """The agents on a Dask cluster. ``end`` is to be called even if ``start`` has failed.

    ``lost`` is called, with the reason, for each host that leaves before that.
    """

    def __init__(self, plan: Plan, cluster: Cluster, lost: Callable[[object], None]) -> None:
        self._plan = plan
        self._cluster = cluster
        self._lost = lost
        self._topic = f"scoop-{uuid.uuid4().hex}"
        self._output = Output()
        self._client: Any = None
        self._joined: dict[str, asyncio.Event] = {}
        self._ended: list[asyncio.Task[str]] = []  # for each that has joined: how it ends
        self._watching: list[asyncio.Task[None]] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def end(self) -> None:
        """Wait until the agents have ended, as they do with the run, if it has begun; disconnect."""
        for task in self._watching:
            task.cancel()
        if self._watching:
            await asyncio.wait(self._ended, timeout=TUNING.agents_end_within_seconds)
        for ended in self._ended:
            ended.cancel()
        if self._client is not None:
            await self._client.close()
        if self._writing:  # write what has arrived, unless the reader of our output is stuck
            await asyncio.wait(self._writing, timeout=TUNING.agents_end_within_seconds)
        self._output.close()

    async def start(self, terms: Terms) -> int:
        threads = await self._connect()
        hosts = allot([Host(host, sum(found.values())) for host, found in threads.items()], self._cluster.workers)
        counts = {host.name: host.workers for host in hosts}
        terms = terms._replace(size=sum(host.workers or 0 for host in hosts))
        invitation = encode(invite(self._plan, terms)._replace(workers=counts))
        found = await asyncio.gather(*(self._start(host.name, min(threads[host.name]), invitation) for host in hosts))
        failed = [failure for failure in found if failure]
        check_enough(len(self._ended), max(1, min(self._plan.least, len(hosts))), failed)
        self._watching = [asyncio.create_task(self._watch(ended)) for ended in self._ended]
        return len(self._ended)

    async def _connect(self) -> dict[str, dict[str, int]]:
        """Connect to the cluster; return the threads of its workers, by host and by address."""
        seconds = self._plan.reach.timeout
        try:
            self._client = Client(self._cluster.address, asynchronous=True, timeout=seconds, set_as_default=False)
            await self._client
        except (OSError, ValueError, TypeError, RuntimeError, TimeoutError) as problem:
            raise TooFewHosts(
                f"the Dask cluster at {self._cluster.address} does not answer: {in_words(problem)}. See whether its "
                "scheduler is up; TLS is set up in Dask's own configuration (distributed.comm.tls)"
            ) from problem
        try:
            await self._client.wait_for_workers(1, timeout=seconds)
        except TimeoutError:
            raise TooFewHosts(
                f"the Dask cluster at {self._cluster.address} has had no workers for {seconds:g} seconds: start "
                "some, or wait longer with --host-timeout"
            ) from None
        self._client.subscribe_topic(self._topic, self._receive)
        by_host: dict[str, dict[str, int]] = {}
        for address, threads in sorted((await self._client.nthreads()).items()):
            by_host.setdefault(get_address_host(address), {})[address] = threads
        return by_host

    async def _start(self, host: str, address: str, invitation: bytes) -> str:
        """Start an agent through the Dask worker at ``address``; return why it does not take part, or nothing."""
        seconds = self._plan.reach.timeout
        joined = self._joined[host] = asyncio.Event()
        where: dict[str, Any] = {"workers": [address], "allow_other_workers": False, "pure": False, "retries": 0}
        arguments = host, invitation, seconds, self._topic
        future = self._client.submit(run_agent, *arguments, key=f"{self._topic}-{host}", **where)
        ended = asyncio.create_task(_outcome(future, host, address))
        joining = asyncio.create_task(joined.wait())
        try:
            await asyncio.wait((ended, joining), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            joining.cancel()
        if joined.is_set():
            self._ended.append(ended)
            return ""
        if ended.done():
            return ended.result()
        ended.cancel()
        await self._client.cancel([future])
        remedy = "see whether it is busy, or wait longer with --host-timeout"
        busy = Diagnosis("its Dask worker has not started the agent in time", remedy)
        return str(Failure(host, ["Dask", "task", "on", address], None, (), busy))

    async def _watch(self, ended: asyncio.Task[str]) -> None:
        self._lost(await asyncio.shield(ended))

    def _receive(self, dask_event: tuple[float, dict[str, Any]]) -> None:
        event = dask_event[1]
        if "joined" in event:
            log.own.info("scoop: %s joined: %d workers on %s", event["joined"], event["workers"], event["name"])
            self._joined[event["joined"]].set()
        else:
            writing = asyncio.create_task(self._output.write(event["descriptor"], event["data"]))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)


async def _outcome(future: Any, host: str, address: str) -> str:
    """Return how the agent has ended: as the Dask task reports it, or as Dask itself does."""
    try:
        return str(await future)
    except Exception as problem:
        said = tuple(in_words(problem).splitlines()[-TUNING.error_lines_kept :])
        return str(Failure(host, ["Dask", "task", "on", address], 1, said, diagnose(host, "python", 1, said)))


# -- in a worker of the Dask cluster -----------------------------------------------------------------------------


def run_agent(host: str, invitation: bytes, seconds: float, topic: str) -> str:
    """Be the Dask task: start an agent, wait until it has ended, and return how it has.

    The agent has so many ``seconds`` to answer. Dask events of this topic tell its answer, and what is printed.
    """
    worker = get_worker()

    async def write(descriptor: int, data: bytes) -> None:
        worker.log_event(topic, {"descriptor": descriptor, "data": data})

    async def run() -> str:
        process = await start_command(Call(agent_command(Reach(), host), (host,)), invitation, write, seconds)
        answer = process.answers.get(host)
        if answer is None or answer.kind != "joined":
            await process.kill()
            return str(failure_of(host, process, sys.executable, answer))
        worker.log_event(topic, {"joined": host, "workers": answer.workers, "name": answer.name})
        began = time.monotonic()
        await process.ended
        return str(loss_of(host, process, time.monotonic() - began))

    return asyncio.run(run())
