"""Tasks that wait for others, whose results are among their arguments: so programs make graphs, and not only trees.

    submit ──> WAITING ──all have ended──> READY, and on offer
                  ├─────one has failed──> it fails, with that exception and a note
                  └─────one was cancelled──> it is cancelled

No thread and no fiber waits meanwhile. Tasks that wait are in a table of their own. The thread that takes a
task out, in one step, decides what becomes of it.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Protocol

from ...errors import add_note, name_of
from ...wire.exceptions import copy_error
from ..results import future as f
from ..results.arguments import fill, find_futures, place_of
from ..results.callbacks import Deferred
from ..results.following import end_like
from ..results.future import Future
from ..results.states import CANCELLED, WAITING
from ..tasks.task import PLAIN, TaskOptions
from .ready_table import ReadyTable

__all__ = ["Graph", "Offers"]

_WHY = "() was not called: "


class Offers(Protocol):
    """The methods of the scheduler that are needed here."""

    @property
    def ready(self) -> ReadyTable: ...
    @property
    def offer_late(self) -> Callable[[Future, Deferred | None], None]: ...
    def offer(self, future: Future, /) -> None: ...
    def look_again(self) -> None: ...


class Graph:
    """The tasks of one scheduler that depend on others.

    Each task is among the watchers of all that it depends on. The table says how many of these have not ended.
    """

    fill = staticmethod(fill)

    def __init__(self, offers: Offers) -> None:
        self._offers = offers
        self._waiting = offers.ready.waiting
        self._plain = self.of(PLAIN)

    def of(self, options: TaskOptions) -> TaskOptions:
        """Return the options of a task that depends on others."""
        return options._replace(graph=self)

    def submit(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions
    ) -> Future:
        """Submit a task, whose arguments may be futures, or may hold some: it waits until these have ended."""
        futures: Sequence[Any] = args
        left = None if kwargs else f.unfinished(args)
        if left is None:  # there are other arguments, too
            (args, kwargs), futures = find_futures(args, kwargs)
            left = f.unfinished(futures)
        if futures:
            options = self._plain if options is PLAIN else self.of(options)
        if not left:
            task = f.new_task(function, args, kwargs, options)
            self._offers.offer_late(task, None)
            return task
        task = f.new_task(function, args, kwargs, options, WAITING)
        self.add(task, left)
        return task

    def add(self, task: Future, left: Collection[Future]) -> None:
        """Have a WAITING task offered as soon as others have ended, which had not a moment ago."""
        self._waiting[task] = iter(range(len(left) - 1))  # first: from now on it may be taken out at any moment
        for each in f.depend(task, left):
            self._offers.offer(each)

    def go_on(self, task: Future, options: TaskOptions, deferred: Deferred | None) -> None:
        """Hear that something has ended with a result that a task depends on: if it was the last, offer the task."""
        left = self._waiting.get(task)
        # One step for each that has ended. After the last there is none: only its thread goes on.
        if left is not None and next(left, None) is None and self._waiting.pop(task, None) is not None:
            f.set_ready(task)
            if options is self._plain:
                self._offers.offer(task)
            else:
                self._offers.offer_late(task, deferred)

    def fail(self, task: Future, ended: Future, deferred: Deferred | None) -> Future | None:
        """End a task as something that it depends on has; return it, unless another thread has it."""
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
