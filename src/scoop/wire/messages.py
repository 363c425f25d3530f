"""The messages between a worker and its broker, and their frames.

A frame is a fixed header, then task numbers (32 bits each), then a body that only the two ends understand:

    kind  count        parcel              length            numbers        body
    +----+-------+-------------------+-------------------+--------------+---------...
    | 1  |   4   |         8         |         8         |  4 * count   |  length
    +----+-------+-------------------+-------------------+--------------+---------...

The broker reads headers and numbers; it never looks into a body.
"""

import struct
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from .cargo import Cargo

__all__ = [
    "CUT_OFF",
    "PRIVATE",
    "RETIRED",
    "SUSPECT",
    "TOO_FEW",
    "UNGUARDED",
    "USUAL",
    "Garbled",
    "Kind",
    "Message",
    "MessageReader",
    "encode",
    "owner_of",
    "parcel_id",
]

USUAL = 0x7FFFFFFF
"""Retries of a task for which none were given: those of the run."""

SUSPECT = 0x80000000
"""Added to the retries of a task that was among those a worker was at when it died."""


PRIVATE = "scoop.private."
"""Begins the names of constants that are of use only while the worker lives that has set them."""

UNGUARDED, TOO_FEW = 1, 2
"""The `parcel` of a BROKEN: that the main script has no guard; that too few hosts take part."""

CUT_OFF = 71
"""The exit status of a worker whose end of the connection was closed under it, though the broker lives."""

RETIRED = 72
"""The exit status of a worker that has had its time."""


class Garbled(Exception):
    """What arrives is no message: whoever sends it has lost its mind."""


class Kind(IntEnum):
    """What a message says. ``>`` to the broker, ``<`` from it, ``=`` both ways."""

    HUNGRY = 1  # > I have nothing to do; `parcel` counts what I have seen; a number: but threads of mine do
    SATED = 14  # > I have found something to do by myself: I am hungry no more
    PARCEL = 2  # > tasks that may run elsewhere; the numbers are their retries < tasks for you to run
    OUTCOME = 3  # = these tasks have ended; the body has their outcomes, in order
    RETURN = 4  # > I hold these tasks, have not begun them, and give them back (an uplink: with their retries)
    STEAL = 5  # < somebody is hungry: give what you can spare
    DROP = 6  # = the owner does not want these tasks any more, unless they have begun
    DROPPED = 7  # = these tasks were dropped before they began
    CONST = 8  # = a shared constant (the body: its name and value); `parcel` is the sender's call
    VERDICT = 9  # < how your CONST went: the body is empty, or says why it was refused
    BROKEN = 10  # = a worker could not import the main script, or no host is left; the body says why
    # (a number, not 0: but others can work; 0, from an uplink: nobody beyond it can)
    LOST = 11  # < these tasks have no tries left; the body says what happened to their workers
    FINISH = 12  # > as HUNGRY, and the program has ended: tell me when all work has (a number: and every worker
    # is up) < it has
    RETIRE = 15  # > I have had my time, and leave; what I hold I have not begun. Put another worker in my place
    APPETITE = 16  # = between an uplink and its broker: how hungry this side is; `parcel` counts what I have seen
    UNCONST = 13  # = forget shared constants (the body: their names); `parcel` is the sender's call


_HEADER = struct.Struct("<BIQQ")
_KINDS = frozenset(Kind)
_LADEN = 0x80
"""Added to the kind of a message with cargo."""
_LONGEST = 1 << 42
_MOST = 1 << 24


class Message(NamedTuple):
    """One message: ``numbers`` are the places of tasks within ``parcel``; large buffers travel as ``cargo``."""

    kind: Kind
    parcel: int = 0
    numbers: Sequence[int] = ()
    body: bytes = b""
    cargo: Cargo | None = None


def encode(
    kind: Kind, parcel: int = 0, numbers: Iterable[int] = (), body: bytes = b"", cargo: Cargo | None = None
) -> bytes:
    """Return the frame of one message. The descriptor of its cargo is to be sent with the first byte.

    >>> len(encode(Kind.STEAL)) == _HEADER.size
    True
    """
    places = array("I", numbers)
    header = _HEADER.pack(kind if cargo is None else kind | _LADEN, len(places), parcel, len(body))
    return b"".join((header, places.tobytes(), body))


class MessageReader:
    """Cuts a stream of bytes back into messages, however the stream was chopped.

    >>> reader = MessageReader()
    >>> frame = encode(Kind.RETURN, 7, [1, 2])
    >>> list(reader.feed(frame[:5])), [m.numbers.tolist() for m in reader.feed(frame[5:])]
    ([], [[1, 2]])
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._cargo: deque[Cargo] = deque()  # of messages that are not complete
        self._wanted = _HEADER.size  # no message can be complete before this many bytes are here

    @property
    def missing(self) -> int:
        """How many bytes must still come before the next message can be complete."""
        return max(0, self._wanted - len(self._buffer))

    def feed(self, data: bytes, cargo: Iterable[Cargo] = ()) -> Iterator[Message]:
        """Take what has arrived, descriptors included; yield the messages that are complete now."""
        self._cargo.extend(cargo)
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= self._wanted:
            kind, count, parcel, length = _HEADER.unpack_from(buffer, start)
            laden, kind = kind & _LADEN, kind & ~_LADEN
            if kind not in _KINDS or length > _LONGEST or count > _MOST:
                raise Garbled(f"a message of kind {kind} and {length} bytes")
            size = _HEADER.size + 4 * count + length
            if len(buffer) - start < size:
                self._wanted = size
                break
            self._wanted = _HEADER.size
            middle = start + _HEADER.size + 4 * count
            numbers = array("I", bytes(buffer[start + _HEADER.size : middle]))
            body = bytes(memoryview(buffer)[middle : start + size])
            start += size
            if laden and not self._cargo:
                raise Garbled("a message that has lost its cargo: no descriptors are left (see ulimit -n)")
            yield Message(Kind(kind), parcel, numbers, body, self._cargo.popleft() if laden else None)
        del buffer[:start]


_OWNER_SHIFT = 40


def parcel_id(owner: int, serial: int) -> int:
    """Return a parcel's name, unique on its machine: whose it is, and the how-manyeth of that worker."""
    return owner << _OWNER_SHIFT | serial


def owner_of(parcel: int) -> int:
    """Return the number of the worker whose tasks ``parcel`` holds."""
    return parcel >> _OWNER_SHIFT
