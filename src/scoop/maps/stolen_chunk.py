"""Rows of a map that were sent to another worker: what the outbox does with them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..engine.callbacks import Deferred
from ..engine.future import TaskCall
from ..engine.outcomes import unpack_outcome
from ..engine.task import TaskOptions
from ..wire.messages import Cancel, Message
from .row_functions import Columns, MapRows
from .segment import PackedSegment, read_segments

__all__ = ["Owner", "StolenChunk"]


class Owner(Protocol):
    """The map whose rows these are."""

    def is_wanted(self, row: int) -> bool:
        """Return whether the consumer still wants a row."""

    def chunk_reported(self, segments: Sequence[PackedSegment], seconds_per_row: float | None) -> None:
        """Take in rows, and what one took."""

    def chunk_failed(self, row: int, error: BaseException) -> None:
        """Take in that a row has failed without a word of its own."""

    def chunk_ended(self, chunk: "StolenChunk") -> None:
        """Forget a chunk."""

    def chunk_stays(self, chunk: "StolenChunk", cannot_travel: bool) -> None:
        """Put the rows of a chunk back."""

    def resend_singly(self, rows: Sequence[int], retries: int) -> None:
        """Send rows anew whose worker died."""

    def retries_of(self, options: TaskOptions) -> int:
        """Return how often a task with these options is handed out again."""

    def send(self, message: Message) -> None:
        """Send a message to the broker."""


class StolenChunk:
    """Rows of a map that another worker runs.

    Parameters:
        owner: the map.
        rows: what is done to them.
        columns: their inputs.
        span: which rows of the map they are.
        options: of the task that they are.
    """

    __slots__ = ("_call", "_cancelled", "_name", "_owner", "_reported", "options", "span")

    is_chunk = True

    def __init__(self, owner: Owner, rows: MapRows, columns: Columns, span: range, options: TaskOptions) -> None:
        self.span = span
        self.options = options
        self._owner = owner
        self._call: TaskCall = (rows, columns, {})  # type: ignore[assignment]  # the worker knows what to do with it
        self._name: tuple[int, int] | None = None  # of the task, once it was sent
        self._reported: list[range] = []  # rows of the map
        self._cancelled = False

    @property
    def call(self) -> TaskCall:
        """The function of the rows, and the columns."""
        return self._call

    def universal_callbacks(self) -> Sequence[Callable[..., object]]:
        """Return no callbacks."""
        return ()

    def sent_as(self, batch: int, number: int) -> None:
        """Hear under which name it was sent."""
        self._name = batch, number
        if self._cancelled:  # meanwhile: this thread, or the one that cancels, sees both
            self._owner.send(Cancel(batch, (number,)))

    def cancel(self) -> None:
        """Let no row of it begin any more."""
        self._cancelled = True
        if self._name is not None:
            batch, number = self._name
            self._owner.send(Cancel(batch, (number,)))

    def cannot_travel(self) -> None:
        """Put its rows back: they are to run here."""
        self._owner.chunk_stays(self, cannot_travel=True)

    # -- what the outbox brings; by the I/O thread, so no code of the program's runs ------------------------------

    def arrived_in_part(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:  # noqa: ARG002
        """Take in some rows."""
        _, data, large = packed
        seconds, segments = read_segments(data, large)
        start = self.span.start
        moved = [segment._replace(start=start + segment.start) for segment in segments]
        self._reported += [range(segment.start, segment.start + segment.rows) for segment in moved]
        self._owner.chunk_reported(moved, seconds)

    def arrived(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
        """Take in the rest of the rows, or why none could run."""
        ok, data, _ = packed
        if ok:
            self.arrived_in_part(packed, deferred)
            self._end(deferred)
            return

        def fail() -> None:
            self._fail(unpack_outcome(False, data)[1])
            self._end(deferred)

        deferred.defer(fail)

    def dropped(self, deferred: Deferred) -> None:
        """End: it was cancelled before it began."""
        self._end(deferred)

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:
        """Send the rows anew that were not reported, singly; or fail, if there is one and it may not run again."""
        retries = self._owner.retries_of(self.options)
        missing = self._missing()

        def go_on() -> None:
            if len(self.span) > 1 and retries:
                self._owner.resend_singly(missing, retries - 1)
            elif missing:
                self._owner.chunk_failed(missing[0], error())
            self._end(deferred)

        deferred.defer(go_on)

    def abandoned(self, error: Exception, deferred: Deferred) -> None:
        """Fail, since the run cannot go on."""
        self._fail(error)
        self._end(deferred)

    def _fail(self, error: BaseException) -> None:
        if missing := self._missing():
            self._owner.chunk_failed(missing[0], error)

    def _missing(self) -> list[int]:
        """Return the rows that were not reported and are wanted."""
        reported = {row for rows in self._reported for row in rows}
        return [row for row in self.span if row not in reported and self._owner.is_wanted(row)]

    def _end(self, deferred: Deferred) -> None:
        deferred.discard((self, self._call))
        del self._call
        self._owner.chunk_ended(self)
