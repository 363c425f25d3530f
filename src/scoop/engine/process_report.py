"""The report of this process about itself when its user looks into the run. See wire/looks.py."""

import os
from collections.abc import MutableMapping
from typing import Protocol

from greenlet import greenlet

from ..wire.look import Look
from ..wire.looks import Process, seen_notice
from ..wire.messages import Message
from .loops.coroutines import Coroutines
from .offers.ready_table import ReadyTable
from .process.limits import Identity
from .stealing.inbox import Inbox
from .threads.deadlock import Wait
from .threads.stacks import read_stacks

__all__ = ["report"]


class Reporting(Protocol):
    """The methods of the scheduler that are needed here."""

    identity: Identity
    ready: ReadyTable
    inbox: Inbox
    waits: MutableMapping[greenlet, Wait]
    coroutines: Coroutines

    def send(self, message: Message, /) -> None: ...


def report(scheduler: Reporting, look: Look) -> None:
    """Answer a look. It reads source files, and describes calls of the program's: so not on the I/O thread."""
    scheduler.send(seen_notice(look.serial, _process(scheduler, look.full)))


def _process(scheduler: Reporting, full: bool) -> Process:
    identity, ready = scheduler.identity, scheduler.ready
    return Process(
        machine=identity.machine,
        worker=identity.worker,
        pid=os.getpid(),
        is_program=identity.is_origin,
        ready=len(ready.tasks) + len(ready.kept),
        blocked=len(ready.waiting),
        received=len(scheduler.inbox.waiting),
        suspended=len(scheduler.waits),
        stacks=read_stacks(scheduler.waits, scheduler.coroutines.frames, identity.is_origin, full),
    )
