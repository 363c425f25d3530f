"""What a thread sleeps on, such that an exception of a signal handler's may strike it at any moment.

Those of the threading module are made of several steps: struck between two, they release what they do not hold.
"""

from math import inf
from threading import Lock
from time import monotonic

from ..process.signal_safety import calls_program
from .fibers import LONGEST_SLEEP

__all__ = ["ThreadEvent"]


class ThreadEvent:
    """An event on which a thread sleeps: a lock that is open when the event is set."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    @calls_program
    def sleep(self, timeout: float | None = None) -> None:
        """Sleep until set, or for ``timeout`` seconds. An event that was set before is not lost."""
        end = inf if timeout is None else monotonic() + timeout
        left = LONGEST_SLEEP if timeout is None else timeout
        while not self._lock.acquire(timeout=max(0.0, min(left, LONGEST_SLEEP))) and (left := end - monotonic()) > 0:
            pass

    def set(self) -> None:
        """Wake the sleeping thread, or spare it its next sleep."""
        try:
            self._lock.release()
        except RuntimeError:
            pass  # it is set already, and no thread has woken yet
