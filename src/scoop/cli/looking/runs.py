"""The runs of this user on this machine, and the connection to one that is to be looked into. Linux only."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from ...broker.askers import PROCESS_NAME, socket_name, user_of
from ...errors import ScoopError
from ...wire.looks import Snapshot, decode_snapshot

__all__ = ["CannotLook", "LiveRun", "RunEnded", "RunView", "choose_run", "find_runs", "look_once"]

ANSWERS_WITHIN = 5.0
"""Seconds that a broker, which does next to nothing, has to listen, and then to answer."""


class CannotLook(ScoopError):
    """A run cannot be looked into; the message says why, in one line."""


class RunEnded(CannotLook):
    """The run has ended meanwhile."""


class LiveRun(NamedTuple):
    """A run on this machine.

    Parameters:
        program: the pid of the program.
        broker: the pid of its broker.
        words: the command line of the program.
    """

    program: int
    broker: int
    words: str


def find_runs(processes: str = "/proc") -> list[LiveRun]:
    """Return the runs of this user on this machine, by the pids of their programs."""
    runs = []
    for pid in filter(str.isdecimal, os.listdir(processes)):
        try:
            if os.stat(f"{processes}/{pid}").st_uid == os.getuid() and _read(processes, pid, "comm") == PROCESS_NAME:
                letter, program = _read(processes, pid, "stat").rpartition(")")[2].split()[:2]
                words = _read(processes, program, "cmdline").replace("\0", " ").strip()
                if letter != "Z":
                    runs.append(LiveRun(int(program), int(pid), words))
        except OSError:
            continue  # it has ended meanwhile
    return sorted(runs)


def _read(processes: str, pid: str, what: str) -> str:
    with open(f"{processes}/{pid}/{what}", errors="replace") as file:
        return file.read().strip()


def choose_run(pid: int | None) -> LiveRun:
    """Return the run of a process of it, or the only run that there is. Raises CannotLook."""
    if sys.platform != "linux":
        raise CannotLook("this works on Linux only; elsewhere, kill -USR1 PID has a program print its stacks")
    runs = find_runs()
    if pid is not None:
        runs = [run for run in runs if pid in (run.program, run.broker, _parent(pid))]
        if not runs:
            raise CannotLook(f"process {pid} is no program of yours that runs with SCOOP on this machine")
    if not runs:
        raise CannotLook("you have no run on this machine")
    if len(runs) > 1:
        raise CannotLook("\n  ".join(["name one of your runs by its pid:", *_listed(runs, pid is not None)]))
    return runs[0]


def _listed(runs: Sequence[LiveRun], of_one_program: bool) -> Iterator[str]:
    for run in runs:
        yield f"{run.broker if of_one_program else run.program}  {run.words}"


def _parent(pid: int) -> int:
    """Return the broker of a worker; 0 if there is no such process."""
    try:
        return int(_read("/proc", str(pid), "stat").rpartition(")")[2].split()[1])
    except OSError:
        return 0


class RunView:
    """A connection to the broker of a run. Raises CannotLook.

    Parameters:
        run: to be looked into.
    """

    def __init__(self, run: LiveRun) -> None:
        self.run = run
        self._sock = _connect(run)
        self._lines = self._sock.makefile("rb")

    def ask(self, question: bytes) -> Snapshot:
        """Return what is seen of the run now."""
        try:
            self._sock.sendall(question)
            return decode_snapshot(self._lines.readline())
        except TimeoutError:
            raise CannotLook(f"the broker of process {self.run.program} does not answer; is it stopped?") from None
        except (OSError, ValueError):
            raise RunEnded(f"the run of process {self.run.program} has ended") from None

    def close(self) -> None:
        self._lines.close()
        self._sock.close()


def _connect(run: LiveRun) -> socket.socket:
    """Have the broker listen, and connect to it, and to no other process that listens in its place."""
    try:
        os.kill(run.broker, signal.SIGUSR1)
    except OSError:
        raise RunEnded(f"the run of process {run.program} has ended") from None
    until = time.monotonic() + ANSWERS_WITHIN
    while time.monotonic() < until:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(ANSWERS_WITHIN)
            sock.connect(socket_name(run.broker))
            if user_of(sock)[1] == os.getuid():
                return sock
        except OSError:
            time.sleep(0.01)
        sock.close()
    raise CannotLook(f"the broker of process {run.program} does not answer; is it stopped?")


def look_once(pid: int | None, question: bytes) -> Snapshot:
    """Return what is seen of a run. Raises CannotLook."""
    with closing(RunView(choose_run(pid))) as view:
        return view.ask(question)
