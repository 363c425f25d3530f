"""Rows of a map that were sent to another worker: what the outbox does with them."""

import pickle
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..engine.results.callbacks import Deferred
from ..engine.results.future import TaskCall
from ..engine.results.outcomes import unpack_outcome
from ..engine.tasks.task import TaskOptions
from ..wire.messages import Cancel, Message
from .row_functions import Columns, MapRows
from .row_ranges import RowRanges
from .segment import AnySegment

__all__ = ["Owner", "StolenChunk"]


class Owner(Protocol):
    """The map whose rows these are: see MapInProgress."""

    retries: int

    def deliver(self, segment: AnySegment) -> None: ...
    def fail_rows(self, ranges: RowRanges, error: Exception) -> None: ...
    def note_seconds(self, seconds_per_row: float) -> None: ...
    def chunk_ended(self, chunk: "StolenChunk") -> None: ...
    def chunk_stays(self, chunk: "StolenChunk", cannot_travel: bool) -> None: ...
    def resend_singly(self, ranges: RowRanges) -> None: ...
    def put_back(self, ranges: RowRanges) -> None: ...
    def send(self, message: Message, /) -> None: ...
    def withdraw(self) -> None: ...


class StolenChunk:
    """Rows of a map that another worker runs: ``rows`` is what is done to them, ``span`` which they are."""

    __slots__ = ("_cancelled", "_owner", "_recall", "_unreported", "call", "must_travel", "options", "span")

    is_chunk = True

    @property
    def work(self) -> object:
        return self._owner

    def __init__(self, owner: Owner, rows: MapRows, columns: Columns, span: range, options: TaskOptions) -> None:
        self.span = span
        self.options = options
        self.call: TaskCall = (rows, columns, {})  # type: ignore[assignment]  # the worker knows what to do with it
        self._owner = owner
        self._recall: Cancel | None = None  # of the task, once it was sent
        self._unreported = RowRanges([span])
        self._cancelled = False
        self.must_travel = rows.must_travel

    def universal_callbacks(self) -> Sequence[Callable[..., object]]:
        return ()

    def sent_as(self, batch: int, number: int) -> None:
        self._recall = Cancel(batch, (number,))
        if self._cancelled:  # meanwhile: this thread, or the one that cancels, sees both
            self._owner.send(self._recall)

    def cancel(self) -> None:
        """Let no row of it begin any more."""
        self._cancelled = True
        if self._recall is not None:
            self._owner.send(self._recall)

    def withdraw(self) -> bool:
        """Hear that the program wants nothing more of what has not begun; return False: the map cancels it."""
        self._owner.withdraw()
        return False

    def cannot_travel(self) -> None:
        """Put its rows back: they are to run here."""
        self._owner.chunk_stays(self, cannot_travel=True)

    def not_sent(self, error: Exception, deferred: Deferred) -> None:
        """Fail, since it cannot travel, and must."""
        self.abandoned(error, deferred)

    # -- what the outbox brings; by the I/O thread, so no code of the program's runs ------------------------------

    def arrived_in_part(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:  # noqa: ARG002
        _, data, large = packed
        seconds, segments = pickle.loads(data, buffers=large)
        if seconds is not None:
            self._owner.note_seconds(seconds)
        for segment in segments:
            start = self.span.start + segment.start  # in the map
            self._unreported.drop(start, start + segment.rows)
            self._owner.deliver(segment._replace(start=start))

    def arrived(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
        """Take in the rest of the rows, or why none could run."""
        ok, data, _ = packed
        if ok:
            self.arrived_in_part(packed, deferred)
            self._end(deferred)
        else:
            deferred.defer(lambda: self.abandoned(unpack_outcome(False, data)[1], deferred))

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:
        """Send the rows anew that were not reported, singly; or fail, if there is one and it may not run again."""

        def go_on() -> None:
            if len(self.span) > 1 and self._owner.retries:
                self._owner.resend_singly(self._unreported)
                self._end(deferred)
            else:
                self.abandoned(error(), deferred)

        deferred.defer(go_on)

    def interrupted(self, deferred: Deferred) -> None:
        """Put back the rows that were not reported: their worker was ended for another task."""
        self._owner.put_back(self._unreported)
        self._end(deferred)

    def abandoned(self, error: Exception, deferred: Deferred) -> None:
        """End with an error in place of the rows that were not reported."""
        if self._unreported:
            self._owner.fail_rows(self._unreported, error)
        self._end(deferred)

    dropped = interrupted
    """Was cancelled before it began. A map that is cancelled gets no rows back."""

    def _end(self, deferred: Deferred) -> None:
        """End, without a word on what was not reported."""
        deferred.discard((self, self.call))
        del self.call
        self._owner.chunk_ended(self)
