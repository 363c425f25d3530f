"""Tasks with limits, or that need resources, leave the process that they are from at once: see limited_tasks.py."""

from collections.abc import Sequence
from typing import Protocol

from ...errors import TaskNotSent
from ..process.instruments import offered
from ..process.limits import Limits
from ..results import future as f
from ..results.callbacks import Deferred
from ..results.future import Future
from ..tasks.limited_tasks import refuse_limits
from ..tasks.needs import refuse_needs
from ..tasks.task import TaskOptions
from .outbox import FutureInFlight, InFlight
from .ready_table import ReadyTable

__all__ = ["Offers", "Runs", "check", "offer", "offer_late"]


class Runs(Protocol):
    """The parts of the scheduler that a check needs."""

    limits: Limits

    @property
    def has_other_workers(self) -> bool: ...


class Offers(Runs, Protocol):
    """The methods of the scheduler that are needed here."""

    ready: ReadyTable

    def offer(self, future: Future, /) -> None: ...
    def send_suspects(self, tasks: Sequence[InFlight], /) -> None: ...


def offer(scheduler: Offers, future: Future) -> None:
    """Put a READY future on offer; or send it away, if it has limits. Raises TaskNotSent if no worker is there."""
    options = f.options_of(future)
    if options.leaves:
        check(scheduler, f.call_of(future)[0], options)
        offered(future)
        scheduler.send_suspects([FutureInFlight(future)])
        return
    if options.priority:
        scheduler.ready.urgent.add(future, options.priority)
    scheduler.offer(future)


def check(scheduler: Runs, function: object, options: TaskOptions) -> None:
    """Raise TaskNotSent if no other process could run tasks of a function, or none has what they need."""
    if options.needs:
        refuse_needs(function, options.needs, scheduler.limits.resources)
    if options.leaves:
        refuse_limits(function, scheduler.has_other_workers)


def offer_late(scheduler: Offers, future: Future, deferred: Deferred | None) -> None:
    """Do the same for a future that has waited; without a worker it fails. With ``deferred``, pack nothing here."""
    if deferred is not None and f.options_of(future).leaves:
        deferred.defer(lambda: offer_late(scheduler, future, None))
    else:
        try:
            offer(scheduler, future)
        except TaskNotSent as error:
            f.fail(future, error)
