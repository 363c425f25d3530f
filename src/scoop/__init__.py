"""SCOOP: dynamic trees of tasks over all the processors you have.

    from scoop import futures
    results = list(futures.map(function, inputs))

Start the program with ``python -m scoop script.py``. In a program that is started as always, `scoop.Executor` is an
executor of ``concurrent.futures``, and `scoop.start()` gives a notebook or a console workers.
"""

# The layers. Each imports only those below it; `make check` sees to that. Start with docs/internals.md.
#
#   __main__.py    python -m scoop
#   -------------------------------------------------------------------------------------------------------------
#   cli/           the command line: commands (which one), hosts, join, submit, kernel, report, examples
#     parsing/     options and their help, completion, the man page
#     running/     command (a run of a program), plan, story, tracing, instruments
#     looking/     a look into a run: runs (which), top, stacks; info
#   -------------------------------------------------------------------------------------------------------------
#   joblib/        a backend for joblib        pool/    a pool as multiprocessing has them
#   -------------------------------------------------------------------------------------------------------------
#   executor.py    Executor: for programs that start as they always do    session.py   start() and stop()
#   -------------------------------------------------------------------------------------------------------------
#   cluster/       the machines of a run: coordinator, agent, membership (who is there)
#     starting/    agents on other hosts: how they start and answer, whether enough take part, why one does not
#     launchers/   the commands that start them, one file each: ssh, slurm, grid_engine, pbs, lsf, mpi, dask, ray
#     planning/    hosts, plan, invitation (what a host is told), files, job_scripts
#     agent_link   from another machine's broker to the coordinator
#     spreading/   large constants, which pass from machine to machine
#     asking       which machines are asked for tasks
#     lines/       transport (TLS), session and connection (which outlast a line), entrance (of strangers)
#     pool, pool_plan   the workers of an executor, here or on several hosts
#   -------------------------------------------------------------------------------------------------------------
#   machine/       one machine: cores, program (the script as __main__), guards, processes, worker_process, worker_end
#     pool, fresh_interpreter, running_program   the workers of an executor
#     measuring, counting, many_tasks, profiling, memory_peaks   what --progress and --profile have each process do
#   -------------------------------------------------------------------------------------------------------------
#   __init__.pyi   what type checkers see of scoop; of its calls: engine/results/signatures, maps/signatures
#   trace/         --trace, trace=: recorder (an instrument), run, lines, briefly; recording, settings, start;
#                  takers (of the records): file; spans/ for --otel
#   -------------------------------------------------------------------------------------------------------------
#   futures.py     submit, map, wait ...       shared.py  constants       _types.py  the name of Future
#   randomness.py  random, rng, seed           current_task.py  task()
#   -------------------------------------------------------------------------------------------------------------
#   maps/          map, reduce, scan: map_in_progress, running_slice, stolen_chunk, steal_policy, iterators
#                  what the consumer gets: presentation, tolerant_rows
#                  the calls of an executor: call_queue, calls_in_flight, stopped_calls
#                  asyncio: async_results, coroutine_map
#   ---------------------------------------------------+---------------------------------------------------------
#   engine/        one process that runs tasks         |  broker/   one process that passes tasks on
#     scheduler    what runs next                      |    state           what is to be done, pure
#     waiting      how a caller waits                  |    server          sockets and processes around it
#     receiver     the I/O thread, which gets messages |    task_table      where each task is
#     runtime      the scheduler that the calls use    |    peers           which workers are idle, or asked
#     constants    this process's copies of constants  |    uplink, credit, supply   between machines
#     listening, process_report   what instruments     |    constant_table  which constants are set
#                  and users who look in are told      |    resources       what tasks have, and wait for
#     stealing/    between workers: steal requests,    |    processes       how they start, and end
#                  inbox, results that go back         |    orphans         what tasks have started
#     loops/       asyncio: who awaits, async def tasks|    standing        which of them stand still
#     offers/      what is ready, what is given away,  |    half_messages   the rest of which does not come
#                  what depends on other tasks         |    roll_call       who has made a call of all's
#     results/     futures, their states and watchers  |    task_watch      tasks that may take only so much
#     tasks/       a task, its place, options, cost    |    overruns        the end of their workers
#     threads/     fibers, helper threads, idleness,   |    askers, looks   who looks into the run
#                  locks that tasks hold, deadlocks    |    own_processes, stacks_text   what they see
#     travel/      what has changed since the import   |
#                  and goes along with a function      |
#     process/     broker client, signals, logging     |
#   ---------------------------------------------------+---------------------------------------------------------
#   wire/          messages, codec (pickling), main_module, exceptions, methods, shared_buffers, status_page, sockets,
#                  wrapper, function_wrappers (what stands around functions), memory, fields and notes (of messages),
#                  main_classes (what the program has changed in them), batches, looks (what is seen of a run)
#   -------------------------------------------------------------------------------------------------------------
#   report/        scoop report: reading, task_lines, tasks (by columns), clocks, pieces (of stacks), families,
#                  own_time, critical_path, workers, functions, advice, summary, timeline, text, page
#   -------------------------------------------------------------------------------------------------------------
#   progress/      loops, terminal, display, estimate: how far loops and the run are, and who shows it
#   -------------------------------------------------------------------------------------------------------------
#   errors.py      all exceptions of SCOOP's own         tuning.py   all measured compromises      log.py, identity.py
#
# Most tasks never leave engine/: they are put in a table, taken out, and called.

TYPE_CHECKING = False  # type checkers know it by this name
if TYPE_CHECKING:  # nothing is imported before it is asked for: `import scoop` costs nothing
    import logging
    from typing import Any

    from .identity import BrokerInfo, WorkerName

    logger: logging.Logger
    """For the program: under SCOOP, what is logged here from INFO on is printed on stderr, also by workers."""

__all__ = ["BROKER", "DEBUG", "IS_ORIGIN", "IS_RUNNING", "SIZE", "BrokerInfo", "WorkerName", "logger", "worker"]

IS_RUNNING: bool = False
"""Whether the program was started with SCOOP, so that there are workers."""

IS_ORIGIN: bool = True
"""Whether this process runs the main program: so it is, too, where the program was started without SCOOP."""

DEBUG: bool = False
"""Whether debug mode is on (``--debug``)."""

BROKER: "BrokerInfo | None" = None
"""This machine's broker; None where SCOOP is not running."""

worker: "WorkerName | None" = None
"""This worker's name and its broker's; None where SCOOP is not running."""

SIZE: int = 1
"""How many workers the program has: as many as are there, once all hosts have answered. See also scoop.hosts()."""

__version__ = "1.0.0"


_HOMES = {
    "BrokerInfo": "identity",
    "Executor": "executor",
    "Host": "engine.offers.host_table",
    "Pool": "pool.pool",
    "WorkerName": "identity",
    "hosts": "engine.offers.host_table",
    "random": "randomness",
    "rng": "randomness",
    "seed": "randomness",
    "start": "session",
    "stop": "session",
    "task": "current_task",
}
"""Names that are imported when they are first asked for, and from where."""


def __getattr__(name: str) -> "Any":
    from importlib import import_module

    if name in ("futures", "joblib", "shared"):  # so that `import scoop` is enough
        return import_module(f"scoop.{name}")
    if name in _HOMES:
        return getattr(import_module(f"scoop.{_HOMES[name]}"), name)
    if name == "logger":
        from logging import getLogger

        return getLogger("scoop")
    if name in ("map", "mapReduce", "map_as_completed", "submit", "wait"):
        text = f"scoop has no {name}: it is scoop.futures.{name}"
        raise AttributeError(text, name=name, obj=None)  # so that Python suggests nothing else
    raise AttributeError(f"module 'scoop' has no attribute {name!r}")
