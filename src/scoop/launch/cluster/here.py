"""Which of the names of hosts is this machine's."""

import getpass
import os
import socket
from concurrent.futures import ThreadPoolExecutor

from .hosts import Host

__all__ = ["is_here", "own_names"]


def is_here(hosts: tuple[Host, ...], called: str | None) -> list[bool]:
    """Return, for each host, whether it is this machine.

    One with a port of its own, or with another user, is not: whoever writes that wants to go there by ssh.

    Parameters:
        called: what a batch system calls this machine, if it says so.
    """
    names = own_names() | ({called} if called else set())
    plain = [host.port is None and host.user in (None, _me()) for host in hosts]
    by_name = [ours and host.name in names for host, ours in zip(hosts, plain, strict=True)]
    if any(by_name):
        return by_name  # no name server needs to be asked, which may take long
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda host, ours: ours and _leads_here(host.name), hosts, plain))


def own_names() -> set[str]:
    """Return the names that need no name server: ours, in short and in full, and that of the loopback."""
    name = socket.gethostname()
    return {"localhost", "127.0.0.1", "::1", name, name.partition(".")[0]}


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in containers
        return str(os.getuid())


def _leads_here(name: str) -> bool:
    """Return whether the name has an address that is ours: one that a socket can be bound to."""
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
