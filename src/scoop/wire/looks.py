"""What is seen of a run when its user looks into it: which processes there are, what each does, and what waits.

    asker ──socket──> broker of the program ──LOOK──> all workers, and the brokers of other machines
                                            <──SEEN──

A worker answers with a Process, a broker with a Machine. All travels as JSON: who looks unpickles nothing.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from .messages import Notice, NoticeKind

__all__ = ["Call", "Machine", "Place", "Process", "Snapshot", "Stack", "Worker"]
__all__ += ["decode_snapshot", "encode_snapshot", "new_snapshot"]
__all__ += ["read_seen", "seen_notice"]


class Place(NamedTuple):
    """One frame: a line of the program's. ``text``: its source, if it is known."""

    file: str
    line: int
    function: str
    text: str


class Call(NamedTuple):
    """One task on a stack, or the program itself.

    Parameters:
        name: of its function, or the name that the program has given the task.
        seconds: since it began; None if that is not known.
        owner: the machine and the worker that it runs for, if it has come from another process.
        places: its frames, the outermost first.
    """

    name: str
    seconds: float | None
    owner: tuple[int, int] | None
    places: list[Place]


class Stack(NamedTuple):
    """One stack of a process.

    Parameters:
        thread: the name of its thread; empty if it is suspended.
        waits_for: calls that it is suspended for, if it is.
        waits_on: which other stacks of the process run these calls, by their places in the list.
        calls: the tasks on it, each of which was called by the one before.
    """

    thread: str
    waits_for: list[str]
    waits_on: list[int]
    calls: list[Call]


class Process(NamedTuple):
    """What one worker, or the program's process, says of itself.

    Parameters:
        machine, worker: the numbers of its machine, and its own there.
        pid: its number to the system.
        is_program: whether the program runs in it.
        ready: tasks of its own that no process has begun.
        blocked: tasks of its own that depend on others.
        received: tasks of others that it has not begun.
        suspended: tasks that have begun, and wait.
        stacks: of its threads and its suspended tasks, as far as there is code of the program's on them.
    """

    machine: int
    worker: int
    pid: int
    is_program: bool
    ready: int
    blocked: int
    received: int
    suspended: int
    stacks: list[Stack]


class Worker(NamedTuple):
    """What a broker knows of one worker, or of the program's process, which has the number 0.

    Parameters:
        number: on its machine.
        pid: its number to the system.
        letter: its state, see proc(5); empty where the system does not tell.
        seconds: of processor time that it has used.
        memory: resident bytes.
        begun: tasks of others that it has begun in all its life.
        held: tasks of others that it has, begun or not.
        idle: whether it waits for work.
    """

    number: int
    pid: int
    letter: str
    seconds: float
    memory: int
    begun: int
    held: int
    idle: bool


class Machine(NamedTuple):
    """What the broker of a machine knows.

    Parameters:
        number: of the machine; that of the program's is 0.
        host: its name.
        broker: the pid of the broker.
        clock: seconds of a clock that goes evenly, as of which all this is.
        age: seconds since the broker has started.
        offered: tasks that are there for workers to take.
        quarantined: of these, those that may have killed a worker, and run alone.
        workers: that it has.
    """

    number: int
    host: str
    broker: int
    clock: float
    age: float
    offered: int
    quarantined: int
    workers: list[Worker]


class Snapshot(NamedTuple):
    """All that was seen of a run in one look: the machines by number, and the processes that have answered."""

    machines: dict[int, Machine]
    processes: dict[tuple[int, int], Process]


def seen_notice(serial: int, seen: Process | Machine) -> Notice:
    """Return the answer to a look."""
    return Notice(NoticeKind.SEEN, _json().dumps((serial, type(seen).__name__, seen)).encode())


def read_seen(notice: Notice) -> tuple[int, Process | Machine]:
    """Return the serial of the look that a notice answers, and the answer.

    Raises ValueError, TypeError or another exception if it makes no sense: a task may have written it.
    """
    serial, kind, fields = _json().loads(notice.body)
    return serial, (_process if kind == Process.__name__ else _machine)(fields)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Return a line of JSON."""
    text: str = _json().dumps([[*each.values()] for each in snapshot])
    return text.encode() + b"\n"


def decode_snapshot(line: bytes) -> Snapshot:
    """Return what a line says. Raises ValueError if it is none of ours."""
    machines, processes = _json().loads(line)
    return new_snapshot(map(_machine, machines), map(_process, processes))


def new_snapshot(machines: Iterable[Machine], processes: Iterable[Process]) -> Snapshot:
    """Put together what was seen."""
    by_place = {(each.machine, each.worker): each for each in processes}
    return Snapshot({each.number: each for each in machines}, by_place)


def _machine(fields: list[Any]) -> Machine:
    machine = Machine(*fields)
    return machine._replace(workers=[_worker(*each) for each in machine.workers])


def _worker(number: int, *others: Any) -> Worker:
    return Worker(int(number), *others)  # a broker relies on it


def _process(fields: list[Any]) -> Process:
    process = Process(*fields)
    return process._replace(stacks=[_stack(*each) for each in process.stacks])


def _stack(thread: str, waits_for: list[str], waits_on: list[int], calls: list[Any]) -> Stack:
    return Stack(thread, waits_for, waits_on, [_call(*each) for each in calls])


def _call(name: str, seconds: float | None, owner: Any, places: list[Any]) -> Call:
    return Call(name, seconds, (owner[0], owner[1]) if owner else None, [Place(*each) for each in places])


def _json() -> Any:
    import json  # only where a user looks in: no run is to start later for that

    return json
