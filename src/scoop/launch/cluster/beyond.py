"""The uplink of the origin's machine: what its process does, and where others reach it."""

import socket
import sys
from importlib.util import find_spec

from ...uplink.terms import Terms
from ..machine import ServeUplink
from ..program import CannotStart
from .calls import Plan

__all__ = ["new_uplink"]


def new_uplink(plan: Plan, size: int, name: str | None) -> ServeUplink:
    """Return what a process has to do to be the uplink of this machine.

    Parameters:
        plan: the other hosts.
        size: how many workers the run has, as far as is known.
        name: of this machine, by which the others reach it; None leaves it to us.

    Raises CannotStart where what it takes is not installed.
    """
    missing = [package for package in ("distributed", "cryptography") if find_spec(package) is None]
    if missing:
        raise CannotStart(f"runs on several hosts need {' and '.join(missing)}: pip install 'scoop[dask]'")
    host = name or _address_towards(plan.hosts[0].name)

    def serve(sock: socket.socket, number: int) -> None:
        import asyncio

        if not sys.flags.safe_path:
            sys.path.pop(0)  # the modules of the program: they may have names that we mean otherwise
        from ...uplink import center
        from .recruit import Crew, Failure, recruit

        async def recruit_all(terms: Terms, lost: center.Lost) -> Crew:
            def on_left(failure: Failure) -> None:
                lost(str(failure))

            return await recruit(plan, terms._replace(size=size), on_left)

        asyncio.run(center.serve(sock, number, host, recruit_all))

    return serve


def _address_towards(name: str) -> str:
    """Return the address by which a host reaches us: of the interface through which we would reach it."""
    for target in (name, "192.0.2.1"):  # where only ssh knows the name: the interface that leads to all the world
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(target, 9, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind, protocol) as sock:
                sock.connect(address)  # which sends nothing
                found: str = sock.getsockname()[0]
                return f"[{found}]" if ":" in found else found
        except OSError:
            continue
    return socket.gethostname()
