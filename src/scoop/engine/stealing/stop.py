"""The end of one task that was sent elsewhere, by force if it has begun: see Future.cancel."""

from contextlib import suppress
from time import sleep
from typing import Protocol

from ...wire.messages import Message, Stop
from ..offers.outbox import FutureInFlight, Outbox
from ..offers.withdrawal import Givers
from ..results.future import Future, has_ended
from .inbox import Inbox

__all__ = ["stop"]

LOOK_SECONDS = 0.05
"""Between two looks whether the task has come back to this process, in which no force is used."""

PACKING_SECONDS = 0.001
"""Between two looks at a task that is on its way out, and has no name yet."""


class Sent(Protocol):
    """The methods of the scheduler that are needed here."""

    inbox: Inbox
    outbox: Outbox

    @property
    def stealing(self) -> Givers: ...
    def send(self, message: Message, /) -> None: ...
    def join(self, future: Future, timeout: float | None, /) -> None: ...


def stop(sent: Sent, future: Future) -> None:
    """Have a task end; return when it has, or is found to run in this process."""
    while (name := _name_once_sent(sent, future)) is None:
        if future.done():
            return
        sleep(PACKING_SECONDS)
    batch, number = name
    sent.send(Stop(batch, [number]))
    while not (has_ended(future) or sent.inbox.runs(name)):
        with suppress(TimeoutError):
            sent.join(future, LOOK_SECONDS)


def _name_once_sent(sent: Sent, future: Future) -> tuple[int, int] | None:
    """Do as _name(), but not while a batch is on its way out: the broker would hear of its end before it came."""
    with sent.stealing.paused():
        return _name(sent.outbox, future)


def _name(outbox: Outbox, future: Future) -> tuple[int, int] | None:
    """Return the batch, and the number in it, under which a task was sent; None if it is in no batch."""
    for batch, tasks in [*outbox.in_flight.items()]:
        for number, task in enumerate([*tasks]):
            if isinstance(task, FutureInFlight) and task.work is future:
                return batch, number
    return None
