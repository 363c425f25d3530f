"""Tasks with limits leave the process that they are from at once: see limited_tasks.py."""

from collections.abc import Sequence
from typing import Protocol

from ...errors import TaskNotSent
from ..process.instruments import offered
from ..results import future as f
from ..results.callbacks import Deferred
from ..results.future import Future
from ..tasks.limited_tasks import refuse_limits
from .outbox import FutureInFlight, InFlight

__all__ = ["Offers", "offer", "offer_late"]


class Offers(Protocol):
    """What is needed of the scheduler."""

    @property
    def has_other_workers(self) -> bool: ...
    def offer(self, future: Future, /) -> None: ...
    def send_suspects(self, tasks: Sequence[InFlight], /) -> None: ...


def offer(scheduler: Offers, future: Future) -> None:
    """Put a READY future on offer; or send it away, if it has limits. Raises TaskNotSent if there is nobody."""
    if f.options_of(future).limits is None:
        scheduler.offer(future)
    else:
        refuse_limits(f.call_of(future)[0], scheduler.has_other_workers)
        offered(future)
        scheduler.send_suspects([FutureInFlight(future)])


def offer_late(scheduler: Offers, future: Future, deferred: Deferred | None) -> None:
    """Do the same for a future that has waited; it fails if there is nobody. With ``deferred``, pack nothing here."""
    if f.options_of(future).limits is None:
        scheduler.offer(future)
    elif deferred is not None:
        deferred.defer(lambda: offer_late(scheduler, future, None))
    else:
        try:
            offer(scheduler, future)
        except TaskNotSent as error:
            f.fail(future, error)
