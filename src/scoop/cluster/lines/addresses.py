"""By which addresses other machines may reach this one."""

import socket
from collections.abc import Sequence
from contextlib import suppress

__all__ = ["FAR_AWAY", "address_towards", "addresses_here"]

FAR_AWAY = "192.0.2.1"  # an address that no machine has: the way there begins as that to most of the world does


def address_towards(*names: str) -> str:
    """Return the address of this machine on the way to the first of these that has one; else its name."""
    return next(iter(_found(names)), socket.gethostname())


def addresses_here(*names: str) -> list[str]:
    """Return the different addresses of this machine on the ways to these, and its name."""
    return list(dict.fromkeys([*_found(names), socket.gethostname()]))


def _found(names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        with suppress(OSError):
            family, kind, protocol, _, address = socket.getaddrinfo(name, 9, type=socket.SOCK_DGRAM)[0]
            with socket.socket(family, kind, protocol) as sock:
                sock.connect(address)  # which sends nothing
                here: str = sock.getsockname()[0]
                found.append(f"[{here}]" if ":" in here else here)
    return found
