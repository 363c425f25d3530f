"""The processes of one machine: its broker, and the processes that the broker forks.

    origin  ──fork──> broker ──fork──> watchdog, worker 1 ... n, and, if the run has other hosts, the uplink
    agent   ──fork──> uplink ──fork──> broker ──fork──> worker 1 ... n
    program ──start─> broker ──fork──> worker 1 ... n          those of an executor: see fresh_interpreter.py

Each is forked from a process that has one thread, and has loaded SCOOP but nothing of the user's. So a worker starts
in a millisecond, and inherits nothing that it should not have.
"""

import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import NamedTuple, NoReturn

import scoop

from .. import log
from ..codes import with_code_of
from ..engine.process.limits import Identity, Limits
from ..errors import why_not_started
from ..wire.status_page import StatusPage, new_status_page
from .supervision import close_all_but, die_with_parent, start_watchdog
from .unseen_child import fork_unseen
from .worker_process import keep_freed_memory, serve

__all__ = ["Machine", "ServeUplink", "fork_broker", "name_process", "run_broker", "run_first_when_woken"]

ServeUplink = Callable[[socket.socket], None]
"""Runs the uplink of the origin's machine, given its socket to the broker."""


class Machine(NamedTuple):
    """One machine of a run."""

    workers: int  # how many it has; the origin is none of them, unless the run has no other
    size: int  # how many workers the run has
    limits: Limits
    import_main: Callable[[], None]  # imports the program in a worker
    serve_uplink: ServeUplink | None = None  # if the origin's machine needs one
    is_far: bool = False  # whether the origin is on another machine: then the broker's parent is the uplink
    needs_hosts: bool = False  # whether other machines must take part

    @property
    def runs_alone(self) -> bool:
        """Whether the program's process is the only worker."""
        return self.size == 1 and not self.limits.spare


def fork_broker(machine: Machine) -> tuple[int, StatusPage, socket.socket]:
    """Fork the broker of this machine; return its pid, the status page, and the socket whose end will end it.

    This process is its parent: the origin, whose program does not see it, or on a far machine the uplink. Raises
    OSError.
    """
    _load_futures()
    page = new_status_page()
    here, there = socket.socketpair()
    # Ctrl-C is for the program: it may strike neither process until the broker ignores it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    origin = os.getpid()
    pid = os.fork() if machine.is_far else fork_unseen()
    if pid == 0:
        here.close()
        run_broker(machine, page, there, origin)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    there.close()
    return pid, page, here


def run_broker(machine: Machine, page: StatusPage, parent: socket.socket, origin: int = 0) -> NoReturn:
    """Be the broker of a machine, until the other end of ``parent`` is closed; then end this process.

    ``origin``: the process to end if this one dies; 0 for none.
    """
    status = 1
    try:
        _load_futures()
        _serve(machine, page, parent, origin)
        status = 0
    except OSError as problem:  # of the system's limits, most likely
        sys.stderr.write(with_code_of(f"scoop: the broker cannot go on: {why_not_started(problem)}\n"))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _load_futures() -> None:
    """Load what each worker will ask for, before it is forked: so it is loaded once, and its memory is shared."""
    import_module("scoop.futures")


def _serve(machine: Machine, page: StatusPage, parent: socket.socket, origin: int) -> None:
    from ..broker.orphans import adopt_orphans, kill_orphans
    from ..broker.server import Broker, receive_welcome

    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)  # standard input belongs to the program
    close_all_but(parent.fileno())
    _ignore_signals()
    descriptor_limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:  # to have a socket for each of many workers
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor_limits[1], descriptor_limits[1]))
    except (OSError, ValueError):
        pass  # the lower limit may be enough
    watchdog = start_watchdog(origin) if origin else None
    adopt_orphans()
    run_first_when_woken()
    keep_freed_memory()
    number = receive_welcome(parent) if machine.is_far else 0
    if number is None:
        return  # the run has not taken this machine
    broker_pid = os.getpid()

    def run_worker(worker: int, sock: socket.socket) -> None:
        name_process(worker, machine.size, broker_pid, is_origin=False)
        identity = Identity(number, worker, machine.size, is_origin=False)
        serve(identity, page, sock, machine.import_main, machine.limits)

    def run_uplink(_: int, sock: socket.socket) -> None:
        assert machine.serve_uplink is not None
        run_first_when_woken()
        try:
            machine.serve_uplink(sock)
            os._exit(0)
        except BaseException:  # the broker reports how a worker died, but not how the uplink did
            sys.excepthook(*sys.exc_info())

    spawn_worker = partial(_spawn, run_worker, broker_pid, descriptor_limits)
    spawn_uplink = partial(_spawn, run_uplink, broker_pid, descriptor_limits) if machine.serve_uplink else None
    workers = 0 if machine.runs_alone else machine.workers
    limits = machine.limits
    Broker(parent, workers, page, spawn_worker, limits.retries, number, spawn_uplink, limits.resources).serve()
    if watchdog is not None:
        with suppress(ProcessLookupError, ChildProcessError):  # it ends with the origin, and may have been reaped
            os.kill(watchdog, signal.SIGKILL)
            os.waitpid(watchdog, 0)
    kill_orphans(())


def _spawn(
    run: Callable[[int, socket.socket], None], broker_pid: int, descriptor_limits: tuple[int, int], number: int
) -> tuple[int, socket.socket]:
    """Fork a child of the broker that has this number there; return its pid and the socket to it. Raises OSError."""
    from ..broker.askers import be_no_broker

    ours, theirs = socket.socketpair()
    with theirs:
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            raise
        if pid:
            return pid, ours
        try:
            be_no_broker()
            close_all_but(theirs.fileno())  # first, since the calls below may need a free descriptor
            die_with_parent(broker_pid)
            resource.setrlimit(resource.RLIMIT_NOFILE, descriptor_limits)
            run(number, theirs)
        finally:
            os._exit(1)


def name_process(number: int, size: int, broker_pid: int, is_origin: bool) -> None:
    """Fill in the constants of the ``scoop`` module by which a program learns which process runs it."""
    hostname = socket.gethostname()
    scoop.IS_RUNNING = True
    scoop.IS_ORIGIN = is_origin
    scoop.SIZE = size
    scoop.worker = scoop.WorkerName(f"{hostname}:{number}", f"{hostname}:{broker_pid}")
    log.name_worker(scoop.worker.worker)
    scoop.BROKER = scoop.BrokerInfo(hostname, None, None, hostname)


def _ignore_signals() -> None:
    """Ignore signals that terminals and batch systems send to all processes: the broker ends with the program."""
    for name in ("INT", "TERM", "HUP", "QUIT", "ALRM", "USR1", "USR2"):
        signal.signal(signal.Signals[f"SIG{name}"], signal.SIG_IGN)
    # Our parent may have ignored SIGCHLD, and then the system would not tell us how workers end.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


# -- who passes messages on runs first when woken -----------------------------------------------------------------
#
# Linux lets a process that was woken wait until the running process has used up its time slice, of about 3 ms, unless
# the woken process has asked for a shorter slice: then it runs first (since Linux 6.12, by the "EEVDF" scheduler).
# The broker needs about 20 us at a time, so it asks for the shortest slice. So do the coordinator and the links of
# other machines: a message between two machines passes through all of them. Any user may.

_SHORTEST_SLICE = 100_000  # nanoseconds: the least that Linux grants
_SCHED_SETATTR = {
    "x86_64": 314,
    "aarch64": 274,
    "riscv64": 274,
}  # the system call: Python has no name for it
_RESET_ON_FORK = 1  # children keep the long slice: workers compute for seconds

_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""Size, policy, flags, niceness, priority, runtime (the slice), deadline, period; see sched_setattr(2)."""


def run_first_when_woken() -> None:
    """Have this process, but not its children, run first when it is woken. Linux only."""
    number = _SCHED_SETATTR.get(os.uname().machine) if sys.platform == "linux" else None
    if number is None or os.sched_getscheduler(0) != os.SCHED_OTHER:  # the user has chosen another policy
        return
    import ctypes

    fields = (_ATTRIBUTES.size, os.SCHED_OTHER, _RESET_ON_FORK, os.nice(0), 0, _SHORTEST_SLICE, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, _ATTRIBUTES.pack(*fields), 0)  # kernels that lack it refuse; no harm done
