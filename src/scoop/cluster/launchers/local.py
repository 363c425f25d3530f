"""This machine: the hosts of a run without any, and which of the names of hosts mean this machine; not pure."""

import getpass
import os
import socket
from concurrent.futures import ThreadPoolExecutor

from ..planning.hosts import Host
from . import Allocation

__all__ = ["HERE", "is_here"]

HERE = Allocation("this machine", (Host("localhost"),))


def is_here(hosts: tuple[Host, ...], called: str | None) -> list[bool]:
    """Return, for each host, whether it is this machine, which the batch system calls ``called``, if it tells that.

    A host with a port, or with another user, is not: people who write that want ssh to log in there.
    """
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # containers have users without a name
        user = str(os.getuid())
    ours = socket.gethostname()
    names = {"localhost", "127.0.0.1", "::1", ours, ours.partition(".")[0], called}
    plain = [host.port is None and host.user in (None, user) for host in hosts]
    by_name = [is_plain and host.name in names for host, is_plain in zip(hosts, plain, strict=True)]
    if any(by_name):
        return by_name  # so that no name server is asked, which can take long
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda host, is_plain: is_plain and _leads_here(host.name), hosts, plain))


def _leads_here(name: str) -> bool:
    """Return whether the name has an address of this machine: one that a socket can be bound to."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as sock:
                sock.bind(address)
                return True
        except OSError:
            continue
    return False
