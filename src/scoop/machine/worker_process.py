"""What makes a process a worker: its scheduler and its socket to the broker, before any program code runs."""

import faulthandler
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from io import TextIOWrapper
from math import inf
from time import monotonic
from typing import NoReturn

from ..engine import runtime
from ..engine.offers.host_table import HostTable, set_table, table_of
from ..engine.process.broker_client import BrokerClient
from ..engine.process.forwarding import forward_records, forward_warnings
from ..engine.process.limits import Identity, Limits
from ..engine.process.process_settings import note_process
from ..engine.process.program_settings import follow_filters
from ..engine.process.signal_guard import guard_signals
from ..engine.process.tracebacks import format_error
from ..engine.scheduler import Scheduler
from ..engine.stealing.recycling import Recycling, flush_streams
from ..engine.threads.program_waits import ProgramWaits
from ..engine.threads.standstill import Standstill
from ..engine.travel.module_paths import note_start
from ..engine.travel.reloads import note_reloads
from ..errors import BrokenExecutor, UnguardedMainError
from ..tuning import TUNING
from ..wire.messages import StartFailed, StartProblem
from ..wire.methods import pickle_methods_exactly
from ..wire.status_page import StatusPage
from .authkey import share_authkey
from .connection import connect
from .initializer import call_by_name, call_in_worker
from .measuring import measure
from .worker_end import WorkerEnd

__all__ = ["become_worker", "keep_freed_memory", "serve"]

_UNGUARDED = (
    "futures were used while a worker was importing the main script. Workers import it to find its functions; "
    'what starts the work belongs under `if __name__ == "__main__":`'
)


def become_worker(
    identity: Identity,
    page: StatusPage,
    sock: socket.socket,
    on_end: Callable[[bool], None],
    limits: Limits,
    hosts: HostTable | None = None,
) -> tuple[Scheduler, BrokerClient]:
    """Make this process a worker: connect it and listen. Called on the main thread."""
    keep_freed_memory()
    note_start()
    if identity.is_origin:
        note_reloads()
        note_process()
    pickle_methods_exactly()
    if limits.authkey:
        share_authkey(bytes.fromhex(limits.authkey))
    connection = connect(identity, page, sock, on_end, limits)
    scheduler, runtime.constants, client, runtime.changes = connection
    if hosts is not None:
        set_table(scheduler, hosts)  # before the first notice comes: each tells only what has changed
    fibers = scheduler.fibers_here()
    assert fibers is not None
    standstill = Standstill(fibers, lambda: [*scheduler.waits], scheduler.has_work, monotonic)
    connection.listen(standstill.look, _watch_program(scheduler) if identity.is_origin else None)

    def leave_run_in_child() -> None:
        connection.abandon()
        runtime.leave_all()
        runtime.is_child = True

    os.register_at_fork(after_in_child=leave_run_in_child)
    return scheduler, client


def _watch_program(scheduler: Scheduler) -> ProgramWaits:
    def is_due() -> bool:
        return not scheduler.leaves_tasks and not scheduler.is_spared and scheduler.has_work()

    def patience() -> float:
        table = table_of(scheduler)
        if not table.has_others:
            return TUNING.program_patience_seconds
        return inf if table.workers > 1 else TUNING.hosts_patience_seconds

    return ProgramWaits(scheduler.helpers, is_due, patience, monotonic)


def keep_freed_memory() -> None:
    """Have the C library keep some memory that was freed: a page taken anew from the system can cost 3 us.

    It adapts to the largest block that was freed; this one it never touches. So lists of 100,000 results that come
    and go fault no pages: a seventh of the time of a map of small calls.
    """
    try:
        bytes(4 << 20)
    except MemoryError:
        pass  # then there is none to be kept


def serve(
    identity: Identity, page: StatusPage, sock: socket.socket, import_main: Callable[[], None], limits: Limits
) -> NoReturn:
    """Be a worker that is not the origin, until the broker hangs up."""
    _set_up_signals()
    # By lines, so that those of different workers do not mix, and what a task printed is out before its result.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(line_buffering=True, write_through=False)
    end = WorkerEnd(lambda: page.set_ending(identity.worker))
    scheduler, client = become_worker(identity, page, sock, end.hung_up, limits)
    guard_signals(is_origin=False)
    runtime.refusal = UnguardedMainError(_UNGUARDED)
    follow_filters()
    forward_warnings(client.send, client.is_connected)
    measure(scheduler, identity, limits, page, client.send)
    try:
        import_main()
        if limits.initializer:
            call_in_worker(call_by_name, limits.initializer)
    except BaseException as error:
        client.send(_why_not_started(error))
        while True:
            signal.pause()  # the run ends when the program hears of it; until then this worker takes no work
    runtime.refusal = None
    forward_warnings(client.send, client.is_connected)  # the script may have set something else in its place
    forward_records(client.send, client.is_connected)
    scheduler.between_tasks = Recycling(scheduler, client.send, client.flush, end.leave)
    runtime.current = scheduler
    if limits.trace:
        from ..trace.start import record_in_worker

        record_in_worker(scheduler, client.send, limits.trace)
    status = 0  # of the child of a task that forks, when it comes back here; a worker does not
    try:
        scheduler.run_forever()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        status = 1
        sys.stderr.write(format_error(error))
    finally:
        flush_streams()
        os._exit(status)


def _why_not_started(error: BaseException) -> StartFailed:
    if isinstance(error, BrokenExecutor):
        return StartFailed(StartProblem.INITIALIZER_FAILED, False, False, str(error))
    problem = StartProblem.UNGUARDED if isinstance(error, UnguardedMainError) else StartProblem.IMPORT_FAILED
    text = f"a worker could not import the main script:\n\n{format_error(error)}"
    return StartFailed(problem, False, False, text)


def _set_up_signals() -> None:
    # A terminal's Ctrl-C strikes all its processes at once, and the program decides whether the run ends. Nothing
    # begins here before that is known.
    signal.signal(signal.SIGINT, lambda *_: time.sleep(TUNING.interrupt_ends_run_within_seconds))
    # These are the program's to handle. A handler, not SIG_IGN: programs that tasks start must not inherit that.
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    try:
        faulthandler.enable(all_threads=False)  # where a crash in compiled code was
    except (OSError, ValueError, RuntimeError, AttributeError):
        pass  # there is no standard error to say it on
