"""Start a station on every host of a Dask cluster that runs already, by a Dask task on each; asyncio.

    uplink ──Dask client──> scheduler ──task──> a worker of each host ──starts──> station

The task tells what the station answers, and what is printed, as events of Dask's. What tasks of the run travel by are
the run's own lines, as from any other host: Dask's scheduler has no part in that.
"""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from distributed import Client
from distributed.comm.addressing import get_address_host

import scoop

from ...errors import in_words
from ...uplink.terms import Terms
from .allot import allot
from .calls import Plan, invite
from .dask_address import Cluster
from .dask_task import host_station
from .diagnosis import Diagnosis, diagnose
from .hosts import Host
from .invitation import encode
from .recruit import Failure, TooFewHosts
from .streams import Output

__all__ = ["DaskCrew", "recruit_from_dask"]

GRACE = 5.0
"""Seconds that stations have to end once the run has."""

_MOST_SAID = 10


class DaskCrew:
    """The stations on a Dask cluster.

    Parameters:
        plan: of the run.
        cluster: where they are.
    """

    def __init__(self, plan: Plan, cluster: Cluster) -> None:
        self._plan = plan
        self._cluster = cluster
        self._topic = f"scoop-{uuid.uuid4().hex}"
        self._output = Output()
        self._client: Any = None
        self._joined: dict[str, asyncio.Event] = {}
        self._ended: list[asyncio.Task[str]] = []  # of those that have joined: how they have ended
        self._watching: list[asyncio.Task[None]] = []
        self._writing: set[asyncio.Task[None]] = set()

    @property
    def hosts(self) -> int:
        """How many hosts take part."""
        return len(self._ended)

    async def dismiss(self, grace: float = GRACE) -> None:
        """Wait until the stations have ended, as they do with the run; hang up."""
        for task in self._watching:
            task.cancel()
        if self._ended and grace:
            await asyncio.wait(self._ended, timeout=grace)
        for ended in self._ended:
            ended.cancel()
        if self._client is not None:
            await self._client.close()
        if self._writing:  # what was heard is written, if somebody reads it
            await asyncio.wait(self._writing, timeout=GRACE)
        self._output.close()

    async def recruit(self, terms: Terms, lost: Callable[[str], None]) -> None:
        """Start the stations. Raises TooFewHosts."""
        places = await self._connect()
        known = [Host(host, sum(threads.values())) for host, threads in places.items()]
        hosts = allot(known, self._cluster.workers)
        counts = {host.name: host.workers for host in hosts}
        terms = terms._replace(size=sum(host.workers or 0 for host in hosts))
        letter = encode(invite(self._plan, terms)._replace(workers=counts))
        found = await asyncio.gather(*(self._bring(host.name, min(places[host.name]), letter) for host in hosts))
        failed = [failure for failure in found if failure]
        if len(hosts) - len(failed) < max(1, min(self._plan.least, len(hosts))):
            raise TooFewHosts("\n".join(failed))
        for failure in failed:
            scoop.logger.warning("scoop: the run goes on without %s", failure)
        for ended in self._ended:
            self._watching.append(asyncio.create_task(_watch(ended, lost)))

    async def _connect(self) -> dict[str, dict[str, int]]:
        """Return the workers of the cluster: their threads by address, by host."""
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
                f"the Dask cluster at {self._cluster.address} has had no workers for {seconds:g} seconds: have some "
                "started, or wait for longer with --host-timeout"
            ) from None
        self._client.subscribe_topic(self._topic, self._hear)
        places: dict[str, dict[str, int]] = {}
        for address, threads in sorted((await self._client.nthreads()).items()):
            places.setdefault(get_address_host(address), {})[address] = threads
        return places

    async def _bring(self, host: str, address: str, letter: bytes) -> str:
        """Start a station by a task on the Dask worker at ``address``; return why it does not take part, if so."""
        seconds = self._plan.reach.timeout
        joined = self._joined[host] = asyncio.Event()
        future = self._client.submit(
            host_station,
            host,
            letter,
            seconds,
            self._topic,
            key=f"{self._topic}-{host}",
            workers=[address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
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
        remedy = "see whether it is busy, or wait for longer with --host-timeout"
        busy = Diagnosis("its Dask worker has not come to it in time", remedy)
        return str(Failure(host, _words(address), None, (), busy))

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        told = event[1]
        if "joined" in told:
            scoop.logger.info("scoop: %s joined: %d workers on %s", told["joined"], told["workers"], told["name"])
            self._joined[told["joined"]].set()
        else:
            writing = asyncio.create_task(self._output.write(told["descriptor"], told["data"]))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)


async def recruit_from_dask(plan: Plan, cluster: Cluster, terms: Terms, lost: Callable[[str], None]) -> DaskCrew:
    """Start a station on every host of a Dask cluster; return when each has answered, or was given up.

    Parameters:
        plan: of the run.
        cluster: whose hosts these are.
        terms: what they need to join the run.
        lost: called, with the reason, for each host that leaves later, before the crew is dismissed.

    Raises TooFewHosts.
    """
    crew = DaskCrew(plan, cluster)
    try:
        await crew.recruit(terms, lost)
    except BaseException:
        await crew.dismiss(0)
        raise
    return crew


async def _outcome(future: Any, host: str, address: str) -> str:
    """Return how the station has ended, also if Dask says it."""
    try:
        return str(await future)
    except Exception as problem:
        said = tuple(in_words(problem).splitlines()[-_MOST_SAID:])
        return str(Failure(host, _words(address), 1, said, diagnose(host, "python", 1, said)))


async def _watch(ended: asyncio.Task[str], lost: Callable[[str], None]) -> None:
    lost(await asyncio.shield(ended))


def _words(address: str) -> list[str]:
    return ["Dask", "task", "on", address]
