"""What is drawn of a run over time: for each process how busy it was, and the longest tasks."""

from heapq import nsmallest
from operator import sub
from typing import Any

from .intervals import bins
from .pieces import Pieces
from .trace import Trace
from .workers import running_of, sorted_processes

__all__ = ["timeline"]

BINS = 1200
MOST_DRAWN = 12_000
"""Tasks that the timeline has singly, the longest; of the others it shows how busy each worker was."""

MOST_PARTS = 100


def timeline(trace: Trace, pieces: Pieces) -> dict[str, Any]:
    """Return what to draw, for JSON. A task has the number of its function."""
    tasks, running = trace.tasks, running_of(trace, pieces)
    since, until = min((process.begun for process in trace.processes), default=0.0), trace.end
    since = max(since, min((process.up for process in trace.processes), default=0.0) - 0.5)
    lengths = [*map(sub, tasks.start, tasks.end)]
    drawn: dict[int, list[Any]] = {}
    unfinished = {*trace.unfinished}
    for place in nsmallest(MOST_DRAWN, range(len(tasks)), key=lengths.__getitem__):
        parts = [[round(begin, 7), round(end - begin, 7)] for begin, end in tasks.parts_of(place)[:MOST_PARTS]]
        state = 2 if place in unfinished else tasks.failed[place]
        about = [tasks.function[place], parts, tasks.arguments(place), tasks.rows[place], state]
        drawn.setdefault(tasks.processes[tasks.process[place]], []).append(about)
    rows = [
        {
            "label": process.label,
            "begun": process.begun,
            "up": process.up,
            "busy": [round(99 * each) for each in bins(running[process.number], since, until, BINS)],
            "tasks": drawn.get(process.number, []),
        }
        for process in sorted_processes(trace)
    ]
    return {
        "since": since,
        "until": until,
        "names": tasks.functions,
        "rows": rows,
        "is_all": len(tasks) <= MOST_DRAWN,
    }
