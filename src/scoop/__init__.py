"""SCOOP: dynamic trees of tasks over all the processors you have.

    from scoop import futures
    results = list(futures.map(function, inputs))

Start the program with ``python -m scoop script.py``.
"""

# The house. Each floor uses only those below it, and `make check` holds it to that.
#
#     __main__.py   python -m scoop
#     ------------------------------------------------------------------------------------------------------
#     cli/          the command line: start a run, join one, show hosts
#     ------------------------------------------------------------------------------------------------------
#     cluster/      the hosts of a run: found, allotted, reached; the agent that runs on each
#       launchers/    ssh, Slurm, Grid Engine, PBS, LSF, Dask: their hosts and their commands, pure
#     ------------------------------------------------------------------------------------------------------
#     machine/      one machine: its processors, the program as __main__, the broker and the processes it forks
#     ------------------------------------------------------------------------------------------------------
#     futures.py    the calls people use       shared.py  constants       _types.py  the name of Future
#     ------------------------------------------------------------------------------------------------------
#     patterns/     map, reduce, scan: many inputs,  |     uplink/   the link to other machines
#                   made of sweeps and tasks         |       exchange  the books of the whole run
#     ------------------------------------------------------------------------------------------------------
#     engine/       one process that runs tasks      |     broker/   one process that passes them on
#       scheduler     what runs next                 |       ledger    the books: events in, instructions out
#       hub           greenlets: who waits, who runs |       loop      sockets around the books
#       giving        what is given away, and when   |       obituary  how a worker died, and what to do
#       future, waiting, exports, imports, link ...  |
#       sweep, slice, mapper: a map that splits      |
#     ------------------------------------------------------------------------------------------------------
#     wire/         messages, pickling, large buffers, shared memory
#     ------------------------------------------------------------------------------------------------------
#     errors.py     every exception of ours, their tree drawn
#
# Most tasks never leave the floor of engine/: they are put in a table, taken out, and called.

import logging
from typing import NamedTuple

__all__ = ["BROKER", "DEBUG", "IS_ORIGIN", "IS_RUNNING", "SIZE", "BrokerInfo", "WorkerName", "logger", "worker"]


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


IS_RUNNING: bool = False
"""Whether the program was started with SCOOP, so that there are workers."""

IS_ORIGIN: bool = False
"""Whether this process runs the main program."""

DEBUG: bool = False
"""Whether debug mode is on (``--debug``)."""

BROKER: BrokerInfo | None = None
"""This machine's broker; None where SCOOP is not running."""

worker: WorkerName | None = None
"""This worker's name and its broker's; None where SCOOP is not running."""

SIZE: int = 1
"""How many workers the run has, the origin included."""

logger = logging.getLogger("scoop")
