"""The processes that a broker starts, waits for, and ends."""

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from ..wire.status_page import StatusPage
from .exit_report import Exit, why_not_started

__all__ = ["GRACE_SECONDS", "Spawn", "Starts", "end_processes", "reap"]

GRACE_SECONDS = 0.25
"""How long workers have to send what they have and to leave, when the run ends; then they are killed."""

RETRY_SECONDS = 1.0
"""After this time the broker tries again to start a worker that the system would not start."""

Spawn = Callable[[int], tuple[int, socket.socket]]
"""Starts the process with this number; returns its pid and the socket to it. Raises OSError if it cannot."""

Join = Callable[[int, socket.socket, int, int], None]

_log = logging.getLogger("scoop")


class Starts:
    """The workers that are still to be started.

    Parameters:
        workers: how many.
        spawn: starts one of them.
        page: the status page.
        join: called with the number of a worker that was started, its pid and socket, and how many workers in a row
            had died in its place while they started.
    """

    def __init__(self, workers: int, spawn: Spawn, page: StatusPage, join: Join) -> None:
        self.to_start = workers
        """Workers that have not been started for the first time."""
        self.next_number = 1
        self._spawn = spawn
        self._page = page
        self._join = join
        self._missing: list[int] = []  # workers that the system would not start; the failed starts in each place
        self._retry_at = 0.0
        self._warned = False

    def start_first(self, most: int) -> None:
        """Start workers for the first time."""
        for _ in range(min(most, self.to_start)):
            self.to_start -= 1
            self.start(0)

    def start(self, failed_starts: int) -> bool:
        """Start a worker in a place where so many have failed. If the system will not, it is tried again later."""
        number = self.next_number
        self._page.clear(number)
        try:
            pid, sock = self._spawn(number)
        except OSError as problem:
            if not self._warned:
                self._warned = True
                reason = why_not_started(problem)
                _log.warning("scoop: a worker cannot be started (%s); the run goes on without it", reason)
            self._missing.append(failed_starts)
            return False
        self.next_number += 1
        _log.info("scoop: worker %d started (pid %d)", number, pid)
        self._join(number, sock, pid, failed_starts)
        return True

    def retry(self) -> None:
        """Start the workers that the system would not start, if it is time to try that."""
        if self._missing and time.monotonic() > self._retry_at:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            while self._missing and self.start(self._missing.pop()):
                pass

    @property
    def fail(self) -> bool:
        """Whether the system would not start some worker."""
        return bool(self._missing)

    @property
    def wait_seconds(self) -> float | None:
        """How long the broker may sleep before it must start a worker."""
        return 0.0 if self.to_start else RETRY_SECONDS if self._missing else None


def end_processes(pids: set[int], grace_seconds: float) -> None:
    """Wait for processes to end; kill those that have not in this time."""
    deadline = time.monotonic() + grace_seconds
    while pids := {pid for pid in pids if os.waitpid(pid, os.WNOHANG) == (0, 0)}:
        if time.monotonic() >= deadline:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def reap(pid: int) -> Exit:
    """See that a process that has closed its socket ends; return how it has."""
    deadline = time.monotonic() + GRACE_SECONDS
    while not (found := os.wait4(pid, os.WNOHANG))[0]:
        if time.monotonic() >= deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    _, status, usage = found
    unit = 1 if sys.platform == "darwin" else 1024
    return Exit(pid, socket.gethostname(), os.waitstatus_to_exitcode(status), usage.ru_maxrss * unit)
