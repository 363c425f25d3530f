"""Which hosts have workers, as the program knows: scoop.hosts(), scoop.SIZE, and futures.wait_for_workers().

The program knows of its own machine from the start. Of the others the coordinator tells it, in a notice, each time
one has joined or is lost. The workers of this machine count as there at once: they start within some milliseconds.
"""

from collections.abc import Callable
from socket import gethostname
from time import monotonic
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import scoop

from ...errors import ScoopError, describe
from ...wire.messages import Notice
from .. import runtime
from ..threads.blocking import LONGEST_TIMEOUT, Threads, WaitPoint, deadline_after

__all__ = ["Host", "HostTable", "hear_of_hosts", "hosts", "set_table", "table_of", "wait_for_workers"]


class Host(NamedTuple):
    """A machine that has workers for this program, or had some.

    Parameters:
        name: what the run calls it: as ``--hosts`` or ``hosts=`` names it, or else as it calls itself.
        workers: how many it has, or had.
        alive: whether it takes part; False once it is lost, or has left.
    """

    name: str
    workers: int
    alive: bool = True


class Waiter(Threads, Protocol):
    """The methods of the scheduler that are needed here."""

    size: int

    @property
    def is_spared(self) -> bool: ...
    @property
    def refusal(self) -> Exception | None: ...


class HostTable:
    """The hosts of one run, or of one executor.

    Parameters:
        here: how many workers this machine has.
        has_others: whether there are other machines, or may be.
        needs_others: whether some of them must take part.
    """

    def __init__(self, here: int, has_others: bool, needs_others: bool = False) -> None:
        self.has_others = has_others
        self._needs_others = needs_others
        self._sets_size = False
        self._here = (Host(gethostname(), here),) if here else ()
        self._away: dict[int, Host] = {}  # that have joined, by their numbers
        self._all_answered = not has_others
        self._waiting: list[WaitPoint] = []

    @property
    def all_answered(self) -> bool:
        """Whether each host that was named takes part by now, or has failed to."""
        return self._all_answered

    @property
    def awaits_others(self) -> bool:
        """Whether too few hosts may take part, for all that is known."""
        return self._needs_others and not self.all_answered

    @property
    def hosts(self) -> tuple[Host, ...]:
        return *self._here, *self._away.values()

    @property
    def workers(self) -> int:
        """How many are there."""
        return sum(host.workers for host in self.hosts if host.alive)

    def hear(self, body: bytes) -> None:
        """Take in what a notice says. If that is nothing, no other machine is left. The I/O thread calls."""
        if body:
            import json

            self._all_answered, changed = json.loads(body)
            known = self._away | {number: Host(*row) for number, row in changed if row}
            gone = {number for number, row in changed if not row}
            self._away = {number: host for number, host in known.items() if number not in gone}
        else:
            self._all_answered = True
            self._away = {number: host._replace(alive=False) for number, host in self._away.items()}
        self._set_size()
        for point in [*self._waiting]:
            point.notify()

    def begin_to_set_size(self) -> None:
        """Have ``scoop.SIZE`` be the number of workers from now on, once all hosts have answered."""
        self._sets_size = True
        self._set_size()

    def _set_size(self) -> None:
        if self._sets_size and self.all_answered:
            scoop.SIZE = self.workers

    def wait(self, waiter: Waiter, is_so: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until it is so, or for ``timeout`` seconds; return whether it is. Raises why there are no workers."""
        deadline = deadline_after(LONGEST_TIMEOUT if timeout is None else timeout)
        assert deadline is not None

        def is_over() -> bool:
            if waiter.refusal is not None:
                raise waiter.refusal.with_traceback(None)
            return is_so()

        point = WaitPoint(waiter)
        self._waiting.append(point)
        try:
            while not is_over() and monotonic() < deadline:
                point.block(is_over, deadline)
        finally:
            self._waiting.remove(point)
        return is_so()


_tables: "WeakKeyDictionary[Any, HostTable]" = WeakKeyDictionary()
"""By scheduler: a program may have several executors."""


def set_table(waiter: Waiter, table: HostTable) -> None:
    """Have a scheduler know its hosts by this table."""
    _tables[waiter] = table


def table_of(waiter: Waiter) -> HostTable:
    """Return the table of a scheduler. One that was given none has workers on this machine alone."""
    return _tables.get(waiter) or HostTable(waiter.size, has_others=False)


def hear_of_hosts(waiter: Waiter, notice: Notice) -> None:
    """Take in a notice that says which hosts are there. The I/O thread calls."""
    table = _tables.get(waiter)
    if table is not None:
        table.hear(notice.body)
        if waiter.size > 1 or waiter.is_spared:  # else this process goes on as if it were the only worker
            waiter.size = max(waiter.size, table.workers)  # maps read ahead, and share out, for as many


def hosts() -> tuple[Host, ...]:
    """Return the hosts that have workers for this program, this machine first, and those that are lost.

    A host is among them once its workers are there. Without workers there are none. Within the ``with`` block of an
    executor, the hosts are the executor's. Only the program may call this: it raises ScoopError in a task.
    """
    _check_is_program("scoop.hosts()")
    scheduler: Any = runtime.current
    return () if scheduler is None else table_of(scheduler).hosts


def wait_for_workers(n: int, timeout: float | None = None) -> None:
    """Wait until the program has ``n`` workers, or more, on all hosts together.

    Only the program may call this: it raises ScoopError in a task.

    Parameters:
        n: the number of workers, 1 or more.
        timeout: seconds to wait at most; None: without limit.

    Raises TimeoutError, which says how many are there, if there are fewer after that time; ScoopError at once if no
    other host can join, since all workers are on this machine; HostsMissing if too few hosts take part.
    """
    _check_is_program("futures.wait_for_workers()")
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"wait_for_workers() needs a number of workers, 1 or more, not {describe(n)}")
    scheduler: Any = runtime.need("futures.wait_for_workers()")
    table = table_of(scheduler)
    if not table.has_others and n > table.workers:
        raise ScoopError(f"{n} workers will never be there: all are on this machine, which has {table.workers}")
    if not table.wait(scheduler, lambda: table.workers >= n, timeout):
        raise TimeoutError(f"{table.workers} of {n} workers are there after {timeout:g} seconds: {_list(table)}")


def _check_is_program(what: str) -> None:
    if runtime.changes is not None:
        raise ScoopError(f"{what} is for the program: a task does not know which hosts there are")


def _list(table: HostTable) -> str:
    rows = [f"{host.name} {host.workers}" + (" (lost)" if not host.alive else "") for host in table.hosts]
    return ", ".join(rows) or "no host has joined"
