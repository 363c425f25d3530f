"""All hosts of a run: started by a launcher, on a Dask cluster, or joining by an invitation; asyncio."""

import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.util import find_spec

from ..machine.processes import ServeUplink
from ..machine.program import CannotStart
from .agents import Agents
from .invitation import encode, post
from .plan import Plan
from .terms import Terms

__all__ = ["RunHosts", "new_uplink", "start_hosts"]

_FAR_AWAY = "192.0.2.1"
"""An address that no machine has. The way there begins as the way to most of the world does."""


def new_uplink(plan: Plan, size: int, name: str | None) -> ServeUplink:
    """Return a function that runs the uplink of the origin's machine, and with it the coordinator.

    Parameters:
        plan: the other hosts.
        size: how many workers the run has, as far as is known.
        name: of this machine, by which the others reach it; None to find an address of it.

    Raises CannotStart if packages that it needs are not installed.
    """
    missing = [package for package in ("distributed", "cryptography") if find_spec(package) is None]
    if missing:
        raise CannotStart(f"runs on several hosts need {' and '.join(missing)}: pip install 'scoop[dask]'")
    first = plan.cluster.host if plan.cluster else plan.hosts[0].name if plan.hosts else _FAR_AWAY
    host = name or _address_towards(first)

    def serve(sock: socket.socket, _number: int) -> None:
        import asyncio

        if not sys.flags.safe_path:
            sys.path.pop(0)  # the program's folder: a module there could have the name of one that we import
        from . import coordinator
        from .dask_transport import DaskTransport

        def recruit(terms: Terms, lost: coordinator.HostLost) -> Awaitable[coordinator.Recruits]:
            return start_hosts(plan, terms._replace(size=size), lost)

        asyncio.run(coordinator.serve(sock, host, recruit, DaskTransport()))

    return serve


def _address_towards(name: str) -> str:
    """Return the address of this machine on the interface that leads to the host."""
    for target in (name, _FAR_AWAY):  # the second if only ssh knows the host's name
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(target, 9, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind, protocol) as sock:
                sock.connect(address)  # which sends nothing
                found: str = sock.getsockname()[0]
                return f"[{found}]" if ":" in found else found
        except OSError:
            continue
    return socket.gethostname()


class RunHosts:
    """The hosts of a run, and what must be done when it ends.

    Parameters:
        hosts: how many take part; None if others may join at any time.
        ending: what must be done.
    """

    def __init__(self, hosts: int | None, ending: AsyncExitStack) -> None:
        self.hosts = hosts
        self._ending = ending

    async def dismiss(self) -> None:
        """End all agents, now that the run has ended, and remove the invitation's file."""
        await self._ending.aclose()


async def start_hosts(plan: Plan, terms: Terms, lost: Callable[[str], None]) -> RunHosts:
    """Start an agent on all hosts of the plan; return when each has answered or failed.

    Parameters:
        plan: the hosts.
        terms: what the agents need to join the run.
        lost: called, with the reason, for each host that leaves.

    Raises TooFewHosts, or OSError or HostsError if the invitation's file cannot be written; then it leaves nothing.
    """
    async with AsyncExitStack() as ending:
        if plan.invite is not None:
            ending.callback(post(plan.invite, encode(plan.invitation._replace(terms=terms, workers={}))))
        if plan.cluster is not None:
            from .dask_agents import DaskAgents

            agents: DaskAgents | Agents = DaskAgents(plan, plan.cluster, lost)
        else:
            agents = Agents(plan, lambda failure: lost(str(failure)))
        ending.push_async_callback(agents.end)
        await agents.start(terms)
        return RunHosts(None if plan.invite is not None else agents.hosts, ending.pop_all())
    raise AssertionError("unreachable: the stack suppresses no exception")
