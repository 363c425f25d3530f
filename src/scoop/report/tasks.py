"""The tasks of a trace, by columns: a million objects, one each, would have half a kilobyte each."""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from .intervals import Interval
from .task import Key, Task

__all__ = ["Tasks"]

NOBODY = -1
"""For the number of a parent that is not known."""


class _Numbers(dict[Any, int]):
    """Numbers what it is asked for, from 0 on, in the order in which that came."""

    def __missing__(self, thing: Any) -> int:
        return self.setdefault(thing, len(self))


class Tasks:
    """Tasks, which are numbered in the order in which they came. The columns are the fields of Task.

    Parameters of ``extend`` are columns, too. ``functions`` and ``processes`` are what numbers stand for in
    ``function``, and in ``process`` and ``parent_process``. ``parts`` is known of suspended tasks only.
    """

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self.process, self.parent_process = array("i"), array("i")
        self.number, self.parent, self.thread = array("q"), array("q"), array("q")
        self.function, self.rows, self.chunk, self.failed = array("i"), array("q"), array("q"), array("b")
        self.start, self.end, self.made = array("d"), array("d"), array("d")
        self.parts: dict[int, Sequence[Interval]] = {}
        self.names: dict[int, str] = {}  # of tasks that came from other processes: batch and number
        self._functions, self._processes = _Numbers(), _Numbers()
        self._texts, self._text_ends = bytearray(), array("q")  # of arguments, as JSON
        for task in tasks:
            self.add(task)

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Task]:
        return map(self.task, range(len(self)))

    @property
    def functions(self) -> list[str]:
        return [*self._functions]

    @property
    def processes(self) -> list[int]:
        return [*self._processes]

    def add(self, task: Task) -> None:
        """Add one task."""
        place = len(self)
        if len(task.parts) > 1:
            self.parts[place] = task.parts
        if task.task:
            self.names[place] = task.task
        owner, parent = task.parent or (task.process, NOBODY)
        text = json.dumps(task.arguments).encode() if task.arguments else b""
        self._append([task.function], [task.process], [text])
        self.parent_process.append(self._processes[owner])
        for name, value in (
            ("number", task.number),
            ("thread", task.thread),
            ("parent", parent),
            ("made", task.made),
        ):
            getattr(self, name).append(value)
        for name in ("start", "end", "rows", "chunk", "failed"):
            getattr(self, name).append(getattr(task, name))

    def extend(
        self,
        function: Sequence[str],
        process: Sequence[int],
        thread: Iterable[int],
        start: Sequence[float],
        end: Iterable[float],
        number: Iterable[int],
        parent: Iterable[int],
        made: Iterable[float],
        texts: Sequence[bytes],
    ) -> None:
        """Add tasks that ran without a break, in the process that has made them. ``texts``: arguments as JSON."""
        self._append(function, process, texts)
        self.parent_process.extend(self.process[len(self.parent_process) :])
        self.thread.extend(thread)
        self.start.extend(start)
        self.end.extend(end)
        self.number.extend(number)
        self.parent.extend(parent)
        self.made.extend(made)
        zeros = bytes(8 * len(start))
        self.rows.frombytes(zeros)
        self.chunk.frombytes(zeros)
        self.failed.frombytes(zeros[: len(start)])

    def _append(self, function: Sequence[str], process: Sequence[int], texts: Sequence[bytes]) -> None:
        functions, processes = self._functions, self._processes
        self.function.extend([functions[each] for each in function])
        self.process.extend([processes[each] for each in process])
        ends = accumulate(map(len, texts), initial=len(self._texts))
        next(ends)
        self._text_ends.extend(ends)
        self._texts += b"".join(texts)

    def set_parent(self, place: int, parent: Key, made: float) -> None:
        """Say who has made a task, and when."""
        process, self.parent[place] = parent
        self.parent_process[place] = self._processes[process]
        self.made[place] = made

    def set_parts(self, place: int, parts: Sequence[Interval]) -> None:
        """Say when a task ran, which was suspended in between."""
        self.parts[place] = parts
        self.start[place] = parts[0][0]

    def shift(self, by_process: dict[int, float]) -> None:
        """Set the clocks of processes back, by so many seconds."""
        late = [by_process.get(process, 0.0) for process in self._processes]
        for place, process in enumerate(self.process):
            if by := late[process]:
                self.start[place] -= by
                self.end[place] -= by
                if parts := self.parts.get(place):
                    self.parts[place] = [(since - by, until - by) for since, until in parts]
            self.made[place] -= late[self.parent_process[place]]

    def arguments(self, place: int) -> str:
        """Return the beginning of the arguments of a task."""
        text = self._texts[self._text_ends[place - 1] if place else 0 : self._text_ends[place]]
        return str(json.loads(text)) if text else ""

    def parts_of(self, place: int) -> Sequence[Interval]:
        """Return when a task ran."""
        return self.parts.get(place) or [(self.start[place], self.end[place])]

    def task(self, place: int) -> Task:
        """Return all of one task."""
        parent = self.parent[place]
        return Task(
            self.processes[self.process[place]],
            self.number[place],
            self.functions[self.function[place]],
            self.parts_of(place),
            None if parent == NOBODY else (self.processes[self.parent_process[place]], parent),
            self.made[place],
            self.thread[place],
            self.arguments(place),
            self.rows[place],
            self.chunk[place],
            bool(self.failed[place]),
            self.names.get(place, ""),
        )
