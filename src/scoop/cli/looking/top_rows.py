"""What ``scoop top`` shows, as text; pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ...broker.stacks_text import worker_name
from ...wire.looks import Machine, Process, Snapshot, Stack, Worker

__all__ = ["COLUMNS", "ORDERS", "Row", "cells", "chosen", "rows_of", "summary", "table"]

COLUMNS = ("worker", "pid", "state", "cpu", "memory", "tasks/s", "holds", "own", "for", "runs")
"""``holds``: tasks of others that a worker has; ``own``: tasks that it has submitted, and that have not begun."""


class Row(NamedTuple):
    """What is known of one worker.

    Parameters:
        name: of the worker.
        pid: its number to the system.
        state: in a word.
        cpu: how many processors it has used since the last look; None if there was none.
        memory: resident bytes.
        rate: tasks of others that it has begun a second; None if there was no look before.
        held: tasks of others that it has.
        own: tasks of its own that have not begun.
        seconds: for how long it runs what it runs; None if that is not known.
        runs: the tasks on its stack, the outermost first.
    """

    name: str
    pid: int
    state: str
    cpu: float | None
    memory: int
    rate: float | None
    held: int
    own: int
    seconds: float | None
    runs: str


ORDERS: dict[str, Callable[[Row], float]] = {
    "worker": lambda _: 0.0,
    "cpu": lambda row: -(row.cpu or 0.0),
    "memory": lambda row: -row.memory,
    "for": lambda row: -(row.seconds or 0.0),
}
"""By the name of a column: what rows are sorted by."""


def rows_of(now: Snapshot, before: Snapshot | None) -> list[Row]:
    """Return a row for each worker, and for the program, given the snapshot of a look before this one."""
    hosts = {machine.number: machine.host for machine in now.machines.values()}
    rows = []
    for machine in now.machines.values():
        earlier = before and before.machines.get(machine.number)
        known = {(each.number, each.pid): each for each in earlier.workers} if earlier else {}
        seconds = machine.clock - earlier.clock if earlier else 0.0
        for worker in machine.workers:
            last = known.get((worker.number, worker.pid)) if seconds > 0 else None
            process = now.processes.get((machine.number, worker.number))
            rows.append(_row(machine, worker, process, hosts, last, seconds))
    return rows


def _row(
    machine: Machine,
    worker: Worker,
    process: Process | None,
    hosts: Mapping[int, str],
    last: Worker | None,
    seconds: float,
) -> Row:
    stack = _main_stack(process)
    return Row(
        name=worker_name((machine.number, worker.number), {**hosts}),
        pid=worker.pid,
        state=_state(worker, process),
        cpu=None if last is None else max(0.0, worker.seconds - last.seconds) / seconds,
        memory=worker.memory,
        rate=None if last is None else max(0, worker.begun - last.begun) / seconds,
        held=worker.held,
        own=0 if process is None else process.ready + process.blocked,
        seconds=next((call.seconds for call in stack.calls if call.seconds is not None), None) if stack else None,
        runs=" > ".join(_outer_and_inner([call.name for call in stack.calls])) if stack else "",
    )


def _main_stack(process: Process | None) -> Stack | None:
    """Return the stack of the main thread, or else the first on which there is something."""
    stacks = process.stacks if process is not None else []
    return next((stack for stack in stacks if stack.thread == "MainThread"), stacks[0] if stacks else None)


def _outer_and_inner(names: Sequence[str]) -> list[str]:
    if len(names) <= 3:
        return [*names]
    return [names[0], f"... {len(names) - 2} more", names[-1]]


def _state(worker: Worker, process: Process | None) -> str:
    if worker.letter in ("T", "t"):
        return "stopped"
    if process is None:
        return "no answer"
    if process.stacks:
        return "runs"
    return "waits" if worker.idle or worker.number == 0 or not worker.held else "starts"


def chosen(rows: Sequence[Row], order: str, words: str) -> list[Row]:
    """Return the rows in which ``words`` stand, in their order: see ORDERS."""
    found = [row for row in rows if words.lower() in f"{row.name} {row.state} {row.runs}".lower()]
    return sorted(found, key=ORDERS[order])


def cells(row: Row) -> tuple[str, ...]:
    """Return what stands in each column."""
    return (
        row.name,
        str(row.pid),
        row.state,
        "-" if row.cpu is None else f"{100 * row.cpu:.0f}%",
        _size(row.memory),
        "-" if row.rate is None else f"{row.rate:.1f}" if row.rate < 100 else f"{row.rate:,.0f}",
        str(row.held),
        str(row.own),
        "-" if row.seconds is None else _duration(row.seconds),
        row.runs,
    )


def summary(now: Snapshot, rows: Sequence[Row], words: str) -> list[str]:
    """Return lines that tell of the run, whose command line is ``words``, and of each host if it has several."""
    here = now.machines[0]
    processes = now.processes.values()
    waiting = sum(machine.offered for machine in now.machines.values())
    waiting += sum(process.ready + process.blocked + process.received for process in processes)
    risky = sum(machine.quarantined for machine in now.machines.values())
    busy = sum(row.state not in ("waits", "starts") for row in rows[1:])
    rates = [row.rate for row in rows if row.rate is not None]
    parts = [
        _count(len(now.machines), "host"),
        _count(len(rows) - 1, "worker"),
        f"{busy} busy",
        f"{_count(waiting, 'task')} to begin" + (f", {risky} after a death" if risky else ""),
        *([f"{sum(rates):,.1f} tasks/s"] if rates else []),
        f"{_size(sum(row.memory for row in rows))} in memory",
    ]
    lines = [f"{words}, for {_duration(here.age)}", ", ".join(parts)]
    return lines + ([_host_line(machine) for machine in now.machines.values()] if len(now.machines) > 1 else [])


def _host_line(machine: Machine) -> str:
    workers = [each for each in machine.workers if each.number or machine.number]
    idle = sum(each.idle for each in workers)
    memory = _size(sum(each.memory for each in machine.workers))
    offered = _count(machine.offered, "task")
    return f"  {machine.host}: {_count(len(workers), 'worker')}, {idle} idle, {offered} on offer, {memory}"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as lines of text."""
    lines = [COLUMNS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"
