"""The end of one call of an executor that was sent to a worker, by force: see CallFuture.cancel."""

from time import sleep
from typing import Any, Protocol

from ..engine.offers.outbox import Outbox
from ..engine.offers.withdrawal import Givers
from ..engine.results.call_future import CallFuture
from ..wire.messages import Message, Stop
from .calls_in_flight import CallChunk, LoneCall

__all__ = ["stop_call"]

LOOK_SECONDS = 0.01
"""Between two looks whether the call has ended: its worker is killed meanwhile, or drops it."""


class Sent(Protocol):
    """What is needed of the scheduler."""

    outbox: Outbox

    @property
    def stealing(self) -> Givers: ...
    def send(self, message: Message, /) -> None: ...


def stop_call(sent: Sent, future: CallFuture[Any]) -> None:
    """Have a call end that is running, as far as its future knows; return when it has."""
    asked = None
    future.is_unwanted = True
    while not future.done():
        with sent.stealing.paused():  # not while a batch is on its way out: the broker must know of it
            name = _name(sent.outbox, future)
        if name is not None and name != asked:
            asked = name
            sent.send(Stop(name[0], [name[1]]))
        sleep(LOOK_SECONDS)


def _name(outbox: Outbox, future: CallFuture[Any]) -> tuple[int, int] | None:
    """Return the batch, and the number in it, under which a call was sent; None if it is in no batch now."""
    for batch, tasks in [*outbox.in_flight.items()]:
        for number, task in enumerate([*tasks]):
            if isinstance(task, CallChunk | LoneCall) and task.has(future):
                return batch, number
    return None
