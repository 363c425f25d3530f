"""Bring up the processes of a run on this machine, and end them.

    launcher = origin ──fork──> broker ──fork──> worker 1 ... worker n-1

All of them are forked from a process that has loaded SCOOP and nothing of the user's, and has one thread: so a
worker costs a millisecond, and none inherits what it should not have.
"""

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

import scoop

from ..engine import runtime
from ..engine.limits import Limits
from ..engine.process import become_worker, close_all_but, serve
from ..wire.board import Board, new_board
from .interrupts import handle_interrupts
from .lifelines import die_with_parent, start_watchdog
from .program import Program

__all__ = ["start"]


def start(program: Program, size: int, limits: Limits) -> Callable[[], bool]:
    """Make this process the origin of a run with ``size`` workers; return what ends the run.

    That returns whether all threads of ours have ended: one that is deep in a task cannot.
    """
    board = new_board()
    here, there = socket.socketpair()
    # Ctrl-C is the program's: until the broker has said so, neither it nor we are to be struck.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    pid = os.fork()
    if pid == 0:
        here.close()
        _be_broker(program, size, board, there, limits)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    there.close()
    _name_process(0, size, pid)
    scheduler, link = become_worker(0, size, board, here, _broker_is_gone, limits)
    runtime.current = scheduler
    handle_interrupts(patient=program.kind == "session")
    owner = os.getpid()

    def end() -> bool:
        if os.getpid() != owner:
            return True  # a child that the program forked: the run is not its own
        scheduler.close()
        runtime.current = None
        link.close()
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            pass  # the program, or who started it, does not care for children: then the system buries them
        scoop.IS_RUNNING = False
        return scheduler.deputies.leave(1.0)

    return end


def _be_broker(program: Program, size: int, board: Board, origin: socket.socket, limits: Limits) -> NoReturn:
    """Be the broker of this machine until the origin hangs up."""
    from ..broker.loop import Broker

    status = 1
    try:
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)  # standard input is the program's alone
        close_all_but(origin.fileno())
        _leave_signals_to_origin()
        descriptors = _as_many_descriptors_as_allowed()
        watchdog = start_watchdog(os.getppid())
        broker_pid = os.getpid()

        def spawn(number: int) -> tuple[int, socket.socket]:
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
                    die_with_parent(broker_pid)
                    close_all_but(theirs.fileno())
                    resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)
                    _name_process(number, size, broker_pid)
                    serve(number, size, board, theirs, program.import_in_worker, limits)
                finally:
                    os._exit(1)

        Broker(origin, size, board, spawn, limits.retries, limits.spare).serve()
        if watchdog is not None:
            os.kill(watchdog, signal.SIGKILL)
            os.waitpid(watchdog, 0)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


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


def _name_process(number: int, size: int, broker_pid: int) -> None:
    """Fill in the constants that tell a program where it is."""
    hostname = socket.gethostname()
    scoop.IS_RUNNING = True
    scoop.IS_ORIGIN = number == 0
    scoop.SIZE = size
    scoop.worker = scoop.WorkerName(f"{hostname}:{number}", f"{hostname}:{broker_pid}")
    scoop.BROKER = scoop.BrokerInfo(hostname, None, None, hostname)


def _broker_is_gone(cut_off: bool) -> None:
    """End the program: without its broker nothing it waits for would ever come."""
    sys.stderr.write(_CUT_OFF if cut_off else _GONE)
    sys.stderr.flush()
    os._exit(70)


_GONE = (
    "scoop: the broker has died, so this run cannot go on, and the program is ended. It runs nothing of yours: most "
    "often the system has killed it for want of memory (see dmesg), which fewer workers (-n) may spare\n"
)
_CUT_OFF = (
    "scoop: this program has closed descriptors that are not its own (os.closerange?), among them its connection to "
    "its workers; the program is ended\n"
)
