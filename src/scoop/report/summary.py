"""All that a report says of a run, as one value for JSON: the page, the text and ``--json`` show the same."""

from collections.abc import Sequence
from typing import Any

from .advice import Facts, advice
from .critical_path import CriticalPath, critical_path, speedups
from .functions import EDGES, Function, functions_of
from .intervals import bins
from .own_time import own_times
from .trace import Process, Task, Trace
from .workers import Times, running_of, times, utilisation, workers_of

__all__ = ["SIZES", "summary", "timeline"]

SIZES = (2, 8, 64, 1000)
"""Numbers of workers for which a report says what speed is possible."""

STEPS = 200
BINS = 1200
MOST_DRAWN = 12_000
"""Tasks that the timeline has singly, the longest; of the others it shows how busy each worker was."""

MOST_FUNCTIONS = 200


def summary(trace: Trace) -> dict[str, Any]:
    """Return what there is to say of a run, without its timeline."""
    own = own_times(trace.tasks, trace.moves)
    running = running_of(trace)
    by_process = times(trace, running)
    path = critical_path(trace.tasks, own)
    functions = functions_of(trace.tasks, own)
    workers = [by_process[process.number] for process in workers_of(trace)]
    facts = _facts(trace, workers, path, functions)
    return {
        "run": _run(trace, facts),
        "workers": [_worker(process, by_process[process.number]) for process in _sorted(trace)],
        "time": dict(zip(Times._fields, map(sum, zip(*workers, strict=True)), strict=True)) if workers else {},
        "utilisation": [round(each, 4) for each in utilisation(trace, running, STEPS)],
        "functions": [function._asdict() for function in functions[:MOST_FUNCTIONS]],
        "edges": EDGES,
        "critical_path": {
            "seconds": path.seconds,
            "work": path.work,
            "speedups": {str(n): speed for n, speed in speedups(path, SIZES).items()},
            "shares": [share._asdict() for share in path.shares[:20]],
        },
        "advice": advice(facts),
    }


def timeline(trace: Trace) -> dict[str, Any]:
    """Return what to draw: for each process how busy it was, and the longest tasks, by their function's number."""
    running = running_of(trace)
    since, until = min((process.begun for process in trace.processes), default=0.0), trace.end
    since = max(since, min((process.up for process in trace.processes), default=0.0) - 0.5)
    names: dict[str, int] = {}
    drawn = sorted(trace.tasks, key=lambda task: task.start - task.end)[:MOST_DRAWN]
    rows = []
    for process in _sorted(trace):
        mine = [_drawn(task, names) for task in drawn if task.process == process.number]
        rows.append(
            {
                "label": process.label,
                "begun": process.begun,
                "up": process.up,
                "busy": [round(99 * each) for each in bins(running[process.number], since, until, BINS)],
                "tasks": mine,
            }
        )
    return {"since": since, "until": until, "names": [*names], "rows": rows, "is_all": len(drawn) == len(trace.tasks)}


def _drawn(task: Task, names: dict[str, int]) -> list[Any]:
    parts = [[round(since, 7), round(until - since, 7)] for since, until in task.parts[:100]]
    return [names.setdefault(task.function, len(names)), parts, task.arguments, task.rows, int(task.failed)]


def _sorted(trace: Trace) -> list[Process]:
    return sorted(trace.processes, key=lambda p: (not p.is_origin, p.machine, p.worker, p.begun))


def _facts(trace: Trace, workers: Sequence[Times], path: CriticalPath, functions: Sequence[Function]) -> Facts:
    given = [move for move in trace.moves if move.kind == "give"]
    begun = min((process.begun for process in trace.processes), default=0.0)
    first = min((task.start for task in trace.tasks if not task.is_program), default=begun)
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
    tasks = [task for task in trace.tasks if not task.is_program and not task.rows and not task.chunk]
    returned = sum(move.bytes for move in trace.moves if move.kind == "returned")
    return {
        "program": about.get("program", ""),
        "seconds": facts.seconds,
        "tasks": len(tasks),
        "rows": sum(task.rows for task in trace.tasks),
        "failed": sum(task.failed for task in trace.tasks if not task.chunk),
        "moved": facts.given,
        "moved_bytes": facts.moved_bytes,
        "returned_bytes": returned,
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
