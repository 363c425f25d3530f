"""Bring up the processes of a run on this machine, and end them.

    launcher = origin ──fork──> broker ──fork──> worker 1 ... worker n-1

All of them are forked from a process that has loaded SCOOP and nothing of the user's, and has one thread: so a
worker costs a millisecond, and none inherits what it should not have.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import scoop

from ..engine import runtime
from ..engine.process import become_worker, serve
from ..engine.scheduler import Scheduler
from ..wire.board import Board, new_board
from .program import Program

__all__ = ["start"]


def start(program: Program, size: int) -> Callable[[], bool]:
    """Make this process the origin of a run with ``size`` workers; return what ends the run.

    That returns whether all threads of ours have ended: one that is deep in a task cannot.
    """
    board = new_board()
    here, there = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        here.close()
        _be_broker(program, size, board, there)
    there.close()
    _name_process(0, size, pid)
    scheduler, link = become_worker(0, size, board, here, _broker_is_gone)
    runtime.current = scheduler
    _notice_interrupts(scheduler)
    owner = os.getpid()

    def end() -> bool:
        if os.getpid() != owner:
            return True  # a child that the program forked: the run is not its own
        scheduler.close()
        runtime.current = None
        link.close()
        os.waitpid(pid, 0)
        scoop.IS_RUNNING = False
        return scheduler.deputies.leave(1.0)

    return end


def _be_broker(program: Program, size: int, board: Board, origin: socket.socket) -> NoReturn:
    """Be the broker of this machine until the origin hangs up."""
    from ..broker.loop import Broker

    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the origin's; its end is ours
        with open(os.devnull) as nothing:
            os.dup2(nothing.fileno(), 0)  # standard input is the program's alone
        broker_pid = os.getpid()

        def spawn(number: int) -> tuple[int, socket.socket]:
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid:
                theirs.close()
                return pid, ours
            try:
                _close_all_but(theirs.fileno())
                _name_process(number, size, broker_pid)
                serve(number, size, board, theirs, program.import_in_worker)
            finally:
                os._exit(1)

        Broker(origin, size, board, spawn).serve()
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _close_all_but(kept: int) -> None:
    """Close what the broker has open: its sockets to others are no worker's business."""
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else _highest_descriptor() + 1)


def _highest_descriptor() -> int:
    return max(map(int, os.listdir("/proc/self/fd")))


def _name_process(number: int, size: int, broker_pid: int) -> None:
    """Fill in the constants that tell a program where it is."""
    hostname = socket.gethostname()
    scoop.IS_RUNNING = True
    scoop.IS_ORIGIN = number == 0
    scoop.SIZE = size
    scoop.worker = scoop.WorkerName(f"{hostname}:{number}", f"{hostname}:{broker_pid}")
    scoop.BROKER = scoop.BrokerInfo(hostname, None, None, hostname)


def _notice_interrupts(scheduler: Scheduler) -> None:
    """Let the scheduler know Ctrl-C from a KeyboardInterrupt that a task raises itself."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        scheduler.interrupted = True
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


def _broker_is_gone() -> None:
    """End the program: without its broker nothing it waits for would ever come."""
    sys.stderr.write("scoop: the broker has died, so this run cannot go on; the program is ended\n")
    sys.stderr.flush()
    os._exit(70)
