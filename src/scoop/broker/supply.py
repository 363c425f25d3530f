"""How many tasks of other machines to have here ahead: as many as run while more are on their way.

Two things are measured: how many tasks come in a second, which is how fast they run here; and the round trip, which
is the time from a Demand to the next tasks. Of long tasks none come ahead. So what waits here is work of some
milliseconds, and it need not go back when another machine has none.
"""

from collections.abc import Callable
from math import inf

from ..tuning import TUNING

__all__ = ["Supply"]


class Supply:
    """The tasks that come over the link. ``clock``: seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rate = 0.0  # tasks a second
        self._came = 0  # tasks, since
        self._since = clock()
        self._trip = TUNING.far_journey_seconds
        self._asked_at: float | None = None

    def asked(self) -> None:
        """Tasks were asked for."""
        if self._asked_at is None:
            self._asked_at = self._clock()

    def came(self, tasks: int) -> None:
        """So many tasks have come."""
        self._came += tasks
        if self._asked_at is not None:
            # No answer is faster than the line. One that is slower may have waited for tasks that were not there.
            slower = min(self._trip * TUNING.far_trip_growth, TUNING.far_trip_at_most_seconds)
            self._trip = min(self._clock() - self._asked_at, slower)
            self._asked_at = None

    def ahead(self) -> int:
        """Return how many tasks should be here that have not begun."""
        now = self._clock()
        if (seconds := now - self._since) >= TUNING.far_rate_seconds:
            newer = seconds / (seconds + TUNING.far_rate_seconds)
            self._rate += newer * (self._came / seconds - self._rate)
            self._came, self._since = 0, now
        return int((self._trip + TUNING.far_journey_seconds) * self._rate)

    def seconds_until_low(self, tasks: int) -> float:
        """Return in how many seconds to look again whether more are to come, if so many are here."""
        ahead = self.ahead()
        return max(tasks - ahead / 2, 1) / self._rate if ahead else inf
