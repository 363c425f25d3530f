"""A call that every worker makes once: the program's side of it, and the workers'. See futures.run_on_workers.

The call travels as a constant, before all tasks that are submitted after it. A worker makes it before its next task,
or at once if it has nothing to do, on a thread that runs tasks. The answers come as notices, and the broker says when
there will be no more: see broker/roll_call.py.
"""

import logging
import os
import pickle
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

from ...errors import ScoopError, TaskNotSent, in_words, name_of
from ...wire import codec
from ...wire.messages import EVERYWHERE, DeleteConstants, Message, Notice, NoticeKind, SetConstants
from .. import runtime
from ..process.signal_safety import calls_program
from ..results.outcomes import name_and_text, pack_error, result_not_sent, unpack_outcome
from ..tasks.async_function import from_async
from ..threads.blocking import LONGEST_TIMEOUT, Threads, WaitPoint, deadline_after
from .outbox import Outbox

__all__ = ["answer", "call_everywhere", "hear"]

_log = logging.getLogger("scoop.run")

_serial = count(1)


class Caller(Threads, Protocol):
    """The methods of the scheduler that are needed here."""

    size: int
    outbox: Outbox

    @property
    def is_spared(self) -> bool: ...
    @property
    def refusal(self) -> Exception | None: ...
    def send(self, message: Message, /) -> None: ...


class _Call:
    """A call that the program waits for."""

    def __init__(self, caller: Caller) -> None:
        self.answers: list[bytes] = []
        self.is_over = False
        self.point = WaitPoint(caller)


_open: dict[str, _Call] = {}
"""By the names of the constants that they travel as."""


def call_everywhere(caller: Caller, function: Callable[..., Any], args: tuple[Any, ...], later: bool) -> list[Any]:
    """Have each worker make a call; return what it has returned in each. ``later``: those too that start later."""
    if runtime.changes is not None:
        raise ScoopError("futures.run_on_workers() is for the program: a task cannot wait for all workers")
    function = from_async(function)
    if caller.size == 1 and not caller.is_spared:
        return [function(*args)]  # this process is the only worker
    name = f"{EVERYWHERE}{os.getpid()}.{next(_serial)}"
    data = _pack(function, args)
    caller.outbox.send_globals_for(data)
    call = _open[name] = _Call(caller)
    try:
        caller.send(SetConstants(0, (name,), pickle.dumps({name: (data, ())}), None))
        deadline = deadline_after(LONGEST_TIMEOUT)
        while not _is_over(call, caller):
            call.point.block(lambda: _is_over(call, caller), deadline)
    except BaseException:
        later = False
        raise
    finally:
        del _open[name]
        if not later:
            caller.send(DeleteConstants(0, (name,)))
    return [_value_of(packed) for packed in call.answers]


def hear(notice: Notice) -> None:
    """Take in an answer, or that there will be no more. The I/O thread calls, so no code of the program's may run."""
    name, _, packed = notice.body.partition(b"\0")
    call = _open.get(name.decode())
    if call is not None:
        if notice.kind == NoticeKind.ANSWER:
            call.answers.append(packed)
        else:
            call.is_over = True
            call.point.notify()
    elif notice.kind == NoticeKind.ANSWER:
        _note_late(packed)


@calls_program
def answer(name: str, data: bytes) -> Notice:
    """Make a call in this worker; return what to send to the program."""
    try:
        function, args = codec.loads(data)
        outcome = True, _pack_value(function, function(*args))
    except BaseException as error:
        if runtime.has_struck(error) or runtime.is_child:
            raise
        outcome = False, pack_error(error)
    return Notice(NoticeKind.ANSWER, name.encode() + b"\0" + pickle.dumps(outcome))


def _is_over(call: _Call, caller: Caller) -> bool:
    if caller.refusal is not None:
        raise caller.refusal.with_traceback(None)
    return call.is_over


@calls_program
def _pack(function: Callable[..., Any], args: tuple[Any, ...]) -> bytes:
    try:
        return codec.dumps((function, args))
    except Exception as problem:
        words = f"{name_of(function)} and its arguments cannot travel to the workers ({in_words(problem)})"
        raise TaskNotSent(words) from problem


def _pack_value(function: Callable[..., Any], value: object) -> bytes:
    try:
        return codec.dumps(value)
    except Exception as problem:
        raise result_not_sent(function, value, problem) from problem


def _value_of(packed: bytes) -> Any:
    ok, value = unpack_outcome(*pickle.loads(packed))
    if not ok:
        __tracebackhide__ = True
        raise value
    return value


def _note_late(packed: bytes) -> None:
    ok, data = pickle.loads(packed)
    if not ok:
        _, text = name_and_text(data)
        _log.warning("scoop: a call of run_on_workers() has failed in a worker that started later:\n%s", text)
