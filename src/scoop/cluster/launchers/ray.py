"""Ray: the address of a cluster, as people write it."""

import re

from ..planning.hosts import HostsError
from . import Cluster, Environment

__all__ = ["ray_cluster"]

_PLACE = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\]):(?P<port>\d{1,5})", re.ASCII)


def ray_cluster(text: str, insecure: bool, environ: Environment) -> Cluster | None:
    """Return the cluster that ``text`` names: ``ray:auto``, ``ray:head:6379`` or ``ray://head:10001``.

    Return None if it names none of Ray's. Raises HostsError.

    The first two need a node of the cluster on this machine. Then all machines of the run belong to the cluster, and
    Ray lets whoever reaches its ports run code on them. The third also leads to a cluster elsewhere. The invitation
    that goes there holds the private key of the run. So without TLS that is refused, unless the user says that the
    network is safe (``insecure``).
    """
    if not text.startswith("ray:"):
        return None
    is_client = text.startswith("ray://")
    address = text if is_client else text.removeprefix("ray:")
    if address == "auto":
        return Cluster("Ray", address)
    place = _PLACE.fullmatch(address.removeprefix("ray://"))
    if not place or not 0 < int(place["port"]) < 65536:
        raise HostsError(
            f"--connect {text}: this is no Ray cluster, such as ray:auto, ray:head:6379, ray://head:10001"
        )
    if is_client and not insecure and environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        raise HostsError(
            f"--connect {text}: Ray goes without TLS here, so the private key of the run would travel in clear, and "
            "anyone who reads it can run code on all machines of the run. Set up Ray's TLS (RAY_USE_TLS), or add "
            "--insecure if the network is safe"
        )
    return Cluster("Ray", address, place["host"].strip("[]"))
