"""The types of ``scoop.worker`` and ``scoop.BROKER``, and where SCOOP's own code lies."""

from os.path import dirname, join
from typing import NamedTuple

__all__ = ["OWN_FOLDER", "BrokerInfo", "WorkerName"]

OWN_FOLDER = join(dirname(__file__), "")
"""The folder of this package, with a separator at its end."""


class BrokerInfo(NamedTuple):
    """Where the broker is. The ports are None where nothing listens, as in every run on one machine."""

    hostname: str
    task_port: int | None
    info_port: int | None
    externalHostname: str


class WorkerName(NamedTuple):
    """The name of a worker, unique in the run, and of its broker."""

    worker: str
    broker: str
