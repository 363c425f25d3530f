"""All that a report says of a run, as one value for JSON: the page, the text and ``--json`` show the same."""

from collections.abc import Sequence
from typing import Any

from .advice import Facts, advice
from .critical_path import CriticalPath, critical_path, speedups
from .families import Families
from .functions import EDGES, Function, functions_of
from .own_time import OwnTimes
from .pieces import Pieces
from .trace import Process, Trace
from .workers import Times, running_of, sorted_processes, times, utilization, workers_of

__all__ = ["MOST_UNFINISHED", "SIZES", "summary"]

SIZES = (2, 8, 64, 1000)
"""Numbers of workers for which a report says what speed is possible."""

STEPS = 200
MOST_FUNCTIONS = 200
MOST_UNFINISHED = 100


def summary(trace: Trace, pieces: Pieces) -> dict[str, Any]:
    """Return what there is to say of a run, without its timeline."""
    tasks, families = trace.tasks, Families(trace.tasks)
    own, running = OwnTimes(tasks, families, pieces), running_of(trace, pieces)
    by_process = times(trace, running)
    path = critical_path(tasks, families, own)
    functions = functions_of(tasks, own)
    workers = [by_process[process.number] for process in workers_of(trace)]
    facts = _facts(trace, workers, path, functions)
    return {
        "run": _run(trace, facts),
        "unfinished": _unfinished(trace),
        "workers": [_worker(process, by_process[process.number]) for process in sorted_processes(trace)],
        "time": dict(zip(Times._fields, map(sum, zip(*workers, strict=True)), strict=True)) if workers else {},
        "utilization": [round(each, 4) for each in utilization(trace, running, STEPS)],
        "functions": [
            {**function._asdict(), "memory": trace.memory.get(function.name, 0)}
            for function in functions[:MOST_FUNCTIONS]
        ],
        "edges": EDGES,
        "critical_path": {
            "seconds": path.seconds,
            "work": path.work,
            "speedups": {str(n): speed for n, speed in speedups(path, SIZES).items()},
            "shares": [share._asdict() for share in path.shares[:20]],
        },
        "advice": advice(facts),
    }


def _unfinished(trace: Trace) -> list[dict[str, Any]]:
    """Return the tasks that never ended, those that ran longest first."""
    labels = {process.number: process.label for process in trace.processes}
    tasks = trace.tasks
    places = [place for place in trace.unfinished if tasks.number[place] and not tasks.chunk[place]]
    places.sort(key=lambda place: tasks.start[place] - tasks.end[place])
    return [
        {
            "function": tasks.functions[tasks.function[place]],
            "arguments": tasks.arguments(place),
            "worker": labels.get(tasks.processes[tasks.process[place]], ""),
            "since": tasks.start[place],
            "seconds": tasks.end[place] - tasks.start[place],
        }
        for place in places[:MOST_UNFINISHED]
    ]


def _facts(trace: Trace, workers: Sequence[Times], path: CriticalPath, functions: Sequence[Function]) -> Facts:
    given = [move for move in trace.moves if move.kind == "give"]
    begun = min((process.begun for process in trace.processes), default=0.0)
    tasks = trace.tasks
    first = min((start for start, number in zip(tasks.start, tasks.number, strict=True) if number), default=begun)
    return Facts(
        trace.end - begun,
        workers,
        path,
        functions,
        sum(len(move.numbers) for move in given),
        sum(move.bytes for move in given),
        sum(len(move.numbers) for move in trace.moves if move.kind == "lost"),
        first - begun,
    )


def _run(trace: Trace, facts: Facts) -> dict[str, Any]:
    origin = next((process for process in trace.processes if process.is_origin), None)
    about = origin.about if origin else {}
    tasks = trace.tasks
    alone = sum(
        1
        for number, rows, chunk in zip(tasks.number, tasks.rows, tasks.chunk, strict=True)
        if number and not rows and not chunk
    )
    returned = sum(move.bytes for move in trace.moves if move.kind == "returned")
    return {
        "program": about.get("program", ""),
        "seconds": facts.seconds,
        "tasks": alone,
        "rows": sum(tasks.rows),
        "failed": sum(1 for failed, chunk in zip(tasks.failed, tasks.chunk, strict=True) if failed and not chunk),
        "unfinished": sum(1 for place in trace.unfinished if tasks.number[place] and not tasks.chunk[place]),
        "moved": facts.given,
        "moved_bytes": facts.moved_bytes,
        "returned_bytes": returned,
        "has_memory": bool(trace.memory),
        "repeated": _repeated(trace),
        "lost": facts.lost,
        "workers": _size(trace),
        "came_later": _came_later(trace),
        "hosts": sorted({process.host for process in trace.processes}),
        "cores": {process.host: process.about.get("cores") for process in trace.processes},
        "python": about.get("python", ""),
        "scoop": about.get("scoop", ""),
        "is_whole": trace.is_whole,
        "blocks_left_out": trace.blocks_left_out,
    }


def _repeated(trace: Trace) -> int:
    """Return how many tasks that were moved came to a second worker: the first one has died, or given them back."""
    came: dict[tuple[str, int], int] = {}
    for move in trace.moves:
        if move.kind == "received":
            for number in move.numbers:
                came[move.batch, number] = came.get((move.batch, number), 0) + 1
    return sum(1 for count in came.values() if count > 1)


def _came_later(trace: Trace) -> int:
    """Return how many workers came after those of the start: for others that ended, or from machines that joined."""
    return max(0, len(workers_of(trace)) - _size(trace))


def _size(trace: Trace) -> int:
    """Return how many workers the run was started with, or has had if the trace does not say."""
    sizes = [process.about.get("size") for process in trace.processes if process.is_origin]
    return sizes[0] if sizes and isinstance(sizes[0], int) else len(workers_of(trace))


def _worker(process: Process, times: Times) -> dict[str, Any]:
    return {"label": process.label, "is_origin": process.is_origin, **times._asdict()}
