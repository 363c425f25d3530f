"""Make this process the origin of a run, and end the run."""

import os
import sys
from collections.abc import Callable

import scoop

from ..engine import runtime
from ..engine.limits import Identity
from ..engine.signal_guard import guard_signals
from ..errors import ScoopError
from ..machine.processes import Machine, fork_broker, name_process
from ..machine.worker_process import become_worker
from ..tuning import TUNING

__all__ = ["start"]


def start(machine: Machine, patient: bool) -> Callable[[], bool]:
    """Fork the broker and make this process the origin; return a function that ends the run.

    That function returns whether all our threads have ended: one that is deep inside a task cannot.
    """
    pid, page, sock = fork_broker(machine)
    name_process(0, machine.size, pid, is_origin=True)
    identity = Identity(0, 0, machine.size, is_origin=True)
    scheduler, client = become_worker(identity, page, sock, _end_without_broker, machine.limits)
    runtime.current = scheduler
    guard_signals(is_origin=True, patient=patient)
    owner = os.getpid()

    def end() -> bool:
        if os.getpid() != owner:
            return True  # this is a child that the program forked, and the run is its parent's
        scheduler.close()
        # A helper thread may be in the midst of a task, and finalizers run later still.
        runtime.refusal = ScoopError("this run has ended: no task can start any more")
        runtime.current = None
        client.close()
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            pass  # SIGCHLD is ignored, by the program or its parent: then the system reaps children
        scoop.IS_RUNNING = False
        return scheduler.helpers.leave(TUNING.threads_end_within_seconds)

    return end


def _end_without_broker(cut_off: bool) -> None:
    """End the program: no result that it waits for could arrive any more."""
    sys.stderr.write(_CUT_OFF if cut_off else _BROKER_DIED)
    sys.stderr.flush()
    os._exit(70)


_BROKER_DIED = (
    "scoop: the broker has died, so this run cannot go on, and the program is ended. The broker runs no code of "
    "yours: most often the system has killed it for want of memory (see dmesg), which fewer workers (-n) may spare\n"
)
_CUT_OFF = (
    "scoop: this program has closed descriptors that it did not open (os.closerange?), among them its connection to "
    "the workers, so it is ended; close only descriptors that the program has opened\n"
)
