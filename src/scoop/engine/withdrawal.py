"""The program wants nothing more of what has not begun: see futures.shutdown."""

from contextlib import AbstractContextManager
from typing import Protocol

from ..wire.messages import Cancel, Message
from . import future as f
from .future import Future
from .outbox import Outbox
from .ready_table import ReadyTable

__all__ = ["withdraw_all"]


class Givers(Protocol):
    """The threads of a process that give tasks away: see engine/stealing.py."""

    def paused(self) -> AbstractContextManager[None]: ...


class Offers(Protocol):
    """What a process has on offer, and has sent: see engine/scheduler.py."""

    ready: ReadyTable
    outbox: Outbox

    @property
    def stealing(self) -> Givers: ...
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
            sent = task.withdraw() if task is not None else None
            if sent is not None:
                numbers.append(number)
                begun.append(sent)
        if numbers:
            offers.send(Cancel(batch, numbers))
    return begun
