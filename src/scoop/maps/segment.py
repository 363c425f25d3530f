"""Results of several rows in a row of a map, and how they travel."""

import pickle
from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any, NamedTuple

from ..engine.outcomes import pack_error, result_not_sent, unpack_outcome
from ..engine.signal_safety import calls_program
from ..wire import codec
from .row_functions import MapRows

__all__ = ["AnySegment", "PackedSegment", "Segment", "pack_segments", "read_segments"]


class Segment(NamedTuple):
    """What became of rows.

    Parameters:
        start: the first of them.
        rows: how many they are; with an error, the one that failed included.
        values: their results, digested: the results themselves, or what they were reduced to.
        error: what the last of them raised.
    """

    start: int
    rows: int
    values: list[Any]
    error: BaseException | None = None


class PackedSegment(NamedTuple):
    """The same as bytes. ``failed``: the pickle holds the values and the packed error."""

    start: int
    rows: int
    failed: bool
    data: bytes
    large: Sequence[Any] = ()

    def unpack(self) -> Segment:
        """Return the segment. Runs code of the program's."""
        ok, value = unpack_outcome(True, self.data, self.large)
        if not ok:
            return Segment(self.start, self.rows, [], value)
        if not self.failed:
            return Segment(self.start, self.rows, value)
        values, packed_error = value
        return Segment(self.start, self.rows, values, unpack_outcome(False, packed_error)[1])


AnySegment = Segment | PackedSegment


def pack_segments(
    rows: MapRows, segments: Sequence[AnySegment], seconds_per_row: float | None
) -> tuple[bytes, list[PickleBuffer]]:
    """Return the pickle of segments, and of what a row took; and the large buffers of all of them."""
    large: list[PickleBuffer] = []
    packed = []
    for segment in segments:
        each = segment if isinstance(segment, PackedSegment) else _pack(rows, segment)
        large += [buffer if isinstance(buffer, PickleBuffer) else PickleBuffer(buffer) for buffer in each.large]
        packed.append((each.start, each.rows, each.failed, each.data, len(each.large)))
    return pickle.dumps((seconds_per_row, packed), 5), large


def read_segments(data: bytes, large: Sequence[Any]) -> tuple[float | None, list[PackedSegment]]:
    """Undo ``pack_segments``, but for the segments' own pickles: so no code of the program's runs."""
    seconds_per_row, packed = pickle.loads(data)
    segments, place = [], 0
    for start, count, failed, pickled, number in packed:
        segments.append(PackedSegment(start, count, failed, pickled, large[place : place + number]))
        place += number
    return seconds_per_row, segments


@calls_program
def _pack(rows: MapRows, segment: Segment) -> PackedSegment:
    start, count, values, error = segment
    large: list[PickleBuffer] = []
    try:
        if error is None:
            return PackedSegment(start, count, False, codec.dumps(values, large), large)
        return PackedSegment(start, count, True, codec.dumps((values, pack_error(error))))
    except Exception as problem:
        return _pack_what_can_travel(rows, segment, problem)


def _pack_what_can_travel(rows: MapRows, segment: Segment, problem: Exception) -> PackedSegment:
    """Pack the results before the first that cannot travel, and an error in its place."""
    for place, value in enumerate(segment.values):
        try:
            codec.dumps(value)
        except Exception as culprit:
            count = place + 1 if rows.streams else segment.rows
            error = pack_error(result_not_sent(rows.function, value, culprit))
            return PackedSegment(segment.start, count, True, codec.dumps((segment.values[:place], error)))
    error = pack_error(result_not_sent(rows.function, segment.values, problem))
    return PackedSegment(segment.start, segment.rows, True, codec.dumps(([], error)))
