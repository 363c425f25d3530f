"""Calls of an executor that were sent to a worker: what the outbox does with them, and with what comes back.

A call that travels alone is a task as those of ``futures.submit`` are. Calls that travel together are to the worker
rows of a map, which is measured, reported in part, and split again for other workers. But they have nothing to do
with each other. If one cannot travel, or its worker dies, the others of its chunk are sent anew, singly.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from ..engine.offers.outbox import Arrived
from ..engine.results.call_future import CallFuture
from ..engine.results.callbacks import Deferred
from ..engine.results.future import TaskCall
from ..engine.results.outcomes import unpack_outcome
from ..engine.tasks.task import TaskOptions
from .row_functions import CallRows
from .segment import AnySegment

__all__ = ["CallChunk", "EndedCalls", "LoneCall", "SubmittedCall"]

Outcome = Callable[[], tuple[bool, Any]]
"""Returns whether a call has returned, and what; else what it has raised. Runs code of the program's."""


class SubmittedCall(NamedTuple):
    """A call, and the future that is told what becomes of it."""

    future: CallFuture[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    options: TaskOptions


class EndedCalls(NamedTuple):
    """Calls that have ended, and what has become of them: their results, still packed, or the same for all."""

    calls: Sequence[SubmittedCall]
    segment: AnySegment | None
    outcome: Outcome | None = None


class Owner(Protocol):
    """The queue that the calls are from."""

    def ended(self, ended: EndedCalls) -> None: ...
    def send_singly(self, calls: Sequence[SubmittedCall]) -> None: ...
    def resend_suspects(self, calls: Sequence[SubmittedCall]) -> None: ...
    def note_seconds(self, function: Callable[..., Any], seconds: float) -> None: ...


class _CallsInFlight:
    """What is the same for one call, and for several: they are running, as far as their futures know."""

    __slots__ = ("_calls", "_owner", "call", "options")

    must_travel = True
    call: TaskCall

    def __init__(self, owner: Owner, calls: Sequence[SubmittedCall]) -> None:
        self._owner = owner
        self._calls: list[SubmittedCall | None] = [*calls]  # that have not ended
        self.options = calls[0].options

    def take_all(self) -> list[SubmittedCall]:
        """Return the calls that have not ended, which are in other hands from now on."""
        return self._take(0, len(self._calls))

    def has(self, future: CallFuture[Any]) -> bool:
        """Return whether the call of ``future`` is among those that have not ended."""
        return any(call is not None and call.future is future for call in [*self._calls])

    def universal_callbacks(self) -> Sequence[Callable[..., object]]:
        return ()

    def sent_as(self, batch: int, number: int) -> None:
        """Hear under which name it was sent."""

    def withdraw(self) -> bool:
        """Hear that the program wants nothing more of what has not begun; return True: it is to be cancelled."""
        for call in [*self._calls]:
            if call is not None:
                call.future.is_unwanted = True
        return True

    def cannot_travel(self) -> None:
        raise AssertionError("it must travel")

    # -- what the outbox brings; by the I/O thread, so no code of the program's runs ------------------------------

    def dropped(self, deferred: Deferred) -> None:
        """Be cancelled, since one of the calls is unwanted; the others are sent anew."""
        self._owner.send_singly(self.take_all())
        self._drop(deferred)

    def not_sent(self, error: Exception, deferred: Deferred) -> None:
        self.abandoned(error, deferred)

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:
        self._end_all(lambda: (False, error()), deferred)

    def interrupted(self, deferred: Deferred) -> None:
        """Be sent anew, since the worker was ended for another task."""
        self._owner.send_singly(self.take_all())
        self._drop(deferred)

    def abandoned(self, error: Exception, deferred: Deferred) -> None:
        self._end_all(lambda: (False, error), deferred)

    def _end_all(self, outcome: Outcome, deferred: Deferred) -> None:
        self._owner.ended(EndedCalls(self.take_all(), None, outcome))
        self._drop(deferred)

    def _take(self, start: int, stop: int) -> list[SubmittedCall]:
        taken = [call for call in self._calls[start:stop] if call is not None]
        self._calls[start:stop] = [None] * (stop - start)
        return taken

    def _drop(self, deferred: Deferred) -> None:
        """Let go of the program's objects: not here, since the I/O thread may call."""
        deferred.discard((self, self.call))
        del self.call


class LoneCall(_CallsInFlight):
    """A call that travels alone."""

    __slots__ = ()

    is_chunk = False

    def __init__(self, owner: Owner, call: SubmittedCall) -> None:
        super().__init__(owner, [call])
        self.call = call.function, call.args, call.kwargs

    def arrived(self, packed: Arrived, deferred: Deferred) -> None:
        self._end_all(partial(unpack_outcome, *packed), deferred)

    def arrived_in_part(self, packed: Arrived, deferred: Deferred) -> None:
        """Hear of some rows: only chunks have any."""


class CallChunk(_CallsInFlight):
    """Calls of one function, with the same options."""

    __slots__ = ()

    is_chunk = True

    def __init__(self, owner: Owner, calls: Sequence[SubmittedCall]) -> None:
        super().__init__(owner, calls)
        rows: Any = CallRows(calls[0].function)
        self.call = rows, ([(call.args, call.kwargs) for call in calls],), {}

    def arrived_in_part(self, packed: Arrived, deferred: Deferred) -> None:  # noqa: ARG002
        _, data, large = packed
        seconds, segments = pickle.loads(data, buffers=large)
        if seconds is not None:
            function: Any = self.call[0]
            self._owner.note_seconds(function.function, seconds)
        for segment in segments:
            self._owner.ended(EndedCalls(self._take(segment.start, segment.start + segment.rows), segment))

    def arrived(self, packed: Arrived, deferred: Deferred) -> None:
        """Take in the rest of the calls. If none could run, one of them is to blame: then send them singly."""
        if packed[0]:
            self.arrived_in_part(packed, deferred)
        self._owner.send_singly(self.take_all())
        self._drop(deferred)

    def not_sent(self, error: Exception, deferred: Deferred) -> None:  # noqa: ARG002
        """Be sent singly, since one of the calls cannot travel."""
        self._owner.send_singly(self.take_all())
        self._drop(deferred)

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:  # noqa: ARG002
        """Send anew what has not ended, singly: so the call that kills is the only one lost."""
        self._owner.resend_suspects(self.take_all())
        self._drop(deferred)
