"""Events as text: lines of the format that chrome://tracing, Perfetto and speedscope read, one event each.

docs/traces.md says what is in them. Times are written as whole nanoseconds, and ``e-3`` makes microseconds of them:
to write digits after a point would take Python three times as long.
"""

import json
import os
import socket
import sys
import time
from _thread import get_ident
from collections.abc import Callable, Sequence
from threading import main_thread
from time import monotonic_ns
from typing import Any

import scoop

from ..engine.process.limits import Identity
from ..errors import name_of
from .run import Mark, Run

__all__ = ["FIELDS", "Lines", "of_alike"]

_ALIKE = '%s%de-3,"dur":%de-3,"args":{"id":%d,"parent":%d,"made":%de-3,"args":"%s"}},\n'

FIELDS = _ALIKE.count("%")
"""Of one task whose line is like those of nearly all."""

_MACHINE = 10_000_000
"""More than any process has for its number: so processes of several machines have numbers of their own."""

_MOST_BEGINNINGS = 1000

_SECOND = 1_000_000_000


class Lines:
    """Makes lines of one process's events, on the threads on which these happen.

    Parameters:
        identity: of the process.
        zero: the moment at which the trace began, in seconds.
        begun: when the process began to belong to the run; None if it was started for that.
    """

    def __init__(self, identity: Identity, zero: float, begun: float | None = None) -> None:
        self._identity = identity
        self.zero = int(zero * _SECOND)
        self._begun = begun
        self._process = identity.machine * _MACHINE + os.getpid()
        self._threads: dict[int, int] = {}
        # By the numbers of functions, which are kept with them so that no other gets the same, and of threads.
        self.beginnings: dict[tuple[int, int], tuple[str, Callable[..., Any] | None]] = {}

    def process(self) -> str:
        """Return what is said of the process once, before all else."""
        identity, now = self._identity, monotonic_ns()
        role = "program" if identity.is_origin else f"worker {identity.worker}"
        host = socket.gethostname()
        begun = now - int(_age() * _SECOND) if self._begun is None else int(self._begun * _SECOND)
        about = {
            "host": host,
            "machine": identity.machine,
            "worker": identity.worker,
            "is_origin": identity.is_origin,
            "size": identity.size,
            "begun": self._us(begun),
            "up": self._us(now),
            "python": sys.version.split()[0],
            "scoop": scoop.__version__,
            "cores": os.cpu_count(),
            "program": " ".join(sys.argv)[:200] if identity.is_origin else "",
        }
        return self._about_process("process_name", {"name": f"{host}: {role}"}) + self._about_process("scoop", about)

    def end(self) -> str:
        """Return what is said of the process at its end."""
        return self._about_process("ended", {"at": self._us(monotonic_ns())})

    def alive(self) -> str:
        """Return that the process is there."""
        return self._about_process("alive", {"at": self._us(monotonic_ns())})

    def beginning(self, function: Callable[..., Any] | None) -> tuple[str, Any]:
        """Return what the lines of all tasks of a function begin with that run on the calling thread."""
        if len(self.beginnings) >= _MOST_BEGINNINGS:
            self.beginnings.clear()
        text = f'{{"ph":"X","cat":"task","name":{json.dumps(name_of(function))},{self._here()},"ts":'
        self.beginnings[id(function), get_ident()] = made = text, function
        return made

    def of(self, run: Run) -> str:
        """Return the lines of whatever has ended on the calling thread; none of a slice of which all was taken."""
        if run.rows is not None and not run.rows:
            return ""
        where, text = self._here(), ""
        if run.name is not None and run.started > run.taken:
            span = self._span(run.taken, run.started)
            text = f'{{"ph":"X","cat":"move","name":"unpack",{where},{span},"args":{{"bytes":{run.received}}}}},\n'
        name, since = _name(run), run.started
        for wait, go_on in run.waits:
            span = self._span(since, wait)
            text += f'{{"ph":"X","cat":"part","name":{name},{where},{span},"args":{{"id":{run.number}}}}},\n'
            since = go_on
        kind, span = "rows" if run.rows else "task", self._span(since, run.ended)
        return f'{text}{{"ph":"X","cat":"{kind}","name":{name},{where},{span},"args":{{{self._about(run)}}}}},\n'

    def still_open(self, run: Run) -> str:
        """Return the line of a task that is running, and may never end."""
        where = f'{self._on(main_thread().ident or 0)},"ts":{run.started - self.zero}e-3'
        return f'{{"ph":"i","s":"t","cat":"open","name":{_name(run)},{where},"args":{{{self._about(run)}}}}},\n'

    def _about(self, run: Run) -> str:
        words = f'"id":{run.number}'
        if run.mark is not None:
            words += f',"parent":{run.mark[0]},"made":{run.mark[1] - self.zero}e-3'
        if run.name is not None:
            words += f',"task":"{run.name[0]}.{run.name[1]}","received":{run.received},"sent":{run.sent}'
        if run.rows:
            words += f',"first":{run.rows.start},"rows":{len(run.rows)}'
        if run.chunk:
            words += f',"chunk":{run.chunk}'
        if run.arguments != "":
            words += f',"args":"{run.arguments}"'
        return words if run.ok else f'{words},"failed":true'

    def given(self, batch: int, tasks: Sequence[tuple[Mark, range | None]], size: int, since: int) -> str:
        """Return the line of a batch that was packed for others: who has made its tasks, and which rows they are."""
        made = [
            [mark[0], self._us(mark[1]), *([] if rows is None else [rows.start, len(rows)])] for mark, rows in tasks
        ]
        about = f'"batch":"{batch}","tasks":{json.dumps(made)},"bytes":{size}'
        where = f"{self._here()},{self._span(since, monotonic_ns())}"
        return f'{{"ph":"X","cat":"move","name":"give",{where},"args":{{{about}}}}},\n'

    def moved(self, event: str, batch: int, numbers: Sequence[int], size: int = 0) -> str:
        """Return the line of tasks, or results, that have come; or of tasks that were lost."""
        about = f'"batch":"{batch}","numbers":{json.dumps([*numbers])},"bytes":{size}'
        where = f'"pid":{self._process},"tid":0,"ts":{monotonic_ns() - self.zero}e-3'
        return f'{{"ph":"i","s":"p","cat":"move","name":"{event}",{where},"args":{{{about}}}}},\n'

    def _here(self) -> str:
        return self._on(get_ident())

    def _on(self, thread: int) -> str:
        return f'"pid":{self._process},"tid":{self._threads.setdefault(thread, len(self._threads))}'

    def _span(self, since: int, until: int) -> str:
        return f'"ts":{since - self.zero}e-3,"dur":{max(0, until - since)}e-3'

    def _us(self, moment: int) -> float:
        return (moment - self.zero) / 1e3

    def _about_process(self, name: str, about: dict[str, Any]) -> str:
        return f"{json.dumps({'ph': 'M', 'name': name, 'pid': self._process, 'args': about})},\n"


def of_alike(fields: Sequence[Any]) -> str:
    """Return the lines of tasks, all at once: that takes a quarter of the time.

    Parameters:
        fields: of each task: the text of beginning(), when it began and how long it took, its number, the number of
            what has made it and when, and its arguments.
    """
    return _ALIKE * (len(fields) // FIELDS) % (*fields,)


def _name(run: Run) -> str:
    if not run.number:
        return '"the program"'
    return json.dumps("a task that could not be rebuilt" if run.function is None else name_of(run.function))


def _age() -> float:
    """Return for how many seconds this process has lived; 0 if the system does not say."""
    try:
        with open("/proc/self/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (AttributeError, OSError, ValueError, IndexError):  # there is no /proc, or no such clock
        return 0.0
