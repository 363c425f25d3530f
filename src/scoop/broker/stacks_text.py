"""The stacks of all processes of a run, in words."""

import sys
import time
from collections.abc import Iterable, Iterator

from ..wire.looks import Call, Machine, Process, Snapshot, Stack, Worker

__all__ = ["print_stacks", "stacks_text", "worker_name"]


def print_stacks(snapshot: Snapshot) -> None:
    """Print them on standard error, as far as that can be: the broker goes on in any case."""
    try:
        sys.stderr.write(stacks_text(snapshot, time.strftime("%H:%M:%S")))
        sys.stderr.flush()
    except Exception:  # the user reads it no more, or a worker has sent what makes no sense
        pass


def stacks_text(snapshot: Snapshot, when: str) -> str:
    """Return what ``scoop stacks`` prints; pure. ``when``: as of which it is."""
    hosts = {machine.number: machine.host for machine in snapshot.machines.values()}
    parts = [f"The stacks of the run, at {when}:"]
    for machine in snapshot.machines.values():
        for worker in machine.workers:
            process = snapshot.processes.get((machine.number, worker.number))
            parts.append("\n".join([_title(machine, worker), *_lines(process, worker, hosts)]))
    return "\n\n".join(parts) + "\n"


def worker_name(place: tuple[int, int], hosts: dict[int, str]) -> str:
    """Return what a worker is called, by its machine and its number there."""
    return "the program" if place == (0, 0) else f"worker {hosts.get(place[0], place[0])}:{place[1]}"


def _title(machine: Machine, worker: Worker) -> str:
    name = worker_name((machine.number, worker.number), {machine.number: machine.host})
    return f"{name} (pid {worker.pid} on {machine.host})"


def _lines(process: Process | None, worker: Worker, hosts: dict[int, str]) -> Iterator[str]:
    if process is None:
        yield f"  {_why_silent(worker)}"
    elif not process.stacks:
        yield "  waits for work"
    else:
        yield from _chains(process.stacks, hosts)
        if (missing := process.suspended - sum(not stack.thread for stack in process.stacks)) > 0:
            yield f"  and {missing} more suspended tasks"


def _why_silent(worker: Worker) -> str:
    if worker.letter in ("T", "t"):
        return f"no answer: it is stopped; it goes on after kill -CONT {worker.pid}"
    if worker.letter == "D":
        return "no answer: it waits for a disk"
    return "no answer: it is in C code, which does not let go of the interpreter"


def _chains(stacks: list[Stack], hosts: dict[int, str]) -> Iterator[str]:
    """Yield each stack that runs, or waits for other processes, and after it those that wait for it."""
    parents: dict[int, list[int]] = {}
    for place, stack in enumerate(stacks):
        for child in stack.waits_on:
            parents.setdefault(child, []).append(place)
    shown: set[int] = set()
    leaves = [place for place, stack in enumerate(stacks) if not stack.waits_on]
    for place in [*leaves, *range(len(stacks))]:
        yield from _chain(place, stacks, parents, shown, hosts, "")


def _chain(
    place: int, stacks: list[Stack], parents: dict[int, list[int]], shown: set[int], hosts: dict[int, str], how: str
) -> Iterator[str]:
    todo = [(place, how)]
    while todo:
        here, how = todo.pop()
        if here in shown or not 0 <= here < len(stacks):
            continue
        shown.add(here)
        yield from _stack(stacks[here], hosts, how)
        todo += [(each, "for which waits ") for each in reversed(parents.get(here, []))]


def _stack(stack: Stack, hosts: dict[int, str], how: str) -> Iterator[str]:
    waits = f", suspended, waits for {_listed(stack.waits_for)}" if stack.waits_for else ", suspended"
    what = f"{stack.thread}:" if stack.thread else f"{_innermost(stack)}{waits}:"
    yield f"  {how}{what}"
    for call in stack.calls:
        yield from _call(call, hosts, is_first=call is stack.calls[0])


def _innermost(stack: Stack) -> str:
    return stack.calls[-1].name if stack.calls else "a task"


def _listed(words: Iterable[str]) -> str:
    return " and ".join(words)


def _call(call: Call, hosts: dict[int, str], is_first: bool) -> Iterator[str]:
    owner = f", a task of {worker_name(call.owner, hosts)}" if call.owner is not None else ""
    seconds = f", for {call.seconds:.1f} s" if call.seconds is not None else ""
    yield f"    {'' if is_first else 'which runs '}{call.name}{owner}{seconds}"
    for place in call.places:
        yield f'      File "{place.file}", line {place.line}, in {place.function}'
        if place.text:
            yield f"        {place.text}"
