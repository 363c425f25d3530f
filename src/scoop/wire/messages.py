"""The messages between workers and brokers, one type each, and their frames.

A frame is a header, then the message's numbers (64 bits each), then its bytes:

    kind  buffers?  numbers   length     numbers        bytes
    +----+--------+---------+----------+--------------+---------...
    | 1  |   1    |    4    |    8     |  8 * count   |  length
    +----+--------+---------+----------+--------------+---------...

Fields are laid out in the order in which a message type names them. A broker reads numbers, names and texts; it never
looks into a ``body``, which only the two ends understand.
"""

import struct
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import count
from typing import Any, NamedTuple, get_type_hints

from .shared_buffers import SharedBuffers

__all__ = [
    "CONNECTION_LOST",
    "DEFAULT_RETRIES",
    "PRIVATE",
    "RETIRED",
    "AllDone",
    "Busy",
    "Cancel",
    "Cancelled",
    "ConstantReply",
    "DeleteConstants",
    "Demand",
    "GiveBack",
    "Idle",
    "Lost",
    "MalformedMessage",
    "Message",
    "MessageReader",
    "NoWorkers",
    "Offer",
    "PartialResult",
    "ProgramEnded",
    "Results",
    "Retire",
    "Run",
    "SetConstants",
    "StartFailed",
    "StartProblem",
    "Steal",
    "Welcome",
    "batch_ids",
    "encode",
    "owner_of",
]

DEFAULT_RETRIES = -1
"""The retries of a task that has no number of its own: as many as the run says."""

PRIVATE = "scoop.private."
"""Begins the names of constants that are of use only while the worker that set them lives."""

CONNECTION_LOST = 71
"""The exit status of a worker whose own task has closed its socket to the broker."""

RETIRED = 72
"""The exit status of a worker that has run its number of tasks, or has grown beyond its memory limit."""


class StartProblem(IntEnum):
    """Why no worker can start somewhere; each stands for an exception of ``scoop.errors``."""

    IMPORT_FAILED = 0  # MainImportError
    UNGUARDED = 1  # UnguardedMainError
    HOSTS_MISSING = 2  # HostsMissing


# -- idleness ---------------------------------------------------------------------------------------------------


class Idle(NamedTuple):
    """Worker to broker: no thread of this worker has anything to do until a message comes.

    ``seen`` counts the broker's messages that the worker had taken in when it looked for work. If the broker has
    sent more by then, this message is void. ``partly``: some thread is still at work, so the run must not end.
    """

    seen: int
    partly: bool


class Busy(NamedTuple):
    """Worker to broker: this worker has found work by itself; it is idle no more."""


class ProgramEnded(NamedTuple):
    """Origin to broker: as Idle, and the program has ended; ``all_started``: wait for workers that still start."""

    seen: int
    all_started: bool


class AllDone(NamedTuple):
    """Broker to origin: no work is left anywhere."""


class Steal(NamedTuple):
    """Broker to worker: so many workers wait for work; give what can be spared. ``far``: other machines want it."""

    wanted: int
    far: bool


class Demand(NamedTuple):
    """Between an uplink and its broker, both ways: what one side of a link between machines needs.

    ``seen`` counts messages as in Idle. ``wants_work``: some worker on this side waits. ``all_done``: nothing is left
    to do on this side.
    """

    seen: int
    wants_work: bool
    all_done: bool


# -- tasks ------------------------------------------------------------------------------------------------------


class Offer(NamedTuple):
    """Worker to broker: tasks that may run elsewhere. ``suspects``: 1 for each that may have killed a worker."""

    batch: int
    tasks: Sequence[int]
    retries: Sequence[int]
    suspects: Sequence[int]
    body: bytes
    buffers: SharedBuffers | None


class Run(NamedTuple):
    """Broker to worker: run these tasks of a batch."""

    batch: int
    tasks: Sequence[int]
    body: bytes
    buffers: SharedBuffers | None


class GiveBack(NamedTuple):
    """Worker to broker: it was handed these tasks, has not begun them, and gives them back.

    An uplink adds the retries that each has left, and whether it is a suspect.
    """

    batch: int
    tasks: Sequence[int]
    retries: Sequence[int]
    suspects: Sequence[int]


class Results(NamedTuple):
    """From the worker that ran tasks to the one that owns them: they have ended; ``body`` has their outcomes."""

    batch: int
    tasks: Sequence[int]
    body: bytes
    buffers: SharedBuffers | None


class PartialResult(NamedTuple):
    """From the worker that runs a chunk of a map to the one that owns it: some of its rows; the chunk goes on."""

    batch: int
    task: int
    body: bytes
    buffers: SharedBuffers | None


class Cancel(NamedTuple):
    """From the owner of tasks to their worker: drop what has not begun, and send Cancelled; end chunks that run."""

    batch: int
    tasks: Sequence[int]


class Cancelled(NamedTuple):
    """The answer to Cancel: these tasks were dropped before they began."""

    batch: int
    tasks: Sequence[int]


class Lost(NamedTuple):
    """Broker to owner: these tasks have no tries left; ``report`` says what happened to the last worker."""

    batch: int
    tasks: Sequence[int]
    tries: int
    report: str


# -- constants --------------------------------------------------------------------------------------------------


class SetConstants(NamedTuple):
    """Both ways: constants of these names; ``call`` is the sender's number for the answer, 0 from a broker."""

    call: int
    names: tuple[str, ...]
    body: bytes
    buffers: SharedBuffers | None


class DeleteConstants(NamedTuple):
    """Both ways: forget these constants."""

    call: int
    names: tuple[str, ...]


class ConstantReply(NamedTuple):
    """Broker to worker: what became of a call; ``taken`` are the names that were set already: then none is set."""

    call: int
    taken: tuple[str, ...]


# -- beginning and end ------------------------------------------------------------------------------------------


class Welcome(NamedTuple):
    """Coordinator to a machine that joins the run: the number of the machine. Its broker sends this to no worker."""

    machine: int


class StartFailed(NamedTuple):
    """A worker could not import the main script, or hosts are missing; ``text`` says why.

    ``others_can``: the run goes on without it. ``everywhere``: from an uplink, no worker beyond it can start.
    """

    problem: int
    others_can: bool
    everywhere: bool
    text: str


class NoWorkers(NamedTuple):
    """Broker to origin: the system starts no workers, so the origin is to run all tasks itself; or it does again."""

    none: bool


class Retire(NamedTuple):
    """Worker to broker: it ends now, and has begun nothing of what it holds. Another is to take its place."""


_Idleness = Idle | Busy | ProgramEnded | AllDone | Steal | Demand
_Tasks = Offer | Run | GiveBack | Results | PartialResult | Cancel | Cancelled | Lost
_Constants = SetConstants | DeleteConstants | ConstantReply
Message = _Idleness | _Tasks | _Constants | Welcome | StartFailed | NoWorkers | Retire

_TYPES: tuple[Any, ...] = Message.__args__
_KINDS = {message_type: kind for kind, message_type in enumerate(_TYPES, 1)}

_NUMBER, _FLAG, _NUMBERS, _BODY, _BUFFERS, _NAMES, _TEXT = range(7)
_FIELDS: dict[Any, int] = {
    int: _NUMBER,
    bool: _FLAG,
    Sequence[int]: _NUMBERS,
    bytes: _BODY,
    SharedBuffers | None: _BUFFERS,
    tuple[str, ...]: _NAMES,
    str: _TEXT,
}
_HINTS = [(), *(tuple(get_type_hints(message_type).values()) for message_type in _TYPES)]
_LAYOUTS = [tuple(_FIELDS[hint] for hint in hints) for hints in _HINTS]

_HEADER = struct.Struct("<BBIQ")
_MOST_BYTES = 1 << 42
_MOST_NUMBERS = 1 << 24


class MalformedMessage(Exception):
    """What arrives is no message: its sender is broken, or no worker of ours."""


def encode(message: Message) -> bytes:
    """Return the frame of a message. The descriptor of its buffers is to be sent with the first byte.

    >>> len(encode(Busy())) == _HEADER.size
    True
    """
    kind = _KINDS[type(message)]
    numbers: list[int] = []
    pieces: list[bytes] = []
    buffers = None
    values: Iterable[Any] = message
    for field, value in zip(_LAYOUTS[kind], values, strict=True):
        if field <= _FLAG:
            numbers.append(value)
        elif field == _NUMBERS:
            numbers.append(len(value))
            numbers += value
        elif field == _BODY:
            pieces.append(value)
        elif field == _BUFFERS:
            buffers = value
        else:  # names or a text, whose length goes before them
            text = "\0".join(value) if field == _NAMES else value
            pieces.append(text.encode(errors="backslashreplace"))
            numbers.append(len(pieces[-1]))
    header = _HEADER.pack(kind, buffers is not None, len(numbers), sum(map(len, pieces)))
    return b"".join((header, array("q", numbers), *pieces))


def _decode(kind: int, numbers: "array[int]", body: bytes, buffers: SharedBuffers | None) -> Message:
    values: list[Any] = []
    place = start = 0
    for field in _LAYOUTS[kind]:
        if field <= _FLAG:
            values.append(numbers[place] if field == _NUMBER else bool(numbers[place]))
            place += 1
        elif field == _NUMBERS:
            end = place + 1 + numbers[place]
            values.append(numbers[place + 1 : end])
            place = end
        elif field == _BODY:
            values.append(body[start:])
        elif field == _BUFFERS:
            values.append(buffers)
        else:
            text = body[start : start + numbers[place]].decode()
            start += numbers[place]
            place += 1
            values.append(text if field == _TEXT else tuple(text.split("\0")) if text else ())
    message: Message = _TYPES[kind - 1](*values)
    return message


class MessageReader:
    """Cuts a stream of bytes back into messages, however the stream was chopped.

    >>> reader = MessageReader()
    >>> frame = encode(Cancel(7, [1, 2]))
    >>> list(reader.feed(frame[:5])), [message.tasks.tolist() for message in reader.feed(frame[5:])]
    ([], [[1, 2]])
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._buffers: deque[SharedBuffers] = deque()  # of messages that are not complete
        self._wanted = _HEADER.size  # no message can be complete before this many bytes are here

    @property
    def missing(self) -> int:
        """How many bytes must still come before the next message can be complete."""
        return max(0, self._wanted - len(self._buffer))

    def feed(self, data: bytes, buffers: Iterable[SharedBuffers] = ()) -> Iterator[Message]:
        """Take what has arrived, descriptors included; yield the messages that are complete now."""
        self._buffers.extend(buffers)
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= self._wanted:
            kind, has_buffers, number, length = _HEADER.unpack_from(buffer, start)
            if not 0 < kind < len(_LAYOUTS) or length > _MOST_BYTES or number > _MOST_NUMBERS:
                raise MalformedMessage(f"a message of kind {kind} and {length} bytes")
            size = _HEADER.size + 8 * number + length
            if len(buffer) - start < size:
                self._wanted = size
                break
            self._wanted = _HEADER.size
            middle = start + _HEADER.size + 8 * number
            numbers = array("q", bytes(buffer[start + _HEADER.size : middle]))
            body = bytes(memoryview(buffer)[middle : start + size])
            start += size
            if has_buffers and not self._buffers:
                raise MalformedMessage("a message without its shared buffers: no descriptors are left (ulimit -n)")
            try:
                yield _decode(kind, numbers, body, self._buffers.popleft() if has_buffers else None)
            except (IndexError, ValueError, TypeError) as problem:
                raise MalformedMessage(f"a message of kind {kind} that cannot be read ({problem!r})") from None
        del buffer[:start]


_SERIAL_BITS, _WORKER_BITS = 28, 20


def batch_ids(machine: int, worker: int) -> Iterator[int]:
    """Yield the names of the batches that a worker sends out: no other worker of the run ever uses one of them."""
    owner = machine << _WORKER_BITS | worker
    return ((owner << _SERIAL_BITS) | serial for serial in count(1))


def owner_of(batch: int) -> tuple[int, int]:
    """Return the machine, and the number on it, of the worker whose tasks are in a batch."""
    owner = batch >> _SERIAL_BITS
    return owner >> _WORKER_BITS, owner & ((1 << _WORKER_BITS) - 1)
