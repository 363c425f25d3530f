"""Tasks that the program does not want any more: all that have not begun, see futures.shutdown; or some."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from ...wire.messages import Cancel, Message
from ..process.unasked import forget_failure
from ..results import future as f
from ..results.future import Future
from .outbox import FutureInFlight, Outbox
from .ready_table import ReadyTable

__all__ = ["Coroutines", "Givers", "Offers", "withdraw", "withdraw_all"]


class Coroutines(Protocol):
    """Those of tasks that run in this process: see engine/loops/coroutines.py."""

    def cancel_task(self, future: Future, /) -> None: ...


class Givers(Protocol):
    """The threads of a process that give tasks away: see engine/stealing/stealing.py."""

    def paused(self) -> AbstractContextManager[None]: ...


class Offers(Protocol):
    """What a process has on offer, and has sent: see engine/scheduler.py."""

    outbox: Outbox

    @property
    def ready(self) -> ReadyTable: ...
    @property
    def stealing(self) -> Givers: ...
    @property
    def coroutines(self) -> Coroutines: ...
    def claim(self, future: Future) -> bool: ...
    def send(self, message: Message, /) -> None: ...


def withdraw_all(offers: Offers) -> list[Future]:
    """Let nothing that this process has submitted begin any more, anywhere; return what may have begun elsewhere."""
    unbegun, begun = list[Future](), list[Future]()
    with offers.stealing.paused():
        for item in [*offers.ready.waiting, *offers.ready.tasks, *offers.ready.kept, *offers.ready.running]:
            if not isinstance(item, Future):
                item.withdraw()
            elif offers.claim(item):
                unbegun.append(item)
        in_flight = [*offers.outbox.in_flight.items()]
    for future in unbegun:
        f.cancel_unbegun(future)
    for batch, tasks in in_flight:
        numbers = []
        for number, task in enumerate([*tasks]):
            if task is not None and task.withdraw():
                numbers.append(number)
                if isinstance(task, FutureInFlight):
                    begun.append(task.work)
        if numbers:
            offers.send(Cancel(batch, numbers))
    return begun


def withdraw(offers: Offers, unwanted: Collection[Future]) -> None:
    """Cancel tasks that have not begun, and coroutines, here or elsewhere. Of others no failure is told."""
    left = []
    for future in unwanted:
        if offers.claim(future):
            f.cancel_unbegun(future)
        else:
            f.watch(future, forget_failure)
            offers.coroutines.cancel_task(future)
            left.append(future)
    offers.outbox.recall({future for future in left if not f.has_ended(future)})
