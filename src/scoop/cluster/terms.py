"""The terms of a run: what a machine must know to join it. Secret."""

from typing import NamedTuple

__all__ = ["Terms"]


class Terms(NamedTuple):
    """Where the run is, and what proves that a machine belongs to it.

    Parameters:
        run: the name of the run.
        address: of the coordinator, ``tls://host:port``.
        certificate: PEM, with its private key.
        authority: PEM of the authority whose certificates are to be trusted.
        size: how many workers the run has, as far as is known.
    """

    run: str
    address: str
    certificate: str
    authority: str
    size: int = 0
