"""How a process of a run comes to record: in a worker the lines go to the program, there they go into the file."""

import os
from collections.abc import Callable
from typing import Protocol

from ..engine.listening import Heard, listen, stop_listening
from ..engine.process import instruments, notices
from ..engine.process.limits import Identity
from ..wire.messages import Message, Notice, NoticeKind
from .file import TraceFile
from .lines import Lines
from .recorder import Recorder
from .settings import Settings

__all__ = ["record_in_worker", "record_program"]


class Scheduler(Heard, Protocol):
    """What is recorded."""

    identity: Identity


def record_in_worker(scheduler: Scheduler, send: Callable[[Message], None], settings: str) -> None:
    """Have this worker's tasks recorded until its end."""

    def send_lines(lines: bytes) -> None:
        send(Notice(NoticeKind.TRACE, lines))

    _record(scheduler, send_lines, settings)


def record_program(scheduler: Scheduler, file: TraceFile, settings: str) -> Callable[[], None]:
    """Have the program's tasks recorded, and what workers send; return what is to be called at the end of the run."""
    notices.takers[NoticeKind.TRACE] = file.take
    file.start()
    recorder = _record(scheduler, file.take, settings)
    program = recorder.begin_program()

    def end() -> None:
        recorder.ended(program, ok=True)
        stop_listening(scheduler, recorder)
        file.close()

    return end


def _record(scheduler: Scheduler, write: Callable[[bytes], object], settings: str) -> Recorder:
    told = Settings.unpack(settings)
    recorder = Recorder(Lines(scheduler.identity, told.zero()), write, told.characters)
    listen(scheduler, recorder)
    os.register_at_fork(after_in_child=_stop_in_child)
    return recorder


def _stop_in_child() -> None:
    """Let a child that a task has forked record nothing: it has neither the thread nor the tasks."""
    for each in instruments.listening():
        instruments.remove(each)
