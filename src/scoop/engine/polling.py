"""Futures that the program polls for (``done()``, or waits of no time, again and again) instead of waiting.

A thread that polls never enters the scheduler, so it would run nothing by itself. Other workers get a moment to take
what is on offer. After that the thread counts as blocked, and a helper thread works in its place.
"""

from collections.abc import Callable
from math import inf
from typing import Protocol

from ..tuning import TUNING
from .fibers import Fibers

__all__ = ["Polling"]


class Pollers(Protocol):
    """What hears of threads that poll: the helper threads."""

    def add_poller(self, fibers: Fibers | None) -> None:
        """Count the calling thread as blocked, for a moment."""


class Polling:
    """What is polled for in one process.

    Parameters:
        pollers: what starts a helper thread.
        clock: seconds.
        alone: whether there is no other worker that could take what is on offer.
    """

    def __init__(self, pollers: Pollers, clock: Callable[[], float], alone: bool) -> None:
        self._pollers = pollers
        self._clock = clock
        self._alone = alone
        self._since = inf  # that no worker takes anything from this one

    def poll(self, fibers: Fibers | None) -> None:
        """Hear that the thread of ``fibers`` polls, and that something is left to do here."""
        now = self._clock()
        self._since = min(self._since, now)
        if self._alone or now - self._since > TUNING.poll_patience_seconds:
            self._pollers.add_poller(fibers)

    def taken(self) -> None:
        """Hear that another worker has taken tasks: then it may take more."""
        self._since = inf
