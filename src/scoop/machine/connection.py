"""What makes a process one that has tasks: its scheduler, its constants, and its socket to the broker."""

import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from ..engine.constants import Constants
from ..engine.offers.received_changes import ReceivedChanges
from ..engine.process.broker_client import BrokerClient
from ..engine.process.limits import Identity, Limits
from ..engine.receiver import Receiver
from ..engine.scheduler import Scheduler
from ..engine.tasks.cost_model import CostModel
from ..engine.tasks.outside import Outside
from ..engine.threads.program_waits import ProgramWaits
from ..engine.threads.thread_event import ThreadEvent
from ..maps.received_chunk import ReceivedChunk
from ..wire.messages import Message
from ..wire.status_page import StatusPage

__all__ = ["Connection", "connect"]

Look = Callable[[], Callable[[], object] | None]


class Connection(NamedTuple):
    """The parts of one process that has tasks."""

    scheduler: Scheduler
    constants: Constants
    client: BrokerClient
    changes: ReceivedChanges | None  # what the program has changed; None in its own process

    def listen(self, look: Look = lambda: None, program_waits: ProgramWaits | None = None) -> None:
        """Start the threads that listen. See Receiver for what they look at now and then."""
        self.client.listen(Receiver(self.scheduler, self.constants, look, program_waits))

    def abandon(self) -> None:
        """Let go of all: this is a forked child, and the tasks, and the socket, are its parent's."""
        self.client.abandon()
        self.scheduler.close()


def connect(
    identity: Identity,
    page: StatusPage,
    sock: socket.socket,
    on_end: Callable[[bool], None],
    limits: Limits,
    is_guarded: bool = True,
) -> Connection:
    """Make the parts. The calling thread becomes the main thread of the scheduler.

    ``is_guarded``: signal handlers never strike SCOOP's code. Else the main thread of Python, where they run, sends
    nothing: half of a message would be worse than none.
    """
    client = BrokerClient(sock, on_end)

    def send_elsewhere(message: Message) -> None:
        if _on_main_thread():
            client.post(message)
            scheduler.defer(client.flush)
        else:
            client.send(message)

    send, is_unguarded = (client.send, _never) if is_guarded else (send_elsewhere, _on_main_thread)
    parts = page, send, ThreadEvent, monotonic, client.is_io_thread, CostModel(), ReceivedChunk, is_unguarded
    outside = Outside(*parts)
    scheduler = Scheduler(identity, limits, outside)
    changes = None if identity.is_origin else ReceivedChanges(outside.send)
    constants = Constants(outside.send, None if changes is None else changes.note)
    return Connection(scheduler, constants, client, changes)


def _on_main_thread() -> bool:
    return threading.get_ident() == threading.main_thread().ident


def _never() -> bool:
    return False
