"""Objects of the program's that the I/O thread is done with. Another thread drops them: their ``__del__`` may run."""

from collections import deque
from contextlib import suppress

__all__ = ["Discarded"]


class Discarded:
    """The objects that wait to be dropped. The length is the number of those that may be dropped."""

    def __init__(self) -> None:
        self._held: deque[list[object]] = deque()  # each in a list; a frame of the I/O thread may hold it
        self._free: deque[list[object]] = deque()  # the same, when that thread has let go of it

    def __len__(self) -> int:
        return len(self._free)

    def add(self, thing: object) -> None:
        """Take in an object, whose reference is to be dropped soon."""
        self._held.append([thing])

    def let_go(self) -> None:
        """Hear from the I/O thread that no frame of its holds what was added."""
        while self._held:
            self._free.append(self._held.popleft())

    def drop(self) -> None:
        """Drop what may be, on this thread: finalizers run here."""
        while self._free:
            with suppress(IndexError):  # another thread was faster
                self._free.popleft().clear()
