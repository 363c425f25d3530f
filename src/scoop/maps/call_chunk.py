"""Calls of an executor that travel together: what the outbox sends, and does with what comes back.

To the worker they are rows of a map, which is measured, reported in part, and split again for other workers. But they
have nothing to do with each other. If one cannot travel, or its worker dies, the others of its chunk are sent anew,
singly.
"""

import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple, Protocol

from ..engine.callbacks import Deferred
from ..engine.future import TaskCall
from ..engine.outbox import Arrived
from ..engine.outcomes import unpack_outcome
from ..engine.task import TaskOptions
from .row_functions import CallRows
from .segment import AnySegment

__all__ = ["CallChunk", "EndedCalls", "SubmittedCall"]


class SubmittedCall(NamedTuple):
    """A call, and the future that is told what becomes of it."""

    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    options: TaskOptions


class EndedCalls(NamedTuple):
    """Calls that have ended, and what has become of them: their results, still packed, or why all of them failed."""

    calls: Sequence[SubmittedCall]
    segment: AnySegment | None
    error: Callable[[], BaseException] | None = None


class Owner(Protocol):
    """The queue that the calls are from."""

    def ended(self, ended: EndedCalls) -> None: ...
    def send_singly(self, calls: Sequence[SubmittedCall]) -> None: ...
    def resend_suspects(self, calls: Sequence[SubmittedCall]) -> None: ...
    def note_seconds(self, function: Callable[..., Any], seconds: float) -> None: ...


class CallChunk:
    """Calls of one function, with the same options, which are running as far as their futures know."""

    __slots__ = ("_calls", "_owner", "call", "options")

    is_chunk = True
    must_travel = True

    def __init__(self, owner: Owner, calls: Sequence[SubmittedCall]) -> None:
        self._owner = owner
        self._calls: list[SubmittedCall | None] = [*calls]  # that have not ended
        self.options = calls[0].options
        rows: Any = CallRows(calls[0].function)
        self.call: TaskCall = (rows, ([(call.args, call.kwargs) for call in calls],), {})

    def universal_callbacks(self) -> Sequence[Callable[..., object]]:
        return ()

    def sent_as(self, batch: int, number: int) -> None:
        """Hear under which name it was sent: it is never called back."""

    def withdraw(self) -> None:
        """Hear that the program wants nothing more of what has not begun: what was sent has, as far as it knows."""

    def cannot_travel(self) -> None:
        raise AssertionError("it must travel")

    def not_sent(self, error: Exception, deferred: Deferred) -> None:
        """Be sent singly, since one of several calls cannot travel; fail, if there is only one."""
        if len(self._calls) > 1:
            self._owner.send_singly(self._take_all())
            self._drop(deferred)
        else:
            self.abandoned(error, deferred)

    # -- what the outbox brings; by the I/O thread, so no code of the program's runs ------------------------------

    def arrived_in_part(self, packed: Arrived, deferred: Deferred) -> None:  # noqa: ARG002
        _, data, large = packed
        seconds, segments = pickle.loads(data, buffers=large)
        if seconds is not None:
            function: Any = self.call[0]
            self._owner.note_seconds(function.function, seconds)
        for segment in segments:
            self._owner.ended(EndedCalls(self._take(segment.start, segment.start + segment.rows), segment))

    def arrived(self, packed: Arrived, deferred: Deferred) -> None:
        """Take in the rest of the calls, or why none could run."""
        ok, data, _ = packed
        if ok:
            self.arrived_in_part(packed, deferred)
        elif len(self._calls) > 1:
            self._owner.send_singly(self._take_all())
        else:
            self._owner.ended(EndedCalls(self._take_all(), None, partial(_error_in, data)))
        self._drop(deferred)

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:
        """Send anew what has not ended, singly; or fail, if that is one call that has no tries left."""
        if len(self._calls) > 1:
            self._owner.resend_suspects(self._take_all())
        else:
            self._owner.ended(EndedCalls(self._take_all(), None, error))
        self._drop(deferred)

    def abandoned(self, error: Exception, deferred: Deferred) -> None:
        self._owner.ended(EndedCalls(self._take_all(), None, lambda: error))
        self._drop(deferred)

    def dropped(self, deferred: Deferred) -> None:  # noqa: ARG002
        raise AssertionError("it is never called back")

    def _take(self, start: int, stop: int) -> list[SubmittedCall]:
        taken = [call for call in self._calls[start:stop] if call is not None]
        self._calls[start:stop] = [None] * (stop - start)
        return taken

    def _take_all(self) -> list[SubmittedCall]:
        return self._take(0, len(self._calls))

    def _drop(self, deferred: Deferred) -> None:
        """Let go of the program's objects: not here, since the I/O thread may call."""
        deferred.discard((self, self.call))
        del self.call


def _error_in(data: bytes) -> BaseException:
    error: BaseException = unpack_outcome(False, data)[1]
    return error
