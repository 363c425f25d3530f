"""Large buffers that travel beside a message, in memory to which only a descriptor leads.

The sender copies a buffer once, into a memfd. The descriptor goes with the message (SCM_RIGHTS), through the broker,
which never looks in. The receiver maps the memory, and copies nothing. Such memory has no name, counts against no
/dev/shm, and is freed when the last process that has it open ends, in whatever way.

Arguments are mapped copy-on-write: a task may write to them, and the broker still has the bytes as they were, in case
the task must run again. Results belong to their receiver alone.
"""

import fcntl
import mmap
import os
import resource
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

__all__ = ["LARGE", "MOST_PLACES", "BufferPool", "SharedBuffers", "Span", "can_carry"]
__all__ += ["has_memfds", "size_of", "views_of"]

Span = tuple[int, int]
"""Where one buffer is in the shared memory: offset and length."""

LARGE = 1 << 17  # bytes from which on a buffer travels in shared memory: two journeys through sockets cost more
LEAST_DESCRIPTORS = 256  # with a lower limit (ulimit -n), buffers travel within messages: the program needs the few
MOST_MAPPED = 256  # mappings at a time, since Python keeps a descriptor open for each; further buffers are copied
MAPPED_SHARE = 4  # and no more than this part (1/4) of all descriptors

# Of memory that is kept to be used again
LEAST_BYTES = 1 << 20  # smaller memory is not kept
MOST_BYTES, MOST_PLACES = 64 << 20, 16  # bytes that are kept at most, and descriptors
TOO_LARGE = 4  # memory this many times larger than needed is not taken, since memory never shrinks

_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
_descriptors = 1 << 20 if _limit == resource.RLIM_INFINITY else _limit

_PAGE = mmap.ALLOCATIONGRANULARITY
_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


class Buffer(Protocol):
    """What pickle hands out as a large buffer. (The broker must not know pickle.)"""

    def raw(self) -> memoryview: ...


def has_memfds() -> bool:
    """Whether this system has files in memory that have no name."""
    return hasattr(os, "memfd_create")


def can_carry() -> bool:
    """Whether large buffers travel beside messages. Without memfds, or descriptors to spare, they travel within."""
    return _descriptors >= LEAST_DESCRIPTORS and has_memfds()


class SharedBuffers:
    """The memory of a message's large buffers: its descriptor is closed when this object is dropped."""

    __slots__ = ("descriptor", "size")

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size  # bytes, in whole pages

    @classmethod
    def empty(cls) -> "SharedBuffers":
        return cls(os.memfd_create("scoop"), 0)

    @classmethod
    def received(cls, descriptor: int) -> "SharedBuffers":
        """Return the memory whose ``descriptor`` has arrived with a message."""
        return cls(descriptor, os.fstat(descriptor).st_size)

    def __del__(self) -> None:
        try:
            os.close(self.descriptor)
        except (OSError, AttributeError):  # the program has closed what is not its own; or it was never opened
            pass

    def append(self, content: bytes) -> None:
        """Add bytes as they are: those of another machine's memory, from its beginning to its end."""
        _write(self.descriptor, memoryview(content), self.size)
        self.size += len(content)

    def read(self, start: int, length: int) -> bytes:
        """Return some of the bytes, without a mapping; after the last one there are zeros."""
        return os.pread(self.descriptor, length, start).ljust(length, b"\0")

    def add(self, buffers: Sequence[Buffer]) -> tuple[Span, ...]:
        """Copy buffers in; return where they are."""
        spans = []
        for buffer in buffers:
            with buffer.raw() as view:
                _write(self.descriptor, view, self.size)
                spans.append((self.size, len(view)))
                self.size += -(-len(view) // _PAGE) * _PAGE
        return tuple(spans)

    def map(self, own: bool) -> memoryview:
        """Return all of it, writable. ``own``: it is the caller's alone; else pages are copied when written to."""
        if len(_mapped) < min(MOST_MAPPED, _descriptors // MAPPED_SHARE):
            flags = mmap.MAP_SHARED if own else mmap.MAP_PRIVATE
            with suppress(OSError):  # no descriptor is left for Python to keep
                memory = mmap.mmap(self.descriptor, self.size, flags, mmap.PROT_READ | mmap.PROT_WRITE)
                _mapped.add(memory)
                return memoryview(memory)
        copy = memoryview(bytearray(self.size))
        done = 0
        while done < self.size:
            done += os.preadv(self.descriptor, [copy[done:]], done)
        return copy


def _write(descriptor: int, content: memoryview, start: int) -> None:
    done = 0
    while done < len(content):
        done += os.pwrite(descriptor, content[done:], start + done)


def size_of(buffers: Sequence[Buffer]) -> int:
    return sum(buffer.raw().nbytes for buffer in buffers)


def views_of(memory: memoryview | None, spans: Sequence[Span]) -> list[Any]:
    """Return the buffers at ``spans`` of the ``memory`` that SharedBuffers.map() has returned."""
    return [] if memory is None else [memory[start : start + length] for start, length in spans]


class _Place(NamedTuple):
    """Memory that is kept: a descriptor, and the file behind it. The program may have closed the descriptor."""

    descriptor: int
    size: int
    file: os.stat_result

    def is_ours(self) -> bool:
        """Whether the descriptor still leads to the same file."""
        try:
            return os.path.samestat(os.fstat(self.descriptor), self.file)
        except OSError:
            return False

    def is_unused(self) -> bool:
        """Whether no copy of the descriptor that was sent is left; if so, lock the memory."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class BufferPool:
    """Memory in which buffers have travelled, kept to be used again: a fresh page costs twice what filling it does.

    No message says when a receiver is done with the memory, and the receiver may die. But the system knows. The
    sender locks the descriptor that it sends (flock). The lock lasts as long as any copy of that descriptor: one in
    flight, one in the broker's table, or one under a mapping, since Python's ``mmap`` keeps one. The pool keeps
    another descriptor of the same memory, opened anew. That one can be locked when, and only when, all those copies
    are closed.
    """

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
        file = os.fstat(descriptor)
        place = _Place(descriptor, file.st_size, file)
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
