"""Memory in which buffers have travelled, kept to be used again: a fresh page costs twice what it costs to fill it.

No message says when a receiver is done with the memory, and the receiver may die. But the system knows. The sender
locks the descriptor that it sends (flock). The lock lasts as long as any copy of that descriptor: one in flight, one
in the broker's table, or one under a mapping, since Python's ``mmap`` keeps one. The pool keeps another descriptor of
the same memory, opened anew. That one can be locked when, and only when, all those copies are closed.
"""

import fcntl
import os
from typing import NamedTuple

from .shared_buffers import SharedBuffers

__all__ = ["MOST_PLACES", "BufferPool"]

LEAST_BYTES = 1 << 20
"""Smaller memory is not kept."""

MOST_BYTES, MOST_PLACES = 64 << 20, 16
"""Bytes that are kept at most, and descriptors."""

TOO_LARGE = 4
"""Memory this many times larger than needed is not taken, since memory never shrinks."""


class _Place(NamedTuple):
    """Memory that is kept: a descriptor, and the file behind it. The program may have closed the descriptor."""

    descriptor: int
    device: int
    inode: int
    size: int

    def is_ours(self) -> bool:
        """Return whether the descriptor still leads to the same file."""
        try:
            found = os.fstat(self.descriptor)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (self.device, self.inode)

    def is_unused(self) -> bool:
        """Return whether no copy of the descriptor that was sent is left; if so, lock the memory."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class BufferPool:
    """The memory that one process keeps."""

    def __init__(self) -> None:
        self._kept: list[_Place] = []  # in the order in which they were sent

    def __del__(self) -> None:
        while self._kept:
            self._give_up_oldest()

    def take(self, needed: int) -> SharedBuffers:
        """Return memory for so many bytes: some that was used before, if there is any that fits."""
        if needed >= LEAST_BYTES:
            for place in [*self._kept]:
                fits = needed <= place.size <= TOO_LARGE * needed
                if fits and place.is_ours() and place.is_unused() and self._take_out(place):
                    return SharedBuffers(place.descriptor, 0)
        return SharedBuffers.empty()

    def keep(self, buffers: SharedBuffers) -> None:
        """Keep memory that is filled, and about to be sent."""
        if not LEAST_BYTES <= buffers.size <= MOST_BYTES:
            return
        try:
            fcntl.flock(buffers.descriptor, fcntl.LOCK_SH)
            descriptor = os.open(f"/proc/self/fd/{buffers.descriptor}", os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # no descriptors are left, or there is no /proc: then the memory is used only once
            return
        found = os.fstat(descriptor)
        place = _Place(descriptor, found.st_dev, found.st_ino, found.st_size)
        if place.is_unused():  # it is in use, so the locks of this system, or sandbox, do not work
            os.close(descriptor)
            return
        self._kept.append(place)
        while len(self._kept) > MOST_PLACES or sum(place.size for place in self._kept) > MOST_BYTES:
            self._give_up_oldest()

    def _take_out(self, place: _Place) -> bool:
        """Return whether this thread is the one that takes the place out."""
        # Without a lock, since a finalizer may call in the midst of this.
        try:
            self._kept.remove(place)
        except ValueError:
            return False
        return True

    def _give_up_oldest(self) -> None:
        place = self._kept[0]
        if self._take_out(place) and place.is_ours():
            os.close(place.descriptor)
