"""The processes of one machine: its broker, and what that forks.

    origin  ──fork──> broker ──fork──> watchdog, worker 1 ... n-1, and, where the run has other hosts, the uplink
    station ──fork──> uplink ──fork──> broker ──fork──> worker 1 ... n

All of them are forked from a process that has loaded SCOOP and nothing of the user's, and has one thread: so a
worker costs a millisecond, and none inherits what it should not have.
"""

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import scoop

from ..engine.limits import Limits
from ..engine.process import close_all_but, keep_memory, serve
from ..wire.board import Board, new_board
from .lifelines import die_with_parent, start_watchdog
from .promptness import be_prompt

if TYPE_CHECKING:
    from ..uplink.terms import Terms

__all__ = ["Machine", "be_broker", "become_machine", "name_process"]

ServeUplink = Callable[[socket.socket, int], None]
"""Is the uplink of the origin's machine, given its socket to the broker, and its number there."""


class Machine(NamedTuple):
    """One machine of a run.

    Parameters:
        workers: how many it has, the origin included unless that is spared.
        size: how many the run has.
        limits: of its workers.
        import_main: what a worker begins with.
        serve_uplink: is the uplink, where the origin's machine needs one.
        is_far: whether the origin is on another machine. Then it is the uplink that the broker serves.
    """

    workers: int
    size: int
    limits: Limits
    import_main: Callable[[], None]
    serve_uplink: ServeUplink | None = None
    is_far: bool = False


def be_broker(machine: Machine, board: Board, master: socket.socket) -> NoReturn:
    """Be the broker of this machine until the origin, or on a far machine the uplink, hangs up."""
    from ..broker.loop import Broker

    status = 1
    try:
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)  # standard input is the program's alone
        close_all_but(master.fileno())
        _leave_signals_to_origin()
        descriptors = _as_many_descriptors_as_allowed()
        watchdog = start_watchdog(os.getppid())
        be_prompt()
        keep_memory()
        broker_pid = os.getpid()

        def fork(child: Callable[[socket.socket], None]) -> tuple[int, socket.socket]:
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
                    close_all_but(theirs.fileno())  # first: there may be no descriptor left for anything else
                    die_with_parent(broker_pid)
                    resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)
                    child(theirs)
                finally:
                    os._exit(1)

        def be_worker(number: int, sock: socket.socket) -> None:
            name_process(number, machine.size, broker_pid, number == 0)
            serve(number, machine.size, board, sock, machine.import_main, machine.limits)

        def be_uplink(number: int, sock: socket.socket) -> None:
            assert machine.serve_uplink is not None
            try:
                machine.serve_uplink(sock, number)
                os._exit(0)
            except BaseException:  # of a worker the ledger tells; of this one nobody would
                sys.excepthook(*sys.exc_info())

        Broker(
            master,
            machine.workers,
            board,
            lambda number: fork(lambda sock: be_worker(number, sock)),
            machine.limits.retries,
            machine.limits.spare,
            (lambda number: fork(lambda sock: be_uplink(number, sock))) if machine.serve_uplink else None,
            machine.is_far,
        ).serve()
        if watchdog is not None:
            os.kill(watchdog, signal.SIGKILL)
            os.waitpid(watchdog, 0)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def become_machine(terms: "Terms", workers: int, limits: Limits, import_main: Callable[[], None]) -> None:
    """Be a machine of the run whose terms these are, until the run ends."""
    import asyncio

    from ..uplink import outpost

    # All workers are this machine's own: there is no origin that could be spared.
    machine = Machine(workers, terms.size, limits._replace(spare=True), import_main, is_far=True)
    board = new_board()
    here, there = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        here.close()
        be_broker(machine, board, there)
    there.close()
    try:
        asyncio.run(outpost.serve(here, terms))
    finally:
        here.close()
        os.waitpid(pid, 0)


def name_process(number: int, size: int, broker_pid: int, is_origin: bool) -> None:
    """Fill in the constants that tell a program where it is."""
    hostname = socket.gethostname()
    scoop.IS_RUNNING = True
    scoop.IS_ORIGIN = is_origin
    scoop.SIZE = size
    scoop.worker = scoop.WorkerName(f"{hostname}:{number}", f"{hostname}:{broker_pid}")
    scoop.BROKER = scoop.BrokerInfo(hostname, None, None, hostname)


def _leave_signals_to_origin() -> None:
    """Let the broker outlive what is meant for the program, and sent to all: the program's end is its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM, *_USER_SIGNALS):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who started us may have ignored it; we must know how workers end
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


_USER_SIGNALS = (signal.SIGUSR1, signal.SIGUSR2)


def _as_many_descriptors_as_allowed() -> tuple[int, int]:
    """Let the broker have a socket for each of many workers; return the limits as they were."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    except (OSError, ValueError):
        pass  # then as many as there are
    return before
