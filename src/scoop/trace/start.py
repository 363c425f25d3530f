"""How a process of a run comes to record: in a worker the lines go to the program, there the takers get them."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

from ..engine.listening import Heard, listen, stop_listening
from ..engine.process import instruments, notices
from ..engine.process.limits import Identity
from ..wire.messages import Message, Notice, NoticeKind
from .lines import Lines
from .recorder import Recorder
from .settings import Settings
from .takers import Taker

__all__ = ["record_in_worker", "record_program", "take_from_workers"]


class Scheduler(Heard, Protocol):
    """What is recorded."""

    identity: Identity


def record_in_worker(scheduler: Scheduler, send: Callable[[Message], None], settings: str) -> None:
    """Have this worker's tasks recorded until its end."""

    def send_lines(lines: bytes) -> None:
        send(Notice(NoticeKind.TRACE, lines))

    told = Settings.unpack(settings)
    _record(scheduler, Recorder(Lines(scheduler.identity, told.zero()), send_lines, told.characters))


def take_from_workers(takers: Sequence[Taker]) -> None:
    """Have the takers get what workers send. To be called before there are any: they send as soon as they are up."""
    takes = [each.take for each in takers]

    def take(block: bytes) -> None:
        for each in takes:
            each(block)

    notices.takers[NoticeKind.TRACE] = take


def record_program(
    scheduler: Scheduler, takers: Sequence[Taker], settings: str, is_older: bool = False
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Have the program's tasks recorded. Return what hands on all so far, and what ends it.

    The latter is to be called on the same thread.

    ``is_older``: the program had been running before there was a run.
    """
    for each in takers:
        each.start()
    told = Settings.unpack(settings)
    lines = Lines(scheduler.identity, told.zero(), told.zero() if is_older else None)
    recorder = Recorder(lines, notices.takers[NoticeKind.TRACE], told.characters)
    _record(scheduler, recorder)
    # Of a program that runs on beside its tasks, nobody knows what it waits for.
    program = None if is_older else recorder.begin_program()

    def end() -> None:
        if program is not None:
            recorder.ended(program, ok=True)
        stop_listening(scheduler, recorder)
        notices.takers[NoticeKind.TRACE] = _drop  # what comes late

    return recorder.write, end


def _drop(block: bytes) -> None:
    """Take a block in vain."""


def _record(scheduler: Scheduler, recorder: Recorder) -> None:
    listen(scheduler, recorder)
    _record_no_children()


@cache
def _record_no_children() -> None:
    os.register_at_fork(after_in_child=_stop_in_child)


def _stop_in_child() -> None:
    """Let a child that a task has forked record nothing: it has neither the thread nor the tasks."""
    for each in instruments.listening():
        instruments.remove(each)
