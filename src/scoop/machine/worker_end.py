"""How a worker ends: as every process of Python's does, but within a bounded time.

Its threads and its exit handlers (``atexit``, ``weakref.finalize``, those of multiprocessing) have their time, on the
main thread, where programs expect them. That thread may be deep in a task when the run ends. So a signal interrupts
the task, which never goes on: the handler of the signal ends the process. If the main thread does not get there
soon, it is in compiled code, and the process ends without exit handlers.
"""

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from ..engine import runtime
from ..engine.process.unasked import report_failures
from ..engine.stealing.recycling import flush_streams
from ..errors import ScoopError
from ..tuning import TUNING
from ..wire.messages import CONNECTION_LOST

__all__ = ["WorkerEnd"]

_END = signal.SIGURG
"""No program sends this one, and where it has no handler it does nothing."""


class WorkerEnd:
    """The end of this process. Made on the main thread.

    Parameters:
        tell: called when the exit handlers begin, so that the broker gives them time.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._begun = False
        self._status = 0
        signal.signal(_END, self._interrupt)

    def hung_up(self, cut_off: bool) -> None:
        """End the process: the broker is gone, or out of reach, so nothing of this worker's is wanted.

        Called on any thread.
        """
        self._status = CONNECTION_LOST if cut_off else 0
        main = threading.main_thread()
        if threading.current_thread() is not main:
            signal.pthread_kill(main.ident or 0, _END)
            time.sleep(TUNING.exit_handlers_begin_within_seconds)
            while self._begun:
                time.sleep(TUNING.exit_handlers_end_within_seconds)
            flush_streams()
            os._exit(self._status)
        self.leave(self._status)

    def leave(self, status: int) -> NoReturn:
        """Run the exit handlers, and end the process. Called on the main thread."""
        self._begun = True
        self._tell()
        # The system sees to the bound: it does so whatever the handlers do.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        signal.setitimer(signal.ITIMER_REAL, TUNING.exit_handlers_end_within_seconds)
        if runtime.current is not None:
            runtime.current.close()  # a helper thread may be in the midst of a task
            runtime.current = None
        runtime.refusal = ScoopError("this run has ended: no task can start any more")
        for finish in (threading._shutdown, atexit._run_exitfuncs, report_failures):  # type: ignore[attr-defined]
            try:
                finish()
            except BaseException:  # of the program's; those of exit handlers are reported by now
                sys.excepthook(*sys.exc_info())
        flush_streams()
        os._exit(status)

    def _interrupt(self, *_: object) -> None:
        if not self._begun:
            self.leave(self._status)
