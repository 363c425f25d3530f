"""The end of workers whose tasks take more than they may: what of it needs the system. The rest is task_watch.py."""

import os
import signal
import socket
import time
from collections.abc import Mapping

from ..wire.memory import resident_bytes
from ..wire.status_page import StatusPage
from .state import BrokerState

__all__ = ["Overruns"]


class Overruns:
    """Ends the workers of one broker.

    Parameters:
        state: of the broker.
        page: the status page of this machine.
        pids: of the workers, by their numbers.
    """

    def __init__(self, state: BrokerState, page: StatusPage, pids: Mapping[int, int]) -> None:
        self._state = state
        self._page = page
        self._pids = pids

    def end(self) -> None:
        """End the workers whose tasks have reached a limit by now."""
        if self._state.watch:
            for overrun in self._state.watch.look(time.monotonic(), self):
                pid = self._pids[overrun.worker]
                if self._state.is_to_end(overrun, f"worker {overrun.worker} (pid {pid} on {socket.gethostname()})"):
                    os.kill(pid, signal.SIGKILL)  # it is our child, and we have not reaped it

    def seconds_to_look(self) -> float:
        """Return how long the broker may sleep; infinite if nothing is watched."""
        return self._state.watch.seconds_to_look(time.monotonic())

    # -- for the watch --------------------------------------------------------------------------------------------

    def has_begun(self, worker: int, task: tuple[int, int]) -> bool:
        """Return whether a worker has begun a task that it holds."""
        return self._state.has_begun(worker, task, self._page.begun[self._page.cell(worker)])

    def memory(self, worker: int) -> int:
        """Return the resident bytes of a worker."""
        return resident_bytes(self._pids[worker])
