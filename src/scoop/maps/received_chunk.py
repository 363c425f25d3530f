"""Rows of another worker's map that run here: a map of its own, whose results are reported to the owner."""

from collections.abc import Callable, Sequence
from pickle import PickleBuffer
from threading import RLock
from time import monotonic
from typing import Any

from ..engine.process.signal_safety import indivisible
from ..engine.tasks.task import NO_NEEDS, Report, TaskOptions
from ..tuning import TUNING
from .consumer import Consumer
from .map_in_progress import MapInProgress
from .map_scheduler import MapScheduler
from .row_functions import CallRows, Columns, MapRows
from .segment import AnySegment, Segment, pack_segments

__all__ = ["ReceivedChunk"]


class ReceivedChunk:
    """Rows of another worker's map: see Chunk in engine/tasks/task.py. ``report`` takes results to the owner."""

    def __init__(
        self, scheduler: MapScheduler, rows: MapRows, columns: Columns, options: TaskOptions, report: Report
    ) -> None:
        self._scheduler = scheduler
        self._rows = rows
        self._consumer = Consumer(scheduler, in_order=not rows.streams)
        notify = self._consumer.point.notify
        seconds = TUNING.slice_seconds
        stays = options.leaves  # it is watched here, or has resources here, so here it is to run
        options = options._replace(limits=None, needs=NO_NEEDS)
        self._map = MapInProgress(
            scheduler, rows, columns, notify, first_seconds=seconds, options=options, stays=stays
        )
        self._consumer.maps.append(self._map)
        self._total = min(map(len, columns))
        self._report = report
        self._unreported: list[AnySegment] = []
        self._lock = RLock()
        self._reported_at = monotonic()

    def run(self, is_due: Callable[[float], bool]) -> tuple[bytes, Sequence[PickleBuffer]]:
        """Run the rows. Return the pickle and the large buffers of what was not reported before."""
        try:
            if not self._rows.streams:
                return self._pack([self._collect()])
            while (segment := self._consumer.next_packed()) is not None:
                self._keep(segment)
                if is_due(self._reported_at):
                    self.report()
            return self._pack_unreported()
        finally:
            self._consumer.close()

    def has_news(self) -> bool:
        """Return whether some rows have ended that were not reported for a while."""
        if not self._rows.streams or monotonic() - self._reported_at < TUNING.deliver_after_seconds:
            return False
        return bool(self._unreported) or self._map.has_unreported() or self._map.has_arrived(in_order=False)

    @indivisible
    def report(self) -> None:
        """Report the rows that have ended. Callable from any thread that may run the program's code."""
        with self._lock:
            self._map.collect_finished()
            while (segment := self._map.pop(in_order=False)) is not None:
                self._unreported.append(segment)
            if self._unreported:
                self._report(*self._pack(self._take_unreported()))
            self._reported_at = monotonic()

    def cancel(self) -> None:
        """Let no row of it begin any more. Of calls of an executor, the owner hears what becomes of each."""
        if isinstance(self._rows, CallRows):
            self._map.stop()
        else:
            self._map.cancel()

    @indivisible
    def _keep(self, segment: AnySegment) -> None:
        with self._lock:
            self._unreported.append(segment)

    @indivisible
    def _pack_unreported(self) -> tuple[bytes, Sequence[PickleBuffer]]:
        with self._lock:
            return self._pack(self._take_unreported())

    def _take_unreported(self) -> list[AnySegment]:
        """Take out what was not reported, so that no other thread reports it once more."""
        segments, self._unreported = self._unreported, []
        return segments

    def _pack(self, segments: Sequence[AnySegment]) -> tuple[bytes, Sequence[PickleBuffer]]:
        return pack_segments(self._rows, segments, self._scheduler.costs.seconds(self._rows.function))

    def _collect(self) -> Segment:
        """Return what becomes of all rows, as one."""
        values: list[Any] = []
        while (segment := self._consumer.next()) is not None:
            values += segment.values
            if segment.error is not None:
                return segment._replace(start=0, rows=segment.start + segment.rows, values=[])
        try:
            return Segment(0, self._total, self._rows.join(values))
        except BaseException as error:  # of the program's operation
            return Segment(0, self._total, [], error)
