"""Memory that buffers has travelled in, kept to be used again: a fresh page costs about twice what it costs to fill it.

Nobody says when a buffers has been used up, and who has it may die. But the system knows. What is sent is a descriptor
that is *locked* (flock). Its lock is there as long as any copy of that descriptor is: in flight, in the broker's
books, or under a mapping, for Python's ``mmap`` keeps one. The store keeps another descriptor of the same memory,
opened anew, which gets the lock when, and only when, all those are gone.
"""

import fcntl
import os
from threading import Lock
from typing import NamedTuple

from .shared_buffers import SharedBuffers

__all__ = ["MOST_PLACES", "BufferPool"]

WORTH = 1 << 20
"""Bytes from which on memory is kept."""

MOST, MOST_PLACES = 64 << 20, 16
"""Bytes that are kept at most, and descriptors."""

TOO_LARGE = 4
"""How many times larger than needed memory is not taken: it stays as large as it is until it is given up."""


class _Place(NamedTuple):
    """Memory that is kept: a descriptor, and what it is to name; for the program may close what is not its own."""

    descriptor: int
    device: int
    inode: int
    size: int

    def is_ours(self) -> bool:
        """Return whether the descriptor still is what it was."""
        try:
            found = os.fstat(self.descriptor)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (self.device, self.inode)

    def is_unused(self) -> bool:
        """Return whether nobody else has the memory; then it is locked by this descriptor."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class BufferPool:
    """The memory that one process keeps."""

    def __init__(self) -> None:
        self._kept: list[_Place] = []  # in the order in which they were sent
        self._lock = Lock()

    def __del__(self) -> None:
        while self._kept:
            self._give_up_oldest()

    def take(self, needed: int) -> SharedBuffers:
        """Return buffers to be filled with so many bytes, in memory that was used before if there is any."""
        if needed >= WORTH:
            with self._lock:
                for number, place in enumerate(self._kept):
                    if needed <= place.size <= TOO_LARGE * needed and place.is_ours() and place.is_unused():
                        del self._kept[number]
                        return SharedBuffers(place.descriptor, 0)
        return SharedBuffers.empty()

    def keep(self, buffers: SharedBuffers) -> None:
        """Keep the memory of a buffers that is filled, and about to be sent."""
        if not WORTH <= buffers.size <= MOST:
            return
        try:
            fcntl.flock(buffers.descriptor, fcntl.LOCK_SH)
            descriptor = os.open(f"/proc/self/fd/{buffers.descriptor}", os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # no descriptors are left, or there is no /proc: then it is used once
            return
        found = os.fstat(descriptor)
        place = _Place(descriptor, found.st_dev, found.st_ino, found.st_size)
        if place.is_unused():  # though it is in use: a system, or a sandbox, whose locks do not hold
            os.close(descriptor)
            return
        with self._lock:
            self._kept.append(place)
            while len(self._kept) > MOST_PLACES or sum(place.size for place in self._kept) > MOST:
                self._give_up_oldest()

    def _give_up_oldest(self) -> None:
        place = self._kept.pop(0)
        if place.is_ours():
            os.close(place.descriptor)
