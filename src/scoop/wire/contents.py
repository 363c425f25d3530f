"""Messages about the content of a large message, which goes from machine to machine: see cluster/spreading.

They are between a machine and the coordinator. No broker sees them, and none of them is counted: see Idle.
"""

from typing import NamedTuple

from .fields import Names

__all__ = ["Announced", "Fetch", "GetPart", "NotFetched", "Part", "Received", "Settled", "Wanted"]


class Announced(NamedTuple):
    """Coordinator to machine, in the place of a large message: its content comes part by part."""

    content: int  # its number
    frame_bytes: int  # of the message
    buffer_bytes: int  # of its buffers; -1 if it has none
    part_bytes: int  # in each part but the last
    relay: bool  # machines pass it on to each other


class Wanted(NamedTuple):
    """Machine to coordinator: it can take in a content."""

    content: int
    addresses: Names  # where it passes contents on; none if it does not


class Fetch(NamedTuple):
    """Coordinator to machine: fetch the parts that are still missing from that machine."""

    content: int
    source: int  # the number of the machine; 0 is the coordinator itself
    upto: int  # parts to have then
    addresses: Names  # of the source
    checksums: bytes  # of all parts


class GetPart(NamedTuple):
    """Machine to coordinator: send this part."""

    content: int
    part: int


class Part(NamedTuple):
    """The answer to GetPart."""

    content: int
    part: int
    body: bytes


class Received(NamedTuple):
    """Machine to coordinator: it has so many parts, from the first on."""

    content: int
    parts: int


class NotFetched(NamedTuple):
    """Machine to coordinator: it gets nothing, or nothing more, from that machine."""

    content: int
    source: int
    wrong: bool  # the source has sent wrong bytes


class Settled(NamedTuple):
    """Coordinator to machine: all machines have this content, so nobody will ask for it any more."""

    content: int
