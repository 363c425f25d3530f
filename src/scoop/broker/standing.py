"""Workers that have work and stand still: stopped, or waiting for a disk that does not answer. Linux only.

Such a worker is not dead: if a signal continues it, it goes on, and its results count. But the tasks that wait for it
wait as long, and without a warning the run seems to hang. So the broker looks now and then, in the tables of the
system, at workers that are not idle. That costs workers and tasks nothing.
"""

import socket
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = ["ProcessState", "StandingWorkers", "state_of"]

LOOKS = 2  # for so many looks, one after another, a worker must have stood still


class ProcessState(NamedTuple):
    """What the system says of a process: a letter (see proc(5)), and the ticks of processor time that it has used."""

    letter: str
    ticks: int


def state_of(pid: int) -> ProcessState | None:
    """Return the state of a process; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()  # the name before it may have anything in it
        return ProcessState(fields[0].decode(), int(fields[11]) + int(fields[12]))
    except (OSError, IndexError, ValueError):
        return None


class _Standing(NamedTuple):
    state: ProcessState
    since: float
    looks: int


class StandingWorkers:
    """What the looks have found so far.

    Parameters:
        read: returns the state of a process, or None.
        clock: seconds since the epoch, to be shown.
    """

    def __init__(
        self,
        read: Callable[[int], ProcessState | None] = state_of,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._clock = clock
        self._standing: dict[int, _Standing] = {}

    def look(self, pids: Mapping[int, int]) -> list[str]:
        """Look at workers that have work, whose pids these are; return what is to be told, once of each."""
        found: dict[int, _Standing] = {}
        told = []
        for number, pid in pids.items():
            state = self._read(pid)
            if state is None or state.letter not in _CAUSES:
                continue
            before = self._standing.get(number)
            if before is None or before.state != state:
                before = _Standing(state, self._clock(), 0)
            found[number] = before._replace(looks=before.looks + 1)
            if found[number].looks == LOOKS:
                told.append(_describe(number, pid, found[number]))
        self._standing = found
        return told


def _describe(number: int, pid: int, standing: _Standing) -> str:
    host = socket.gethostname()
    since = time.strftime("%H:%M:%S", time.localtime(standing.since))
    how, remedy = _CAUSES[standing.state.letter]
    return (
        f"worker {host}:{number} (pid {pid} on {host}) has stood still since {since}, and so have all "
        f"tasks that wait for its tasks: {how}. {remedy.format(pid=pid)}. If you kill it (kill -9 {pid}), SCOOP "
        "replaces it, and runs its tasks again if they have retries left"
    )


_STOPPED = "it was stopped, by SIGSTOP, Ctrl-Z, a debugger or a batch system", "It goes on after kill -CONT {pid}"
_CAUSES = {
    "T": _STOPPED,
    "t": _STOPPED,
    "D": (
        "it waits for a disk: its memory was swapped out, or a network file system does not answer",
        "It goes on when that answers; if memory is short, run fewer workers (-n)",
    ),
}
"""By the letter of the state: the likely cause, and what to do."""
