"""SharedBuffers: large buffers that travel beside a message, in memory that is named by a descriptor and nothing else.

Whoever sends copies a buffer once, into a memfd; the descriptor goes with the message (SCM_RIGHTS), through the
broker, which never looks in; whoever receives maps it, and copies nothing. Such memory has no name, counts against no
/dev/shm, and is gone with the last process that has it open, however that ends.

Arguments are mapped copy-on-write: a task may write to what it got, while the broker keeps the bytes as they were,
for the case that the task must be run again. Outcomes are the receiver's alone.
"""

import mmap
import os
import weakref
from collections.abc import Sequence
from typing import Any, Protocol

__all__ = ["LARGE", "SharedBuffers", "Span", "can_carry", "size_of", "views_of"]

LARGE = 1 << 17
"""Bytes from which on a buffer travels as shared buffers: from about here on that is cheaper than to send it twice."""

Span = tuple[int, int]
"""Where a buffer is in its shared buffers: offset and length."""

MOST_MAPPED = 256
"""Mappings at a time; what comes beyond is copied instead. Python keeps a descriptor open for each."""

_mapped = 0

_PAGE = mmap.ALLOCATIONGRANULARITY


class Buffer(Protocol):
    """What pickle hands out as a large buffer."""

    def raw(self) -> memoryview:
        """Return its bytes."""


def can_carry() -> bool:
    """Return whether this system has what shared buffers is made of. Without, buffers travel within messages."""
    return hasattr(os, "memfd_create")


class SharedBuffers:
    """A descriptor that is closed when nobody has use for it any more."""

    __slots__ = ("descriptor", "size")

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size  # bytes, in whole pages

    @classmethod
    def empty(cls) -> "SharedBuffers":
        """Return shared buffers to be filled."""
        return cls(os.memfd_create("scoop"), 0)

    @classmethod
    def filled(cls, content: bytes) -> "SharedBuffers":
        """Return shared buffers with all that is in another one, which is on another machine."""
        made = cls.empty()
        view = memoryview(content)
        while made.size < len(content):
            made.size += os.pwrite(made.descriptor, view[made.size :], made.size)
        return made

    @classmethod
    def received(cls, descriptor: int) -> "SharedBuffers":
        """Return the shared buffers that has come as ``descriptor``."""
        return cls(descriptor, os.fstat(descriptor).st_size)

    def __del__(self) -> None:
        try:
            os.close(self.descriptor)
        except (OSError, AttributeError):  # closed by somebody whose it was not; or never opened
            pass

    def add(self, buffers: Sequence[Buffer]) -> tuple[Span, ...]:
        """Copy buffers in; return where they are."""
        spans = []
        for buffer in buffers:
            with buffer.raw() as view:
                start = self.size
                done = 0
                while done < len(view):
                    done += os.pwrite(self.descriptor, view[done:], start + done)
                spans.append((start, done))
                self.size = -(-(start + done) // _PAGE) * _PAGE
        return tuple(spans)

    def map(self, own: bool) -> memoryview:
        """Return all of it, writable: with ``own``, as the only one who has it; else as a copy, made on writing."""
        global _mapped
        if _mapped < MOST_MAPPED:
            flags = mmap.MAP_SHARED if own else mmap.MAP_PRIVATE
            memory = mmap.mmap(self.descriptor, self.size, flags, mmap.PROT_READ | mmap.PROT_WRITE)
            _mapped += 1
            weakref.finalize(memory, _unmapped)
            return memoryview(memory)
        copy = memoryview(bytearray(self.size))
        done = 0
        while done < self.size:
            done += os.preadv(self.descriptor, [copy[done:]], done)
        return copy


def _unmapped() -> None:
    global _mapped
    _mapped -= 1


def size_of(buffers: Sequence[Buffer]) -> int:
    """Return how many bytes buffers have, together."""
    return sum(buffer.raw().nbytes for buffer in buffers)


def views_of(memory: memoryview | None, spans: Sequence[Span]) -> list[Any]:
    """Return the buffers that are at ``spans`` of what a shared buffers's ``map`` returned."""
    return [] if memory is None else [memory[start : start + length] for start, length in spans]
