"""What a scheduler gets from outside: so it knows of no socket, and runs under a simulated clock as it is."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ...wire.messages import Message
from ...wire.status_page import StatusPage
from ..threads.fibers import WakeEvent
from .cost_model import CostModel

__all__ = ["Outside"]


def _never() -> bool:
    return False


class Outside(NamedTuple):
    """What a scheduler gets from outside.

    Parameters:
        page: the status page of the machine.
        send: takes a message to the broker; callable from any thread.
        new_event: makes what a thread sleeps on.
        clock: seconds, monotonic.
        is_io_thread: whether the calling thread listens to the broker.
        costs: what calls took.
        new_chunk: makes the chunks of maps that run here, given the scheduler.
        is_unguarded: whether a signal handler may strike SCOOP's code on the calling thread, since no guard keeps it
            off: then the thread sends nothing.
    """

    page: StatusPage
    send: Callable[[Message], None]
    new_event: Callable[[], WakeEvent]
    clock: Callable[[], float]
    is_io_thread: Callable[[], bool]
    costs: CostModel
    new_chunk: Callable[..., Any]
    is_unguarded: Callable[[], bool] = _never
