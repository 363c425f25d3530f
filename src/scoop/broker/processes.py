"""The processes that a broker starts, waits for, and ends; and how they ended, in words for their user."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from math import inf

from ..errors import why_not_started
from ..wire.memory import most_resident_bytes
from ..wire.messages import CONNECTION_LOST, RETIRED
from ..wire.status_page import StatusPage

__all__ = ["GRACE_SECONDS", "Spawn", "Starts", "end_processes", "reap"]

GRACE_SECONDS = 0.25  # for workers to send what they have and to leave, when the run ends; then they are killed
RETRY_SECONDS = 1.0  # after this time the broker tries again to start a worker that the system would not start

Spawn = Callable[[int], tuple[int, socket.socket]]
"""Starts the process with this number; returns its pid and the socket to it. Raises OSError if it cannot."""

Join = Callable[[int, socket.socket, int, int], None]
"""Called with a worker that was started, its socket, its pid, and how many died in its place while they started."""

_DEFECT = (
    "Compiled code that the task called has a defect; where it was is printed above, on standard error. "
    "With --spare-origin no task runs in the program's own process, which it would end"
)

_SIGNALS: dict[int, str] = {
    signal.SIGKILL: "Most often the system kills a process when memory runs out, or a batch system does at "
    "its own limit. Let tasks hold less, or run fewer workers (-n), or see --worker-memory-limit",
    signal.SIGSEGV: _DEFECT,
    signal.SIGBUS: f"A file that the task had mapped was cut short (a full disk?), or else: {_DEFECT}",
    signal.SIGFPE: _DEFECT,
    signal.SIGILL: "Compiled code that the task called was built for another processor",
    signal.SIGABRT: "Compiled code that the task called has aborted; its last message may stand above",
    signal.SIGTERM: "It was asked to end: most often by a batch system at its time limit",
    signal.SIGXCPU: "It has used up the processor time it was allowed (ulimit -t)",
}

_STATUSES = {
    RETIRED: "It had run as many tasks as it may, or had grown beyond its memory limit, and is replaced",
    CONNECTION_LOST: "The task has closed descriptors that are not its own (os.closerange?), and so its connection",
}

_log = logging.getLogger("scoop.run")


class Starts:
    """The workers that are still to be started."""

    def __init__(self, workers: int, spawn: Spawn, page: StatusPage, join: Join) -> None:
        self.to_start = workers  # for the first time
        self.next_number = 1
        self._spawn = spawn
        self._page = page
        self._join = join
        self._missing: list[int] = []  # workers that the system would not start; the failed starts in each place
        self._retry_at = 0.0
        self._warned = False

    def start_first(self, most: int) -> None:
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
        _log.info("scoop: worker %d has started (pid %d)", number, pid)
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

    def longest_sleep(self) -> float:
        if self.to_start:
            return 0.0
        return RETRY_SECONDS if self._missing else inf


def end_processes(pids: Mapping[int, int], grace_seconds: Callable[[int], float]) -> None:
    """Wait for processes, by number, to end; kill those that have not in the time that they have as it turns out."""
    start = time.monotonic()
    while pids := {number: pid for number, pid in pids.items() if os.waitpid(pid, os.WNOHANG) == (0, 0)}:
        for number, pid in pids.items():
            if time.monotonic() - start >= grace_seconds(number):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def reap(pid: int, grace_seconds: Callable[[], float]) -> str:
    """See that a process that has closed its socket ends; say in two sentences how it has, and what to do."""
    start = time.monotonic()
    while not (found := os.wait4(pid, os.WNOHANG))[0]:
        if time.monotonic() - start >= grace_seconds():
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    _, status, usage = found
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        name = next((each.name for each in signal.Signals if each == -code), f"signal {-code}")
        how, why = f"was killed by {name}", _SIGNALS.get(-code)
    else:
        how = f"exited with status {code}"
        why = _STATUSES.get(code, "Something in the task has ended the process (os._exit?)")
    mebibytes = most_resident_bytes(usage) >> 20
    report = f"the worker (pid {pid} on {socket.gethostname()}, at most {mebibytes:,} MiB in memory) {how}."
    return f"{report} {why}." if why else report
