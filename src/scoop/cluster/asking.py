"""Which machines hear that others want tasks: first those that gave last, and then a few more at a time.

A message to each of a thousand machines, for each that waits, would cost more than all tasks.
"""

from collections import OrderedDict
from itertools import islice
from math import inf

from ..tuning import TUNING

__all__ = ["Asking"]


class Asking:
    """Who is asked for tasks. ``always``: a machine that is asked at once, whatever it has given."""

    def __init__(self, always: int) -> None:
        self.look_at = inf
        """When more are to be asked, even if nothing has happened by then."""
        self._always = always
        self._givers: OrderedDict[int, None] = OrderedDict()  # machines that gave last, the latest at the end
        self._turns: OrderedDict[int, None] = OrderedDict()  # all machines, those first that are next
        self._left = 0  # machines that have not had their turn since this one waits the longest:
        self._waits_longest: int | None = None

    def joined(self, machine: int) -> None:
        self._turns[machine] = None

    def left(self, machine: int) -> None:
        self._turns.pop(machine, None)
        self._givers.pop(machine, None)

    def gave(self, machine: int) -> None:
        """A machine has given tasks, and so most likely has more."""
        self._givers[machine] = None
        self._givers.move_to_end(machine)
        if len(self._givers) > TUNING.hosts_asked_at_once:
            self._givers.popitem(last=False)

    def whom(self, waits_longest: int | None, now: float) -> set[int]:
        """Return who is to hear at this time what others want; None: no machine waits."""
        is_same, self._waits_longest = waits_longest == self._waits_longest, waits_longest
        if now == inf:
            return {*self._turns}
        if waits_longest is None:
            self.look_at = inf
        elif is_same and now >= self.look_at:
            self._givers.clear()  # they had none
            self._left -= TUNING.hosts_asked_at_once
            self.look_at = now + TUNING.ask_more_hosts_after_seconds if self._left > 0 else inf
            return {self._always, *self._next()}
        elif not is_same or self.look_at == inf:
            self.look_at = now + TUNING.ask_more_hosts_after_seconds
            self._left = len(self._turns)
        return {self._always, *self._givers}

    def _next(self) -> list[int]:
        chosen = [*islice(self._turns, TUNING.hosts_asked_at_once)]
        for machine in chosen:
            self._turns.move_to_end(machine)
        return chosen
