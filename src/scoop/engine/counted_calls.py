"""Counting the tasks of a process that makes very many: for a few hundredths of what each costs.

A call more for each task would cost more than that. So here are the two functions that nearly all tasks pass, as the
scheduler has them, and each counts.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple, Protocol

from ..wire.status_page import ASKED, StatusPage
from .listening import Heard
from .offers.ready_table import ReadyTable
from .process import instruments
from .process.instruments import Step
from .results import future as f
from .results.future import Future

__all__ = ["CountedCalls", "counted_calls", "install"]

Join = Callable[[Future, float | None], None]


class Stealing(Protocol):
    def heed_flags(self) -> None: ...


class Scheduler(Heard, Protocol):
    """The functions of the scheduler that are replaced, and what they need."""

    has_room: Callable[[], bool]

    @property
    def ready(self) -> ReadyTable: ...
    @property
    def stealing(self) -> Stealing: ...
    def is_tiny(self, future: Future) -> bool: ...


class CountedCalls(NamedTuple):
    """The functions of one scheduler that count. ``counts`` returns how many tasks were made, and have ended."""

    offer: Step
    join: Join
    run: Step
    counts: Callable[[], tuple[int, int]]


def install(scheduler: Scheduler, calls: CountedCalls) -> bool:
    """Have the tasks of a process only counted, if no other instrument hears of each; return whether that is so."""
    if len(instruments.listening()) != 1:
        return False
    scheduler.offer, scheduler.join, scheduler.run_task = calls.offer, calls.join, calls.run
    return True


def counted_calls(scheduler: Scheduler, page: StatusPage, worker: int) -> CountedCalls:
    """Return the functions that count for a scheduler, whose functions are its own as yet."""
    tasks: MutableMapping[Any, bool] = scheduler.ready.tasks
    flags, cell = page.flags, page.cell(worker)
    has_room, join, run = scheduler.has_room, scheduler.join, f.run
    made = ended = 0  # no thread is interrupted within an addition to one of these

    def offer_and_count(future: Future) -> None:
        nonlocal made
        made += 1
        tasks[future] = True
        if (asked := flags[cell]) and not (asked == ASKED and scheduler.is_tiny(future)):
            scheduler.stealing.heed_flags()

    def join_and_count(future: Future, timeout: float | None) -> None:
        nonlocal ended
        if timeout is None and has_room() and tasks.pop(future, False):
            try:
                run(future)
            except BaseException:
                if f.is_ready(future):
                    tasks[future] = True
                raise
            ended += 1
            del future  # a traceback may keep this frame alive: see future.run
        else:
            join(future, timeout)

    def run_and_count(future: Future) -> None:
        nonlocal ended
        run(future)
        ended += 1
        del future

    return CountedCalls(offer_and_count, join_and_count, run_and_count, lambda: (made, ended))
