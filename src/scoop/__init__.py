"""SCOOP: dynamic trees of tasks over all the processors you have.

    from scoop import futures
    results = list(futures.map(function, inputs))

Start the program with ``python -m scoop script.py``. In a program that is started as always, `scoop.Executor` is an
executor of ``concurrent.futures``, and `scoop.start()` gives a notebook or a console workers.
"""

# The house. Each layer imports only those below it; `make check` sees to that. Start with docs/internals.md.
#
#   __main__.py    python -m scoop
#   -------------------------------------------------------------------------------------------------------------
#   cli/           the command line: command (run a program), options, plan, hosts, join
#   -------------------------------------------------------------------------------------------------------------
#   cluster/       the machines of a run: coordinator, agent, links, transport, plan, hosts, files
#     launchers/   how agents are started, one file each: ssh, slurm, grid_engine, pbs, lsf, dask
#   -------------------------------------------------------------------------------------------------------------
#   joblib/        a backend for joblib        pool/    a pool as multiprocessing has them
#   -------------------------------------------------------------------------------------------------------------
#   executor.py    Executor: for programs that start as they always do    session.py   start() and stop()
#   -------------------------------------------------------------------------------------------------------------
#   machine/       one machine: cores, program (the script as __main__), guards, processes, worker_process, worker_end
#     pool, fresh_interpreter, running_program   the workers of an executor
#   -------------------------------------------------------------------------------------------------------------
#   futures.py     submit, map, wait ...       shared.py  constants       _types.py  the name of Future
#   -------------------------------------------------------------------------------------------------------------
#   maps/          map, reduce, scan: map_in_progress, running_slice, stolen_chunk, steal_policy, iterators
#                  the calls of an executor: call_queue, calls_in_flight
#   -----------------------------------------------------+-------------------------------------------------------
#   engine/        one process that runs tasks           |  broker/   one process that passes tasks on
#     scheduler    what runs next                        |    state           what is to be done, pure
#     future, states   a task's states and outcome       |    server          sockets and processes around it
#     ready_table  what is on offer                      |    task_table      where each task is
#     stealing, outbox     what is given away            |    peers           which workers are idle, or asked
#     inbox, result_sender   what is run for others      |    uplink          what goes to other machines
#     waiting, blocking, fibers   how a caller waits     |    constant_table  which constants are set
#     idle, helper_threads   what threads do meanwhile   |    processes       how they start, and end
#     broker_client, receiver   the I/O thread           |    orphans         what tasks have started
#     task_context, module_paths   what goes with a task |    standing        which of them stand still
#     global_names, main_globals, received_changes,      |    half_messages   the rest of which does not come
#     reloads      what has changed since the import     |
#     obstacles, unasked   what is said of failures      |
#     own_thread, standstill   tasks that hold locks     |
#     program_settings, forwarding, notices   log, warn  |
#     call_future, executor_tasks   executors' futures   |
#   -----------------------------------------------------+-------------------------------------------------------
#   wire/          messages, codec (pickling), main_module, exceptions, methods, shared_buffers, status_page, sockets
#   -------------------------------------------------------------------------------------------------------------
#   errors.py      all exceptions of SCOOP's own         tuning.py   all measured compromises      log.py
#
# Most tasks never leave engine/: they are put in a table, taken out, and called.

import logging
from importlib import import_module
from typing import Any, NamedTuple

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

IS_ORIGIN: bool = True
"""Whether this process runs the main program: so it is, too, where the program was started without SCOOP."""

DEBUG: bool = False
"""Whether debug mode is on (``--debug``)."""

BROKER: BrokerInfo | None = None
"""This machine's broker; None where SCOOP is not running."""

worker: WorkerName | None = None
"""This worker's name and its broker's; None where SCOOP is not running."""

SIZE: int = 1
"""How many workers the run has."""

logger = logging.getLogger("scoop")
"""For the program: under SCOOP, what is logged here from INFO on is printed on standard error, from any worker."""

__version__ = "1.0.0"


_HOMES = {"Executor": "executor", "Pool": "pool.pool", "start": "session", "stop": "session"}
"""Names that are imported when they are first asked for, and from where."""


def __getattr__(name: str) -> Any:
    if name in ("futures", "joblib", "shared"):  # so that `import scoop` is enough, and imports nothing else
        return import_module(f"scoop.{name}")
    if name in _HOMES:
        return getattr(import_module(f"scoop.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'scoop' has no attribute {name!r}")
