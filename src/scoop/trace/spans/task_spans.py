"""The lines of a trace as spans: one for each task, and one for each slice of a map, each with its parent; pure.

A task that came from another process does not know its parent. That is known where the task was given away, and
those lines may come later: until then its span waits.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

__all__ = ["PROGRAM", "Key", "TaskSpan", "TaskSpans"]

Key = tuple[int, int]
"""A task: its process, and its number there."""

PROGRAM: Key = (0, 0)
"""The parent of all that no task has made."""

MOST_BATCHES = 100_000
"""Batches of which it is kept who has made their tasks. Some of a batch may never end, if they were cancelled."""

Event = dict[str, Any]
Moment = float  # in microseconds since the trace began


class TaskSpan(NamedTuple):
    """What one task did, or one slice of a map.

    Parameters:
        key, parent: which it is, and which has made it.
        name: of its function.
        start, end: of all of it.
        waits: when it was suspended, and went on.
        failed: whether it has ended with an exception.
        attributes: what else is known of it.
    """

    key: Key
    parent: Key
    name: str
    start: Moment
    end: Moment
    waits: list[tuple[Moment, Moment]]
    failed: bool
    attributes: dict[str, str | int]


class TaskSpans:
    """Makes spans of blocks of lines, in the order in which they come from each process."""

    def __init__(self) -> None:
        self._processes: dict[int, dict[str, str | int]] = {}
        self._parts: dict[Key, list[tuple[Moment, Moment]]] = {}  # of tasks that have not ended
        self._given: dict[str, tuple[int, list[list[Any]]]] = {}  # by batch: who has given it, and its tasks
        self._left: dict[str, int] = {}  # by batch, how many of its tasks have not ended
        self._strangers: dict[str, list[tuple[int, TaskSpan]]] = {}  # by batch: who has made them is not known yet

    def of(self, block: bytes) -> Iterator[TaskSpan]:
        """Yield the spans that a block completes."""
        for event in json.loads(b"[" + block.strip().rstrip(b",") + b"]"):
            yield from self._of(event)

    def rest(self) -> Iterator[TaskSpan]:
        """Yield, at the end, the spans whose parent is not known."""
        strangers, self._strangers = self._strangers, {}
        for spans in strangers.values():
            yield from (span for _, span in spans)

    def _of(self, event: Event) -> Iterable[TaskSpan]:
        kind, about = event.get("cat"), event.get("args", {})
        if kind == "part":
            self._parts.setdefault((event["pid"], about["id"]), []).append(_times(event))
        elif kind in ("task", "rows"):
            return self._ended(event, about)
        elif kind == "move" and event["name"] == "give":
            return self._told(about["batch"], event["pid"], about["tasks"])
        elif kind is None and event["name"] == "scoop":
            self._processes[event["pid"]] = _process(about)
        return ()

    def _ended(self, event: Event, about: Event) -> Iterable[TaskSpan]:
        if not about["id"]:
            return ()  # the program itself
        span = self._span(event, about)
        batch, _, number = about.get("task", "").partition(".")
        if not batch:
            return (span,)
        if batch in self._given:
            return (self._adopted(span, batch, int(number)),)
        self._strangers.setdefault(batch, []).append((int(number), span))
        return ()

    def _told(self, batch: str, process: int, tasks: list[list[Any]]) -> Iterator[TaskSpan]:
        """Hear who has made the tasks of a batch; yield those that have waited for that."""
        self._given[batch] = process, tasks
        self._left[batch] = len(tasks)
        for number, span in self._strangers.pop(batch, ()):
            yield self._adopted(span, batch, number)
        if len(self._given) > MOST_BATCHES:
            self._forget(next(iter(self._given)))

    def _adopted(self, span: TaskSpan, batch: str, number: int) -> TaskSpan:
        """Return the span of a task that was given away, with its parent."""
        process, tasks = self._given.get(batch, (0, []))
        self._left[batch] = self._left.get(batch, 0) - 1
        if self._left[batch] <= 0:
            self._forget(batch)
        if number >= len(tasks):
            return span
        parent, _, *rows = tasks[number]
        about = dict(zip(("scoop.first_row", "scoop.rows"), rows, strict=False))
        return span._replace(parent=_key(process, parent), attributes={**span.attributes, **about})

    def _forget(self, batch: str) -> None:
        self._given.pop(batch, None)
        self._left.pop(batch, None)

    def _span(self, event: Event, about: Event) -> TaskSpan:
        key = event["pid"], about["id"]
        parts = [*self._parts.pop(key, ()), _times(event)]
        waits = [(before[1], after[0]) for before, after in pairwise(parts)]
        known = {name: about[field] for name, field in _ATTRIBUTES if field in about}
        attributes = {**self._processes.get(key[0], {}), "scoop.suspensions": len(waits), **known}
        name, parent = event["name"], _key(key[0], about.get("parent", 0))
        return TaskSpan(key, parent, name, parts[0][0], parts[-1][1], waits, about.get("failed", False), attributes)


_ATTRIBUTES = (
    ("scoop.arguments", "args"),
    ("scoop.first_row", "first"),
    ("scoop.rows", "rows"),
    ("scoop.bytes_received", "received"),
    ("scoop.bytes_sent", "sent"),
)


def _process(about: Event) -> dict[str, str | int]:
    role = "the program" if about["is_origin"] else f"worker {about['worker']}"
    return {"host.name": about["host"], "scoop.worker": f"{about['host']}: {role}"}


def _key(process: int, number: int) -> Key:
    return (process, number) if number else PROGRAM


def _times(event: Event) -> tuple[Moment, Moment]:
    return event["ts"], event["ts"] + event["dur"]
