"""A trace, read from the file that ``--trace`` writes; also from one that ends anywhere, since the run was killed."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from .clocks import offsets
from .trace import Key, Move, Process, Task, Trace

__all__ = ["NotATrace", "read", "trace_of"]

_AT_ONCE = 5000
"""Lines that are read together: one by one each would take three times as long."""

_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)

Event = dict[str, Any]


class NotATrace(Exception):
    """The file is none that ``--trace`` has written."""


def read(path: str) -> Trace:
    """Return what a file has. Raises OSError, and NotATrace."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else open(path, "rb") as file:
        trace = trace_of(_events(_lines(file)))
    if not trace.processes:
        raise NotATrace(f"{path} is no trace of SCOOP's: it was not written by `python -m scoop --trace`")
    return trace


def _lines(file: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from file
    except _BROKEN:
        return  # the last block was not written to its end


def _events(lines: Iterable[bytes]) -> Iterator[Event]:
    lines = iter(lines)
    while block := [*islice(lines, _AT_ONCE)]:
        wanted = [line.strip().rstrip(b",") for line in block]
        wanted = [line for line in wanted if line not in (b"[", b"]", b"")]
        try:
            yield from json.loads(b"[" + b",".join(wanted) + b"]")
        except ValueError:
            yield from _readable(wanted)


def _readable(lines: Sequence[bytes]) -> Iterator[Event]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off
        if isinstance(event, dict):
            yield event


def trace_of(events: Iterable[Event]) -> Trace:
    """Return the run that events tell of."""
    found = _Found()
    for event in events:
        if isinstance(event, dict):
            found.take(event)
    return found.trace()


class _Found:
    """What was found in a file so far."""

    def __init__(self) -> None:
        self._processes: dict[int, Event] = {}
        self._ended: dict[int, float] = {}
        self._parts: dict[Key, list[tuple[float, float]]] = {}  # of tasks whose end was not read yet
        self._tasks: list[Task] = []
        self._moves: list[Move] = []
        self._given: dict[str, tuple[int, list[list[Any]]]] = {}
        self._names: dict[str, str] = {}
        self._left_out = 0
        self._is_whole = False

    def take(self, event: Event) -> None:
        kind, about = event.get("cat"), event.get("args", {})
        if kind in ("task", "rows"):
            self._task(event, about)
        elif kind == "part":
            self._parts.setdefault((event["pid"], about["id"]), []).append(_span(event))
        elif kind == "move":
            self._move(event, about)
        elif event.get("name") == "scoop":
            self._processes[event["pid"]] = about
        elif event.get("name") == "ended":
            self._ended[event["pid"]] = about["at"] / 1e6
        elif event.get("name") == "trace_end":
            self._is_whole, self._left_out = True, about.get("blocks_left_out", 0)

    def _task(self, event: Event, about: Event) -> None:
        key = process, number = event["pid"], about["id"]
        parts = [*self._parts.pop(key, ()), _span(event)]
        name = event["name"]
        parent, made = about.get("parent"), about.get("made")
        task = Task(
            process,
            number,
            self._names.setdefault(name, name),
            parts,
            None if parent is None else (process, parent),
            None if made is None else made / 1e6,
            event["tid"],
            about.get("args", ""),
            about.get("rows", 0),
            about.get("chunk", 0),
            about.get("failed", False),
            about.get("task", ""),
        )
        self._tasks.append(task)

    def _move(self, event: Event, about: Event) -> None:
        since, until = _span(event)
        batch, tasks = about.get("batch", ""), about.get("tasks", ())
        if event["name"] == "give":
            self._given[batch] = event["pid"], tasks
        numbers = about.get("numbers") or range(len(tasks))
        size = about.get("bytes", 0)
        self._moves.append(Move(event["name"], event["pid"], event["tid"], since, until, size, batch, numbers))

    def trace(self) -> Trace:
        processes = [_process(number, about, self._ended.get(number)) for number, about in self._processes.items()]
        for key, parts in self._parts.items():  # they were at work when all ended
            self._tasks.append(Task(*key, "(not ended)", parts))
        for task in self._tasks:
            self._find_parent(task)
        trace = Trace(processes, self._tasks, self._moves, self._is_whole, self._left_out)
        return _aligned(trace, offsets(trace))

    def _find_parent(self, task: Task) -> None:
        """Find who has made a task that came from another process: the batch says so that it was given in."""
        batch, _, number = task.task.partition(".")
        if batch in self._given:
            owner, tasks = self._given[batch]
            if int(number) < len(tasks):
                parent, made = tasks[int(number)][:2]
                task.parent, task.made = (owner, parent), made / 1e6


def _aligned(trace: Trace, by_machine: dict[int, float]) -> Trace:
    """Return the trace by the clock of the program's machine."""
    if not any(by_machine.values()):
        return trace
    late = {process.number: by_machine.get(process.machine, 0.0) for process in trace.processes}
    for task in trace.tasks:
        if by := late.get(task.process, 0.0):
            task.parts = [(since - by, until - by) for since, until in task.parts]
        task.made -= late.get(task.parent[0] if task.parent else task.process, 0.0)
    moves = [
        m._replace(since=m.since - late.get(m.process, 0), until=m.until - late.get(m.process, 0))
        for m in trace.moves
    ]
    processes = [
        p._replace(
            begun=p.begun - late[p.number],
            up=p.up - late[p.number],
            ended=None if p.ended is None else p.ended - late[p.number],
        )
        for p in trace.processes
    ]
    return trace._replace(processes=processes, moves=moves)


def _span(event: Event) -> tuple[float, float]:
    since = event["ts"] / 1e6
    return since, since + event.get("dur", 0) / 1e6


def _process(number: int, about: Event, ended: float | None) -> Process:
    return Process(
        number,
        str(about["host"]),
        about["machine"],
        about["worker"],
        about["is_origin"],
        about["begun"] / 1e6,
        about["up"] / 1e6,
        ended,
        about,
    )
