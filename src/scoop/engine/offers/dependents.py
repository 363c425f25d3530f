"""Tasks that wait for others, whose results are among their arguments: so programs make graphs, and not only trees.

    submit ──> WAITING ──all have ended──> READY, and on offer
                  ├─────one has failed──> it fails, with that exception and a note
                  └─────one was cancelled──> it is cancelled

No thread and no fiber waits meanwhile. Tasks that wait are in a table of their own. The thread that takes a
task out, in one step, decides what becomes of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ...errors import add_note, name_of
from ...wire.exceptions import copy_error
from ..results import future as f
from ..results.arguments import fill, find_futures, place_of
from ..results.callbacks import Deferred
from ..results.following import end_like
from ..results.future import Future
from ..results.states import CANCELLED
from ..results.watchers import Link
from ..tasks.task import PLAIN, TaskOptions
from .ready_table import ReadyTable

__all__ = ["Offers", "offer_after", "submit_task"]

_DEPENDENT = TaskOptions(fill=fill)
_WHY = "() was not called: "


class Offers(Protocol):
    """The methods of the scheduler that are needed here."""

    @property
    def ready(self) -> ReadyTable: ...
    @property
    def offer_late(self) -> Callable[[Future, Deferred | None], None]: ...
    def offer(self, future: Future, /) -> None: ...
    def look_again(self) -> None: ...


def submit_task(
    offers: Offers, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions
) -> Future:
    """Submit a task, some of whose arguments may be futures, or may hold some: it waits until these have ended."""
    (args, kwargs), dependencies = find_futures(args, kwargs)
    if dependencies:
        options = _DEPENDENT if options is PLAIN else options._replace(fill=fill)
    task = f.new_task(function, args, kwargs, options)
    left = {each for each in dependencies if not f.has_succeeded(each)}
    if left:
        offer_after(offers, task, left)
    else:
        offers.offer_late(task, None)
    return task


def offer_after(offers: Offers, task: Future, left: set[Future]) -> None:
    """Offer a task as soon as others have ended."""
    f.set_waiting(task, left)
    offers.ready.waiting[task] = True  # first: from now on it may be taken out at any moment
    link = _Dependency(offers, task, left)
    for each in [*left]:
        if f.offer_made(each):
            offers.offer(each)
        f.watch(each, link)


class _Dependency(Link):
    """Has a task go on when what it depends on has ended."""

    __slots__ = ("_left", "_offers", "_task")

    def __init__(self, offers: Offers, task: Future, left: set[Future]) -> None:
        self._offers = offers
        self._task = task
        self._left = left

    def follow(self, ended: Future, deferred: Deferred | None) -> Future | None:
        if not f.has_succeeded(ended):
            return self._fail(ended, deferred)
        self._left.discard(ended)
        # Two threads may both find that nothing is left: one of them gets the task.
        if not self._left and self._offers.ready.claim_waiting(self._task):
            f.set_ready(self._task)
            self._offers.offer_late(self._task, deferred)
        return None

    def _fail(self, ended: Future, deferred: Deferred | None) -> Future | None:
        """End the task as what it depends on has; return it, unless another thread has it."""
        task = self._task
        if not self._offers.ready.claim_waiting(task):
            return None
        if ended.cancelled():
            f.finish(task, CANCELLED, None, deferred)
        else:
            function, args, kwargs = f.call_of(task)
            end_like(task, ended, partial(_explained, function, place_of(ended, args, kwargs)), deferred)
        self._offers.look_again()  # the program may have ended, and wait for this only
        return task


def _explained(function: Callable[..., Any], place: str, error: BaseException) -> BaseException:
    """Return a copy of an exception, with a note of why a call was not made; and with no other note of this kind."""
    copy = copy_error(error)
    if copy is not error:
        notes = vars(copy).get("__notes__", [])
        notes[:] = [note for note in notes if _WHY not in note]
        add_note(copy, f"scoop: {name_of(function)}{_WHY}{place} is a future that failed with this")
    return copy
