"""Dask: the address of a cluster, as people write it or as a scheduler file names it."""

import ipaddress
import json

from ..planning.hosts import HostsError
from . import Cluster, ReadFile

__all__ = ["dask_cluster"]


def dask_cluster(text: str, insecure: bool, read: ReadFile) -> Cluster:
    """Return the cluster that ``text`` names: an address, or a scheduler file. Raises HostsError.

    The invitation that goes there holds the private key of the run: anyone who has it can run code on all machines of
    the run. So a cluster without TLS is refused, unless it is on this machine, or the user says that its network is
    safe (``insecure``).
    """
    address = text if "://" in text else _in_file(text, read)
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    host = host.strip("[]")
    if scheme not in ("tls", "tcp") or not host or not port.isdigit() or not 0 < int(port) < 65536:
        found = "" if address == text else f" has {address!r}, which"
        raise HostsError(f"--connect {text}:{found} is no Dask scheduler, such as tls://host:8786 or tcp://host:8786")
    if scheme == "tcp" and not (insecure or _is_loopback(host)):
        raise HostsError(
            f"--connect {text}: this cluster goes without TLS, so the private key of the run would travel in clear, "
            "and anyone who reads it can run code on all machines of the run. Start the cluster with TLS, or add "
            "--insecure if its network is safe"
        )
    return Cluster("Dask", address, host)


def _in_file(name: str, read: ReadFile) -> str:
    try:
        found = json.loads(read(name))["address"]
    except OSError as problem:
        raise HostsError(
            f"--connect {name}: neither an address, such as tls://host:8786, nor a scheduler file: {problem.strerror}"
        ) from None
    except (ValueError, TypeError, KeyError):
        raise HostsError(f"--connect {name}: this is no scheduler file: it does not name an address") from None
    if not isinstance(found, str):
        raise HostsError(f"--connect {name}: this is no scheduler file: its address is {found!r}")
    return found


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
