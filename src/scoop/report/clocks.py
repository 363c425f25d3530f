"""How much the clocks of other machines are ahead of the program's, by the journeys of tasks and results.

No task arrives before it was sent, and no result either. The shortest journey there, and the shortest one back, are
taken to have lasted equally long, as NTP does.
"""

from collections.abc import Iterable

from .trace import Trace

__all__ = ["offsets"]


def offsets(trace: Trace) -> dict[int, float]:
    """Return by machine how many seconds its clock is ahead, if tasks went there from the program's machine."""
    machine = {process.number: process.machine for process in trace.processes}
    if len({*machine.values()}) < 2:
        return {}
    given = {m.batch: (machine.get(m.process, 0), m.until) for m in trace.moves if m.kind == "give"}
    tasks, numbers = trace.tasks, trace.tasks.processes
    ends = {
        name: (machine.get(numbers[tasks.process[each]], 0), tasks.end[each]) for each, name in tasks.names.items()
    }
    there: dict[int, list[float]] = {}
    back: dict[int, list[float]] = {}
    for move in trace.moves:
        here = machine.get(move.process, 0)
        if move.kind == "received" and here and given.get(move.batch, (1, 0.0))[0] == 0:
            there.setdefault(here, []).append(move.since - given[move.batch][1])
        elif move.kind == "returned" and not here:
            for number in move.numbers:
                away, end = ends.get(f"{move.batch}.{number}", (0, 0.0))
                if away:
                    back.setdefault(away, []).append(move.since - end)
    return {each: _ahead(there[each], back.get(each, ())) for each in there}


def _ahead(there: Iterable[float], back: Iterable[float]) -> float:
    """Return how far a clock is ahead that makes journeys there seem so much longer, and journeys back shorter.

    >>> _ahead([7.5, 7.1, 9], [-6.9, -6.5])
    7.0
    """
    forth, home = min(there), min(back, default=None)
    return min(0.0, forth) if home is None else (forth - home) / 2
