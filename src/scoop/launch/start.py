"""Make this process the origin of a run, and end the run."""

import os
import signal
import socket
import sys
from collections.abc import Callable

import scoop

from ..engine import runtime
from ..engine.process import become_worker
from ..wire.board import new_board
from .interrupts import handle_interrupts
from .machine import Machine, be_broker, name_process

__all__ = ["start"]


def start(machine: Machine, patient: bool) -> Callable[[], bool]:
    """Make this process the origin of a run; return what ends the run.

    That returns whether all threads of ours have ended: one that is deep in a task cannot.

    Parameters:
        machine: this one.
        patient: see handle_interrupts.
    """
    board = new_board()
    here, there = socket.socketpair()
    # Ctrl-C is the program's: until the broker has said so, neither it nor we are to be struck.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    pid = os.fork()
    if pid == 0:
        here.close()
        be_broker(machine, board, there)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    there.close()
    name_process(0, machine.size, pid, is_origin=True)
    scheduler, link = become_worker(0, machine.size, board, here, _broker_is_gone, machine.limits)
    runtime.current = scheduler
    handle_interrupts(patient)
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
