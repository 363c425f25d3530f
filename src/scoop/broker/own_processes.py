"""What the system and the state of a broker know of the processes of one machine."""

import os
import socket
import time
from collections.abc import Mapping

from ..wire.looks import Machine, Worker
from ..wire.memory import resident_bytes
from ..wire.status_page import StatusPage
from .peers import ORIGIN
from .standing import state_of
from .state import BrokerState

__all__ = ["ProcessesHere", "tasks_begun"]


class ProcessesHere:
    """The processes of this machine.

    Parameters:
        machine: its number in the run.
        state: of its broker.
        page: the status page.
        pids: of its workers, by their numbers.
    """

    def __init__(self, machine: int, state: BrokerState, page: StatusPage, pids: Mapping[int, int]) -> None:
        self._machine = machine
        self._state = state
        self._page = page
        self._pids = pids
        self._began = time.monotonic()

    def read(self) -> Machine:
        """Return what is known now."""
        table, now = self._state.table, time.monotonic()
        links = {number for number, peer in self._state.peers.items() if peer.is_link}
        pids = {number: pid for number, pid in self._pids.items() if number not in links}
        if not self._machine:
            pids[ORIGIN] = os.getppid()
        offered, quarantined = sum(len(tasks) for _, tasks in table.on_offer), len(table.quarantine)
        workers = [self._worker(number, pid) for number, pid in sorted(pids.items())]
        host, broker, age = socket.gethostname(), os.getpid(), now - self._began
        return Machine(self._machine, host, broker, now, age, offered + quarantined, quarantined, workers)

    def _worker(self, number: int, pid: int) -> Worker:
        state, peer = state_of(pid), self._state.peers.get(number)
        letter, ticks = state or ("", 0)
        begun = self._page.begun[self._page.cell(number)]
        held = len(self._state.table.held.get(number, ()))
        idle = peer is not None and peer.idle
        return Worker(number, pid, letter, ticks / os.sysconf("SC_CLK_TCK"), resident_bytes(pid), begun, held, idle)


def tasks_begun(page: StatusPage, pids: Mapping[int, int], uplink: int | None) -> str:
    """Return in words how many tasks of others the workers that are left have begun."""
    begun = [page.begun[page.cell(number)] for number, pid in pids.items() if pid != uplink]
    if not begun:
        return "it has no worker left"
    each = f", from {min(begun):,} to {max(begun):,} each" if len(begun) > 1 else ""
    return f"its {len(begun):,} workers have taken over {sum(begun):,} tasks{each}"
