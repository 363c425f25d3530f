"""The coordinator's process: the uplink of the origin's machine, to which all other machines connect."""

import asyncio
import logging
import socket
import sys
from contextlib import AsyncExitStack
from importlib.util import find_spec
from math import inf

from ..broker.peers import Send
from ..machine.processes import ServeUplink
from ..machine.program import CannotStart
from ..tuning import TUNING
from ..wire.messages import StartFailed, StartProblem, Welcome
from .coordinator_state import HERE, CoordinatorState
from .launchers import Cluster
from .lines.addresses import FAR_AWAY, address_towards
from .lines.broker_link import BrokerLink
from .lines.reception import Reception
from .lines.transport import Connection, Terms
from .membership import Membership
from .planning.invitation import encode, post
from .planning.plan import Plan
from .spreading.sending import Sending
from .starting.agents import Agents, Machines
from .starting.cluster_agents import ClusterAgents, Events, nodes_of

__all__ = ["need_packages", "new_uplink"]

_log = logging.getLogger("scoop.run")


def new_uplink(plan: Plan, size: int, name: str | None) -> ServeUplink:
    """Return a function that runs the uplink of the origin's machine, and with it the coordinator.

    The run has ``size`` workers, as far as is known. Other machines reach this one by ``name``; None is to find an
    address of it. Raises CannotStart if packages that it needs are not installed.
    """
    need_packages(plan.cluster)
    first = plan.cluster.host if plan.cluster else plan.hosts[0].name if plan.hosts else ""
    host = name or address_towards(first or FAR_AWAY, FAR_AWAY)  # the second if only ssh knows the host's name

    def serve(sock: socket.socket) -> None:
        if not sys.flags.safe_path:
            sys.path.pop(0)  # the program's folder: a module there could have the name of one that we import
        asyncio.run(_serve(sock, host, plan, size))

    return serve


def need_packages(cluster: Cluster | None = None) -> None:
    """Raise CannotStart if packages that runs on several hosts, or on this cluster, need are not installed."""
    if find_spec("cryptography") is None:
        raise CannotStart("runs on several hosts need cryptography: pip install cryptography")
    if cluster is not None and cluster.kind == "Dask" and find_spec("distributed") is None:
        raise CannotStart("runs on a Dask cluster need distributed: pip install distributed")
    if cluster is not None and cluster.kind == "Ray" and find_spec("ray") is None:
        raise CannotStart("runs on a Ray cluster need ray, which is not there for every Python: pip install ray")


async def _serve(sock: socket.socket, host: str, plan: Plan, size: int) -> None:
    coordinator = _Coordinator(sock, plan.least, plan.reach.relay)
    reception = Reception(coordinator.take, plan.reach.silence, plan.reach.grace)
    terms = (await reception.open(host))._replace(size=size)
    having_hosts = asyncio.create_task(coordinator.have_hosts(plan, terms, reception))
    await coordinator.broker.ended.wait()
    reception.close()
    await coordinator.close()
    having_hosts.cancel()
    await asyncio.gather(having_hosts, return_exceptions=True)


class _Coordinator:
    """The state and the connections around it.

    ``sock`` leads to the broker of this machine. ``least``: so many other machines have to take part. ``relay``:
    machines may pass large data on to each other.
    """

    def __init__(self, sock: socket.socket, least: int, relay: bool) -> None:
        self.broker = BrokerLink(sock, lambda message: self._send(self._state.received(HERE, message)))
        self._membership = Membership(least)
        self._state = CoordinatorState(not self._membership.suffices)
        self._connections: dict[int, Connection] = {}
        self._sending = Sending(lambda machine, message: self._connections[machine].post(message), relay)
        self._next = HERE + 1
        self._hosts: int | None = None  # that take part, and have not left; None if others may join, or still might
        self._last_loss = ""
        self._tells_demand_soon = False
        self._look: asyncio.TimerHandle | None = None  # whether a machine still waits

    async def close(self) -> None:
        self._sending.close()
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))
        self.broker.close()

    async def have_hosts(self, plan: Plan, terms: Terms, machines: Machines) -> None:
        """Have an agent on all hosts of the plan, or an invitation for others, until this is cancelled."""
        self._send([])  # the broker may wait for a word
        try:
            async with AsyncExitStack() as ending:
                if plan.invite is not None:
                    ending.callback(post(plan.invite, encode(plan.invitation._replace(terms=terms, workers={}))))
                agents: ClusterAgents | Agents
                if plan.cluster is not None:
                    agents = ClusterAgents(
                        plan, nodes_of(plan.cluster), Events(self._host_came, machines.agent_ended, self._host_lost)
                    )
                else:
                    agents = Agents(plan, machines, self._host_lost)
                ending.push_async_callback(agents.end)
                hosts = await agents.start(terms)
                self._membership.least = min(plan.least, hosts)  # of a Dask cluster it was not known before
                self.broker.post(self._membership.answered(hosts))
                self._look_if_enough()
                self._hosts = None if plan.invite is not None else hosts
                self._give_up_if_alone()
                await asyncio.Event().wait()
        except Exception as problem:
            self.broker.post(StartFailed(StartProblem.HOSTS_MISSING, False, False, str(problem)))

    def _host_came(self) -> None:
        self.broker.post(self._membership.came())
        if self._hosts is not None:
            self._hosts += 1

    def _host_lost(self, why: object) -> None:
        _log.warning("scoop: %s", why)
        self._last_loss = str(why)
        notice = self._membership.failed()
        if self._membership.falls_short:
            self.broker.post(StartFailed(StartProblem.HOSTS_MISSING, False, False, str(why)))
            return
        self.broker.post(notice)
        if self._hosts is not None:
            self._hosts -= 1
            self._give_up_if_alone()

    async def take(self, connection: Connection, name: str, workers: int) -> None:
        """Have a machine in the run, until it leaves."""
        number, self._next = self._next, self._next + 1
        self._connections[number] = connection
        connection.post(Welcome(number))
        self._send(self._state.joined(number))
        self.broker.post(self._membership.joined(number, name, workers))
        self._look_if_enough()
        await self._listen(number, connection, name)
        del self._connections[number]
        self._sending.left(number)
        self.broker.post(self._membership.left(number))
        if not self.broker.ended.is_set():
            _log.warning("scoop: %s has left the run, or is lost; its tasks run elsewhere", name)
        self._last_loss = f"the machine {name} was lost while it had the task: it was switched off, cut off, or ended"
        self._send(self._state.left(number, self._last_loss))
        self._give_up_if_alone()

    async def _listen(self, number: int, connection: Connection, name: str) -> None:
        while (message := await connection.read()) is not None:
            try:
                if not self._sending.take(number, message):
                    self._send(self._state.received(number, message))
            except (ValueError, LookupError, AssertionError) as problem:
                _log.error(
                    "scoop: a message of %s makes no sense (%r); the connection to it is closed", name, problem
                )
                await connection.close()
                return
            if isinstance(message, StartFailed):
                self._give_up_if_alone()

    def _look_if_enough(self) -> None:
        """Let the run end from now on when all work has ended, if enough hosts take part."""
        self._state.awaits_hosts = not self._membership.suffices
        self._send([])

    def _give_up_if_alone(self) -> None:
        """Give up if no other machine can work, nor any is on its way."""
        if self._hosts is not None and self._hosts <= len(self._connections) and not self._state.can_go_on:
            self._hosts = None
            self._send(self._state.give_up(f"no other host is left: {self._last_loss}"))

    def _send(self, messages: list[Send]) -> None:
        for machine, message in messages:
            if machine == HERE:
                self.broker.post(message)
            elif machine in self._connections:
                self._sending.send(machine, message)
        if not self._tells_demand_soon:
            self._tells_demand_soon = True
            asyncio.get_running_loop().call_later(TUNING.tell_demand_after_seconds, self._tell_demand)

    def _tell_demand(self) -> None:
        self._tells_demand_soon = False
        loop = asyncio.get_running_loop()
        if messages := self._state.tell_demand(loop.time()):
            self._send(messages)
        if self._look is not None:
            self._look.cancel()
        self._look = loop.call_at(at, self._tell_demand) if (at := self._state.look_at) < inf else None
