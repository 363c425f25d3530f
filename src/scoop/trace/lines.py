"""Events as text: lines of the format that chrome://tracing, Perfetto and speedscope read, one event each.

docs/traces.md says what is in them.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from threading import main_thread
from time import monotonic
from typing import Any

import scoop

from ..engine.process.limits import Identity
from ..errors import name_of
from .run import Given, Mark, Moved, Run

__all__ = ["Lines"]

_MACHINE = 10_000_000
"""More than any process has for its number: so processes of several machines have numbers of their own."""

_MOST_NAMES = 1000

_SHORT = '%s%.2f,"dur":%.2f,"args":{"id":%d,"parent":%d,"made":%.2f%s}},\n'


class Lines:
    """Makes lines of one process's events.

    Parameters:
        identity: of the process.
        zero: the moment at which the trace began.
        begun: when the process began to belong to the run; None if it was started for that.
    """

    def __init__(self, identity: Identity, zero: float, begun: float | None = None) -> None:
        self._identity = identity
        self._zero = zero
        self._begun = begun
        self._process = identity.machine * _MACHINE + os.getpid()
        self._names: dict[int, tuple[object, str]] = {}
        self._threads: dict[int, int] = {}
        self._beginnings: dict[tuple[int, int], str] = {}  # by function, which is among the names, and thread

    def process(self) -> bytes:
        """Return what is said of the process once, before all else."""
        identity, now = self._identity, monotonic()
        role = "program" if identity.is_origin else f"worker {identity.worker}"
        host = socket.gethostname()
        about = {
            "host": host,
            "machine": identity.machine,
            "worker": identity.worker,
            "is_origin": identity.is_origin,
            "size": identity.size,
            "begun": self._us(now - _age() if self._begun is None else self._begun),
            "up": self._us(now),
            "python": sys.version.split()[0],
            "scoop": scoop.__version__,
            "cores": os.cpu_count(),
            "program": " ".join(sys.argv)[:200] if identity.is_origin else "",
        }
        return self._text(
            [
                {"ph": "M", "name": "process_name", "pid": self._process, "args": {"name": f"{host}: {role}"}},
                {"ph": "M", "name": "scoop", "pid": self._process, "args": about},
            ]
        )

    def end(self) -> bytes:
        """Return what is said of the process at its end."""
        return self._text([{"ph": "M", "name": "ended", "pid": self._process, "args": {"at": self._us(monotonic())}}])

    def still_open(self, runs: Sequence[Run]) -> bytes:
        """Return the lines of tasks that are running, and may never end; and that the process is there."""
        lines = "".join(map(self._open, runs)).encode("ascii", "replace")
        alive = {"ph": "M", "name": "alive", "pid": self._process, "args": {"at": self._us(monotonic())}}
        return lines + self._text([alive])

    def of(self, events: Sequence[Run | Given | Moved]) -> bytes:
        """Return the lines of events."""
        found: list[str] = []
        for event in events:
            if type(event) is Run:
                if event.mark is not None and not event.waits and event.ok and not event.rows:
                    found.append(self._short(event, event.mark))
                else:
                    found += self._run(event)
            else:
                found += self._given(event) if type(event) is Given else self._moved(event)  # type: ignore[arg-type]
        return "".join(found).encode("ascii", "replace")

    def _short(self, run: Run, mark: Mark) -> str:
        """Do as _run, sooner, for what nearly all tasks are that there are many of."""
        key, since, zero, text = (id(run.function), run.thread), run.started, self._zero, run.arguments
        return _SHORT % (
            self._beginnings.get(key) or self._beginning(key, run),
            (since - zero) * 1e6,
            (run.ended - since) * 1e6,
            run.number,
            mark[0],
            (mark[1] - zero) * 1e6,
            "" if text == "" else _words(text),
        )

    def _beginning(self, key: tuple[int, int], run: Run) -> str:
        """Return what the lines of all tasks of a function begin with that run on one thread."""
        name = self._name(run)
        made = f'{{"ph":"X","cat":"task","name":{name},"pid":{self._process},"tid":{self._thread(run.thread)},"ts":'
        self._beginnings[key] = made
        return made

    def _run(self, run: Run) -> Iterator[str]:
        where = f'"pid":{self._process},"tid":{self._thread(run.thread)}'
        if run.name is not None and run.started > run.taken:
            span = self._span(run.taken, run.started)
            yield f'{{"ph":"X","cat":"move","name":"unpack",{where},{span},"args":{{"bytes":{run.received}}}}},\n'
        name, about = self._name(run), f'"id":{run.number}{self._about(run)}'
        since = run.started
        for wait, go_on in run.waits:
            span = self._span(since, wait)
            yield f'{{"ph":"X","cat":"part","name":{name},{where},{span},"args":{{"id":{run.number}}}}},\n'
            since = go_on
        kind, span = "rows" if run.rows else "task", self._span(since, run.ended)
        yield f'{{"ph":"X","cat":"{kind}","name":{name},{where},{span},"args":{{{about}}}}},\n'

    def _open(self, run: Run) -> str:
        thread = self._thread(run.thread or main_thread().ident or 0)
        where = f'"pid":{self._process},"tid":{thread},"ts":{self._us(run.started):.2f}'
        about = f'"id":{run.number}{self._about(run)}'
        return f'{{"ph":"i","s":"t","cat":"open","name":{self._name(run)},{where},"args":{{{about}}}}},\n'

    def _about(self, run: Run) -> str:
        words = ""
        if run.mark is not None:
            words = f',"parent":{run.mark[0]},"made":{self._us(run.mark[1]):.2f}'
        if run.name is not None:
            words += f',"task":"{run.name[0]}.{run.name[1]}","received":{run.received},"sent":{run.sent}'
        if run.rows:
            words += f',"first":{run.rows.start},"rows":{len(run.rows)}'
        if run.chunk:
            words += f',"chunk":{run.chunk}'
        if run.arguments != "":
            words += _words(run.arguments)
        return words if run.ok else f'{words},"failed":true'

    def _given(self, given: Given) -> Iterator[str]:
        tasks = [
            [mark[0], round(self._us(mark[1]), 2), *([] if rows is None else [rows.start, len(rows)])]
            for mark, rows in given.tasks
        ]
        span = self._span(given.since, given.until)
        about = f'"batch":"{given.batch}","tasks":{json.dumps(tasks)},"bytes":{given.size}'
        where = f'"pid":{self._process},"tid":{self._thread(given.thread)}'
        yield f'{{"ph":"X","cat":"move","name":"give",{where},{span},"args":{{{about}}}}},\n'

    def _moved(self, moved: Moved) -> Iterator[str]:
        about = f'"batch":"{moved.batch}","numbers":{json.dumps(moved.numbers)},"bytes":{moved.size}'
        where = f'"pid":{self._process},"tid":0,"ts":{self._us(moved.when):.2f}'
        yield f'{{"ph":"i","s":"p","cat":"move","name":"{moved.event}",{where},"args":{{{about}}}}},\n'

    def _name(self, run: Run) -> str:
        if not run.number:
            return '"the program"'
        function = run.function
        known = self._names.get(id(function))
        if known is None:
            if len(self._names) >= _MOST_NAMES:
                self._names.clear()
                self._beginnings.clear()
            name = "a task that could not be rebuilt" if function is None else name_of(function)
            known = self._names[id(function)] = function, json.dumps(name)
        return known[1]

    def _thread(self, thread: int) -> int:
        return self._threads.setdefault(thread, len(self._threads))

    def _span(self, since: float, until: float) -> str:
        return f'"ts":{(since - self._zero) * 1e6:.2f},"dur":{max(0.0, until - since) * 1e6:.2f}'

    def _us(self, moment: float) -> float:
        return (moment - self._zero) * 1e6

    def _text(self, events: Sequence[dict[str, Any]]) -> bytes:
        return "".join(f"{json.dumps(event)},\n" for event in events).encode()


def _words(arguments: str | int) -> str:
    return f',"args":"{arguments}"' if type(arguments) is int else f',"args":{json.dumps(arguments)}'


def _age() -> float:
    """Return for how many seconds this process has lived; 0 if the system does not say."""
    try:
        with open("/proc/self/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (AttributeError, OSError, ValueError, IndexError):  # there is no /proc, or no such clock
        return 0.0
