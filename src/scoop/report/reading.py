"""A trace, read from the file that ``--trace`` writes; also from one that ends anywhere, since the run was killed."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from .clocks import offsets
from .task import Key, Task
from .task_lines import take_alike
from .tasks import Tasks
from .trace import Move, Process, Trace

__all__ = ["NotATrace", "read"]

_AT_ONCE = 1 << 20
"""Bytes that are read together: one line by one would take several times as long."""

_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)

Event = dict[str, Any]


class Readable(Protocol):
    """A file, packed or not."""

    def read1(self, size: int, /) -> bytes: ...


class NotATrace(Exception):
    """The file is none that SCOOP has written."""


def read(path: str) -> Trace:
    """Return what a file has. Raises OSError, and NotATrace."""
    found = _Found()
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else open(path, "rb") as file:
        for lines in _blocks(file):
            for event in _events(take_alike(lines, found.tasks)):
                found.take(event)
    trace = found.trace()
    if not trace.processes:
        raise NotATrace(f"{path} is no trace of SCOOP's: it was not written by `python -m scoop --trace`")
    return trace


def _blocks(file: Readable) -> Iterator[bytes]:
    """Yield whole lines, many at once, and at the end what is left of one that was cut off."""
    pieces = [b""]
    while data := _read(file):
        pieces.append(data)
        if len(data) >= _AT_ONCE or sum(map(len, pieces)) >= _AT_ONCE:
            whole, newline, rest = b"".join(pieces).rpartition(b"\n")
            yield whole + newline
            pieces = [rest]
    yield b"".join(pieces)


def _read(file: Readable) -> bytes:
    try:
        return file.read1(_AT_ONCE)  # what is there: of a file that ends in the middle of a block, too
    except _BROKEN:
        return b""  # the last block was not written to its end


def _events(lines: bytes) -> Iterator[Event]:
    wanted = [line.strip().rstrip(b",") for line in lines.splitlines()]
    wanted = [line for line in wanted if line not in (b"[", b"]", b"")]
    try:
        events = json.loads(b"[" + b",".join(wanted) + b"]")
    except ValueError:
        events = _readable(wanted)
    return (event for event in events if isinstance(event, dict))


def _readable(lines: Iterable[bytes]) -> Iterator[Any]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off
        yield event


class _Found:
    """What was found in a file so far."""

    def __init__(self) -> None:
        self.tasks = Tasks()
        self._processes: dict[int, Event] = {}
        self._ended: dict[int, float] = {}
        self._open: dict[Key, Event] = {}  # tasks that ran for so long that it was written before their end
        self._parts: dict[Key, list[tuple[float, float]]] = {}  # of tasks whose end was not read yet
        self._moves: list[Move] = []
        self._given: dict[str, tuple[int, list[list[Any]]]] = {}
        self._memory: dict[str, int] = {}
        self._left_out = 0
        self._is_whole = False
        self._signs: dict[int, float] = {}  # by process, when it was known last to be there

    def take(self, event: Event) -> None:
        kind, about = event.get("cat"), event.get("args", {})
        if kind in ("task", "rows"):
            self._task(event, about)
        elif kind == "part":
            self._parts.setdefault((event["pid"], about["id"]), []).append(_span(event))
        elif kind == "move":
            self._move(event, about)
        elif kind == "open":
            self._open[event["pid"], about["id"]] = event
        elif event.get("name") == "scoop":
            self._processes[event["pid"]] = about
        elif event.get("name") == "ended":
            self._ended[event["pid"]] = about["at"] / 1e6
        elif event.get("name") == "alive":
            self._signs[event["pid"]] = about["at"] / 1e6
        elif event.get("name") == "memory":
            self._memory = {name: raised for name, (raised, _) in about["functions"].items()}
        elif event.get("name") == "trace_end":
            self._is_whole, self._left_out = True, about.get("blocks_left_out", 0)

    def _task(self, event: Event, about: Event) -> None:
        key = process, number = event["pid"], about["id"]
        parent, made = about.get("parent"), about.get("made")
        task = Task(
            process,
            number,
            event["name"],
            [*self._parts.pop(key, ()), _span(event)],
            None if parent is None else (process, parent),
            None if made is None else made / 1e6,
            event["tid"],
            str(about.get("args", "")),
            about.get("rows", 0),
            about.get("chunk", 0),
            about.get("failed", False),
            about.get("task", ""),
        )
        self.tasks.add(task)

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
        unfinished = self._unfinished()
        for place, name in self.tasks.names.items():
            self._find_parent(place, name)
        trace = Trace(processes, self.tasks, self._moves, self._is_whole, self._left_out, unfinished, self._memory)
        return _aligned(trace, offsets(trace))

    def _unfinished(self) -> list[int]:
        """Add the tasks that have not ended, up to the last sign of their processes; return their places."""
        self._put_together()
        first, signs = len(self.tasks), self._signs
        for (process, _), event in [*self._open.items()]:
            about = {**event["args"], "rows": min(1, event["args"].get("rows", 0))}  # how many it did is not known
            self._task({**event, "dur": max(0.0, signs.get(process, 0.0) * 1e6 - event["ts"])}, about)
        return [*range(first, len(self.tasks))]

    def _put_together(self) -> None:
        """Find the ends of tasks of which something was written before, among those that were read many at once."""
        if not (self._open or self._parts):
            return
        tasks, signs, numbers = self.tasks, self._signs, self.tasks.processes
        wanted = {number for _, number in (*self._open, *self._parts)}
        for place, number in enumerate(tasks.number):
            process = tasks.process[place]
            if number in wanted:
                key = numbers[process], number
                self._open.pop(key, None)
                if parts := self._parts.pop(key, None):
                    tasks.set_parts(place, [*parts, (tasks.start[place], tasks.end[place])])
        for number, end in zip(tasks.process, tasks.end, strict=True):
            if end > signs.get(numbers[number], 0.0):
                signs[numbers[number]] = end

    def _find_parent(self, place: int, name: str) -> None:
        """Find who has made a task that came from another process: the batch says so that it was given in."""
        batch, _, number = name.partition(".")
        if batch in self._given:
            owner, tasks = self._given[batch]
            if int(number) < len(tasks):
                parent, made = tasks[int(number)][:2]
                self.tasks.set_parent(place, (owner, parent), made / 1e6)


def _aligned(trace: Trace, by_machine: dict[int, float]) -> Trace:
    """Return the trace by the clock of the program's machine."""
    if not any(by_machine.values()):
        return trace
    late = {process.number: by_machine.get(process.machine, 0.0) for process in trace.processes}
    trace.tasks.shift(late)
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
