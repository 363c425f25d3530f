"""What the numbers suggest to do, in plain words, and only where they do."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .critical_path import CriticalPath
from .functions import Function
from .workers import Times

__all__ = ["Facts", "advice"]

SHORT_TASK_SECONDS = 50e-6
ENOUGH_TASKS = 1000


class Facts(NamedTuple):
    """What advice rests on.

    Parameters:
        seconds: that the run took.
        workers: what each of them did.
        path: the critical path.
        functions: of tasks, that with most work first.
        given: how many tasks were moved; ``moved_bytes`` is their size.
        lost: how many tasks died with their workers for the last time.
        first_seconds: after how long the first task began.
    """

    seconds: float
    workers: Sequence[Times]
    path: CriticalPath
    functions: Sequence[Function]
    given: int
    moved_bytes: int
    lost: int
    first_seconds: float


def advice(facts: Facts) -> list[str]:
    """Return what to do, a sentence or two each."""
    return [*_advice(facts)] or ["No number here asks for a change."]


def _advice(facts: Facts) -> Iterator[str]:
    lived = sum(times.seconds - times.starting for times in facts.workers) or 1.0
    count = len(facts.workers)
    idle = sum(times.idle for times in facts.workers) / lived
    most = facts.path.work / (facts.path.seconds or 1.0)
    if idle > 0.25 and most < 2 * count:
        chain = facts.path.shares[0].function if facts.path.shares else "the program"
        yield (
            f"The workers were idle {idle:.0%} of their time, and the longest chain of work allows {most:.1f} times "
            "the speed of one worker at most. More workers will not help: make that chain shorter. "
            f"Most of it is {chain}."
        )
    elif idle > 0.25:
        yield (
            f"The workers were idle {idle:.0%} of their time, though the work could use {most:.0f} of them. Start "
            "tasks earlier, or make fewer of them wait for the program."
        )
    moving = sum(times.moving for times in facts.workers) / lived
    if moving > 0.1:
        mean = facts.moved_bytes / max(1, facts.given)
        yield (
            f"Packing and unpacking tasks took {moving:.0%} of the workers' time, for {_size(mean)} each on average. "
            "Share data that many tasks need as a constant (shared.setConst), or send the name of its file."
        )
    waiting = sum(times.waiting for times in facts.workers) / lived
    if waiting > 0.25:
        yield (
            f"Tasks waited for others {waiting:.0%} of the workers' time while there was nothing else to run. "
            "Have a task make all its children before it asks for the first result."
        )
    for function in facts.functions[:3]:
        if function.calls > ENOUGH_TASKS and function.median < SHORT_TASK_SECONDS and not _is_small(function, facts):
            yield (
                f"{function.name} was called {function.calls:,} times, and half of the calls took less than "
                f"{function.median * 1e6:.1f} us. A task costs some microseconds by itself: do more in each, or use "
                "a map, whose rows cost far less."
            )
    for function in facts.functions[:3]:
        if count > 1 and function.calls > count and function.longest > 0.3 * facts.seconds > 10 * function.median:
            yield (
                f"One call of {function.name} took {function.longest:.3g} s of the {facts.seconds:.3g} s of the run, "
                "far longer than the others: start it first, or split it."
            )
    if facts.lost:
        yield f"{facts.lost} tasks were lost with their workers: see what ended those, most often want of memory."
    if facts.first_seconds > 0.3 * facts.seconds and facts.seconds > 0.5:
        yield (
            f"The first task began after {facts.first_seconds:.2f} s of {facts.seconds:.2f} s: imports, and what the "
            "program does before, are most of what there is to save."
        )


def _is_small(function: Function, facts: Facts) -> bool:
    """Return whether a function has too little of the work to matter."""
    return function.total < 0.2 * facts.path.work


def _size(count: float) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.3g} {unit}"
