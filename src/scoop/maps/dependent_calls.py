"""Calls of an executor that wait for others, whose results are among their arguments.

Such a call has a task, which waits as all do: see engine/offers/dependents.py. When the others have ended, the task
is not run: its call is put into the queue.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from ..engine.offers.dependents import Graph
from ..engine.offers.ready_table import ReadyTable
from ..engine.results import future as f
from ..engine.results.call_future import CallFuture
from ..engine.results.callbacks import Deferred
from ..engine.results.future import Future
from ..engine.results.states import WAITING
from ..engine.tasks.task import TaskOptions
from .calls_in_flight import SubmittedCall

__all__ = ["DependentCalls"]

T = TypeVar("T")


class Scheduler(Protocol):
    """The methods of the scheduler that are needed here."""

    @property
    def ready(self) -> ReadyTable: ...
    def offer(self, future: Future, /) -> None: ...
    def defer(self, call: Callable[[], object], /) -> None: ...
    def look_again(self) -> None: ...


class DependentCalls:
    """The calls of one executor that wait for others.

    Parameters:
        scheduler: of the executor.
        put: puts a call into the queue.
    """

    def __init__(self, scheduler: Scheduler, put: Callable[[SubmittedCall], None]) -> None:
        self.ready = scheduler.ready
        self.look_again = scheduler.look_again
        self.offer = scheduler.offer
        self._scheduler = scheduler
        self._put = put
        self._graph = Graph(self)
        self._futures: dict[Future, CallFuture[Any]] = {}

    def submit(
        self,
        function: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: TaskOptions,
        dependencies: list[Future],
    ) -> CallFuture[T]:
        """Have a call made when all that it depends on has ended; return its future."""
        future: CallFuture[T] = CallFuture()
        task = f.new_task(function, args, kwargs, self._graph.of(options), WAITING)
        self._futures[task] = future
        task.add_done_callback(self._show)
        future.add_done_callback(partial(self._withdraw, task))
        self._graph.add(task, dependencies)
        return future

    def offer_late(self, task: Future, _: Deferred | None) -> None:
        """Hear that all has ended that a call waits for. Not here: results may have to be unpacked."""
        self._scheduler.defer(partial(self._put_filled, task))

    def _put_filled(self, task: Future) -> None:
        future = self._futures.pop(task)
        function, args, kwargs = f.call_of(task)
        try:
            args, kwargs = self._graph.fill(args, kwargs)
        except Exception as error:  # a result could not be unpacked
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
        else:
            self._put(SubmittedCall(future, function, args, kwargs, f.options_of(task)._replace(graph=None)))

    def _withdraw(self, task: Future, future: CallFuture[Any]) -> None:
        """Hear that the future of a call has ended: if it was cancelled, the call waits no more."""
        if future.cancelled() and self.ready.claim_waiting(task):
            f.cancel_unbegun(task)

    def _show(self, task: Future) -> None:
        """Show that a call will not be made."""
        future = self._futures.pop(task)
        if future.cancelled():
            future.set_running_or_notify_cancel()
        else:
            future.show(task)
