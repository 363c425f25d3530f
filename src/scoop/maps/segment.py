"""Results of several rows in a row of a map, and how they travel."""

import pickle
from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any, NamedTuple

from ..engine.process.signal_safety import calls_program
from ..engine.results.outcomes import pack_error, result_not_sent, unpack_outcome
from ..wire import codec
from .row_functions import MapRows

__all__ = ["AnySegment", "PackedSegment", "Segment", "pack_segments"]


class Segment(NamedTuple):
    """What became of rows."""

    start: int  # the first of them
    rows: int  # how many they are; with an error, the one that failed included
    values: list[Any]  # digested: the results themselves, or what they were reduced to
    error: BaseException | None = None  # what the last of them raised
    by_call: bool = False  # whether it was the function's call that did, and not what is made of the results

    @property
    def failed(self) -> bool:
        """Whether the last of them raised something."""
        return self.error is not None

    def unpack(self) -> "Segment":
        """Return the segment: it is not packed."""
        return self


class PackedSegment(NamedTuple):
    """The same as bytes: ``data`` is the pickle of the values, and of the packed error if the last row has failed."""

    start: int
    rows: int
    failed: bool
    data: bytes
    large: Sequence[Any] = ()

    def __reduce__(self) -> Any:
        return type(self), (*self[:-1], [*map(PickleBuffer, self.large)])

    def unpack(self) -> Segment:
        """Return the segment. Runs code of the program's."""
        ok, found = unpack_outcome(True, self.data, self.large)
        if not ok:
            return Segment(self.start, self.rows, [], found)
        values, error, by_call = found
        return Segment(self.start, self.rows, values, error and unpack_outcome(False, error)[1], by_call)


AnySegment = Segment | PackedSegment


def pack_segments(
    rows: MapRows, segments: Sequence[AnySegment], seconds_per_row: float | None
) -> tuple[bytes, list[PickleBuffer]]:
    """Return the pickle of what a row took, and of packed segments; and the large buffers of all of them.

    What is packed stays so when this is unpickled: no code of the program's runs.
    """
    large: list[PickleBuffer] = []
    packed = [segment if isinstance(segment, PackedSegment) else _pack(rows, segment) for segment in segments]
    return pickle.dumps((seconds_per_row, packed), 5, buffer_callback=large.append), large


@calls_program
def _pack(rows: MapRows, segment: Segment) -> PackedSegment:
    large: list[PickleBuffer] = []
    try:
        error = None if segment.error is None else pack_error(segment.error)
        data = codec.dumps((rows.pack_singly(segment.values), error, segment.by_call), large)
        return PackedSegment(segment.start, segment.rows, segment.failed, data, large)
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
            return PackedSegment(
                segment.start, count, True, codec.dumps((segment.values[:place], error, rows.streams))
            )
    error = pack_error(result_not_sent(rows.function, segment.values, problem))
    return PackedSegment(segment.start, segment.rows, True, codec.dumps(([], error, False)))
