"""Objects of the program's that the I/O thread lets go of: other threads drop them, for ``__del__`` may run then."""

from collections import deque
from contextlib import suppress

from ..tuning import TUNING

__all__ = ["Discarded"]


class Discarded:
    """What is to be dropped, each in a list of its own."""

    def __init__(self) -> None:
        self._held: deque[list[object]] = deque()  # a frame of the I/O thread may still hold these
        self._free: deque[list[object]] = deque()

    def __bool__(self) -> bool:
        return bool(self._free)

    @property
    def are_many(self) -> bool:
        """Whether some thread should drop them now."""
        return len(self._free) > TUNING.most_discarded

    def add(self, thing: object) -> None:
        self._held.append([thing])

    def message_ended(self) -> None:
        """Hear that no frame of the I/O thread, which calls, holds any of them."""
        while self._held:
            self._free.append(self._held.popleft())

    def drop(self) -> None:
        """Drop them on this thread: their finalizers run here."""
        while self._free:
            with suppress(IndexError):  # another thread was faster
                self._free.popleft().clear()
