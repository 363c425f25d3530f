"""How long something will yet take, by how fast it went."""

from collections import deque

__all__ = ["Estimate"]

_LOOK_SECONDS = 1.0
"""Between two moments that are remembered."""

_SHARE = 2
"""The rate is that of the later half of the time so far: it follows changes, and does not jump."""


class Estimate:
    """The rate of something that goes on, and what is left of it.

    Parameters:
        now: the time at which it begins, in seconds of any clock, as all times here.
    """

    def __init__(self, now: float) -> None:
        self._begin(now, 0.0)

    def _begin(self, now: float, done: float) -> None:
        self._began = now
        self._looks = deque([(now, done)])
        self._changed = now, done  # when something was last done, and how much was done by then

    def note(self, now: float, done: float) -> None:
        """Remember how much is done by now. If that is less than it was, it has begun anew."""
        if done == self._changed[1]:
            return
        if done < self._changed[1]:
            self._begin(now, done)
            return
        self._changed = now, done
        if now - self._looks[-1][0] >= _LOOK_SECONDS:
            self._looks.append(self._changed)
        while len(self._looks) > 1 and self._looks[1][0] <= self._began + (now - self._began) / _SHARE:
            self._looks.popleft()

    def rate(self) -> float | None:
        """Return how much is done in a second; None while nothing is."""
        (before, had), (after, has) = self._looks[0], self._changed
        return (has - had) / (after - before) if has > had and after > before else None

    def seconds_left(self, now: float, total: float) -> float | None:
        """Return after how many seconds all will be done; None if nothing tells."""
        rate = self.rate()
        if rate is None:
            return None
        at, done = self._changed
        return max(0.0, (total - done) / rate - (now - at))
