"""How much of a map goes to workers that wait, from which end, in how many pieces. Pure: numbers in, numbers out."""

from math import ceil
from typing import NamedTuple

from ..tuning import Tuning

__all__ = ["NOTHING", "Situation", "StealPlan", "plan_steal"]


class Situation(NamedTuple):
    """What is known of a map when workers wait for work."""

    rows: int  # that no thread has begun
    seconds_per_row: float | None  # None if that is not known
    bytes_per_row: float  # there or back
    workers: int  # of the run
    wanted: int  # how many of them wait
    age: float  # seconds since the last rows have begun or ended here; infinite where none ever do
    overrun: float  # seconds by which the rows at hand are early or late: they may go on for as long again
    at_hand: bool  # whether rows run here
    left: bool  # whether this process leaves rows to others, but for short ones

    @property
    def idle(self) -> bool:
        """Whether this process runs none of the rows that it leaves to others."""
        return self.left and not self.at_hand


class StealPlan(NamedTuple):
    """Give ``rows`` rows in ``pieces`` pieces: the next ones in order, or those at the far end."""

    rows: int
    pieces: int
    from_front: bool


NOTHING = StealPlan(0, 0, False)


def plan_steal(now: Situation, tuning: Tuning) -> StealPlan:
    """Return what is to be given away.

    Long rows go from the front, since the consumer of an ordered map waits for the front; and in small pieces, since
    it waits for the first row of each. Of short rows the far half goes: then neither side is disturbed for long. If
    this process runs none, the near half goes: else the consumer would have its first row when all others are given.
    """
    if not now.rows:
        return NOTHING
    seconds = now.seconds_per_row
    if seconds is None:
        # Most often the first row has ended by then, and it is known how much to give.
        if now.age <= tuning.unknown_rows_stay_seconds and not now.idle:
            return NOTHING
        rows = min(now.rows, now.wanted)
        return StealPlan(rows, rows, from_front=True)
    if seconds >= tuning.long_row_seconds:
        return _plan_long(now, seconds, tuning)
    worth_it = seconds > tuning.least_row_seconds and now.rows * seconds > tuning.worth_giving_seconds
    if not worth_it and now.age <= tuning.overdue_seconds:
        return NOTHING
    return _plan_short(now, seconds, tuning)


def _plan_long(now: Situation, seconds: float, tuning: Tuning) -> StealPlan:
    # Smaller pieces towards the end, so that all workers are done at the same time.
    fair = ceil(now.rows / (2 * now.workers))
    light = int(tuning.heavy_bytes / now.bytes_per_row) if now.bytes_per_row else fair
    in_piece = max(1, min(int(tuning.long_piece_seconds / seconds), fair, light))
    # A piece more than can run at once, so that no worker stands still until the next one comes.
    ahead = max(1, min(tuning.most_pieces_ahead, int(tuning.long_rows_ahead_seconds / (seconds * in_piece))))
    pieces = min(now.wanted * ahead, max(1, now.rows // in_piece))
    return StealPlan(min(now.rows, pieces * in_piece), pieces, from_front=True)


def _plan_short(now: Situation, seconds: float, tuning: Tuning) -> StealPlan:
    if now.idle:
        rows = (now.rows + 1) // 2
    else:
        # So many that the workers that get them and this one are done at the same time. Rows at hand that should
        # have ended a while ago may go on for as long again.
        journey = tuning.journey_seconds
        rows = ceil((now.rows * seconds + now.overrun - journey) / (2 * seconds + tuning.pack_row_seconds))
        rows = max(1, min(now.rows, rows))
    piece_seconds = max(tuning.least_piece_seconds, tuning.piece_seconds / now.workers)
    pieces = max(1, min(tuning.most_pieces, int(rows * seconds / piece_seconds)))
    # Of heavy rows not many at a time: packing 100 MB at once keeps the workers waiting that want them.
    heavy = min(tuning.most_heavy_pieces, int(rows * now.bytes_per_row / tuning.heavy_bytes))
    return StealPlan(rows, min(rows, max(pieces, heavy)), from_front=now.idle)
