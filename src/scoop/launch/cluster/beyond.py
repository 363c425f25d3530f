"""The uplink of the origin's machine: what its process does, and where others reach it."""

import socket
import sys
from collections.abc import Awaitable
from importlib.util import find_spec

from ...uplink.terms import Terms
from ..machine import ServeUplink
from ..program import CannotStart
from .calls import Plan

__all__ = ["new_uplink"]

_WORLD = "192.0.2.1"
"""An address that is nobody's: it lies where most of the world does."""


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
    first = plan.cluster.host if plan.cluster else plan.hosts[0].name if plan.hosts else _WORLD
    host = name or _address_towards(first)

    def serve(sock: socket.socket, number: int) -> None:
        import asyncio

        if not sys.flags.safe_path:
            sys.path.pop(0)  # the modules of the program: they may have names that we mean otherwise
        from ...uplink import center
        from .gather import gather

        def recruit(terms: Terms, lost: center.Lost) -> Awaitable[center.Crew]:
            return gather(plan, terms._replace(size=size), lost)

        asyncio.run(center.serve(sock, number, host, recruit))

    return serve


def _address_towards(name: str) -> str:
    """Return the address by which a host reaches us: of the interface through which we would reach it."""
    for target in (name, _WORLD):  # where only ssh knows the name: the interface that leads to all the world
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(target, 9, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind, protocol) as sock:
                sock.connect(address)  # which sends nothing
                found: str = sock.getsockname()[0]
                return f"[{found}]" if ":" in found else found
        except OSError:
            continue
    return socket.gethostname()
