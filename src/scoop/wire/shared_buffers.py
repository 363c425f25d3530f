"""Large buffers that travel beside a message, in memory to which only a descriptor leads.

The sender copies a buffer once, into a memfd. The descriptor goes with the message (SCM_RIGHTS), through the broker,
which never looks in. The receiver maps the memory, and copies nothing. Such memory has no name, counts against no
/dev/shm, and is freed when the last process that has it open ends, in whatever way.

Arguments are mapped copy-on-write: a task may write to them, and the broker still has the bytes as they were, in case
the task must run again. Results belong to their receiver alone.
"""

import mmap
import os
import weakref
from collections.abc import Sequence
from typing import Any, Protocol

__all__ = ["LARGE", "SharedBuffers", "Span", "can_carry", "size_of", "views_of"]

LARGE = 1 << 17
"""Bytes from which on a buffer travels in shared memory: two journeys through sockets cost more from here on."""

Span = tuple[int, int]
"""Where one buffer is in the shared memory: offset and length."""

MOST_MAPPED = 256
"""Mappings at a time; further buffers are copied instead. Python keeps a descriptor open for each mapping."""

_mapped = 0

_PAGE = mmap.ALLOCATIONGRANULARITY


class Buffer(Protocol):
    """What pickle hands out as a large buffer."""

    def raw(self) -> memoryview:
        """Return its bytes."""


def can_carry() -> bool:
    """Return whether this system has memfds. Without them, buffers travel within messages."""
    return hasattr(os, "memfd_create")


class SharedBuffers:
    """The memory of a message's large buffers: its descriptor is closed when this object is dropped."""

    __slots__ = ("descriptor", "size")

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size  # bytes, in whole pages

    @classmethod
    def empty(cls) -> "SharedBuffers":
        """Return memory to be filled."""
        return cls(os.memfd_create("scoop"), 0)

    @classmethod
    def filled(cls, content: bytes) -> "SharedBuffers":
        """Return memory with this content, which has come from another machine."""
        made = cls.empty()
        view = memoryview(content)
        while made.size < len(content):
            made.size += os.pwrite(made.descriptor, view[made.size :], made.size)
        return made

    @classmethod
    def received(cls, descriptor: int) -> "SharedBuffers":
        """Return the memory whose ``descriptor`` has arrived with a message."""
        return cls(descriptor, os.fstat(descriptor).st_size)

    def __del__(self) -> None:
        try:
            os.close(self.descriptor)
        except (OSError, AttributeError):  # the program has closed what is not its own; or it was never opened
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
        """Return all of it, writable. ``own``: it is the caller's alone; else pages are copied when written to."""
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
    """Return how many bytes the buffers have in all."""
    return sum(buffer.raw().nbytes for buffer in buffers)


def views_of(memory: memoryview | None, spans: Sequence[Span]) -> list[Any]:
    """Return the buffers at ``spans`` of the ``memory`` that SharedBuffers.map() has returned."""
    return [] if memory is None else [memory[start : start + length] for start, length in spans]
