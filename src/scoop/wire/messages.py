"""The messages between workers and brokers, one type each, and their frames.

A frame is a header, then the message's numbers (64 bits each), then its bytes:

    kind  buffers?  numbers   length     numbers        bytes
    +----+--------+---------+----------+--------------+---------...
    | 1  |   1    |    4    |    8     |  8 * count   |  length
    +----+--------+---------+----------+--------------+---------...

Fields are laid out in the order in which a message type names them, as their types say. Most types have these:

    batch    the name of a batch, in which its owner is (see owner_of)
    task(s)  numbers of tasks in the batch
    body     what only the two ends understand: a broker reads numbers, names and texts, and never looks into it
    buffers  large buffers that travel beside the message
"""

import os
import struct
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any, NamedTuple

from .batches import batch_ids, owner_of
from .contents import Announced, Fetch, GetPart, NotFetched, Part, Received, Settled, Wanted
from .fields import Buffers, Names, Numbers
from .notes import Granted, Needs, Urgent
from .shared_buffers import SharedBuffers

__all__ = [
    "BLAMELESS",
    "CONNECTION_LOST",
    "DEFAULT_RETRIES",
    "EVERYWHERE",
    "PRIVATE",
    "RETIRED",
    "MalformedMessage",
    "MessageReader",
]
__all__ += ["Message", "NoticeKind", "StartProblem", "StopReason", "batch_ids", "encode", "owner_of"]
__all__ += ["AllDone", "Busy", "Demand", "Idle", "ProgramEnded", "Steal"]
__all__ += ["Cancel", "Cancelled", "GiveBack", "Lost", "Offer", "PartialResult", "Results", "Run"]
__all__ += ["ConstantReply", "DeleteConstants", "NoWorkers", "Notice", "Retire", "SetConstants"]
__all__ += ["StartFailed", "Welcome"]
__all__ += ["Began", "Stop", "Stopped"]
__all__ += ["Granted", "Needs", "Urgent"]
__all__ += ["Announced", "Fetch", "GetPart", "NotFetched", "Part", "Received", "Settled", "Wanted"]

DEFAULT_RETRIES = -1  # of a task that has no number of its own: as many as the run says
BLAMELESS = -1  # tries of a lost task that had begun beside one for which its worker was ended
PRIVATE = "scoop.private."  # begins the names of constants that are of use only while the worker that set them lives
EVERYWHERE = f"{PRIVATE}everywhere."  # begins the names of constants that are calls which each worker makes once

# Exit statuses of workers
CONNECTION_LOST = 71  # its own task has closed its socket to the broker
RETIRED = 72  # it has run its number of tasks, or has grown beyond its memory limit


class StartProblem(IntEnum):
    """Why no worker can start somewhere; each stands for an exception of ``scoop.errors``."""

    IMPORT_FAILED = 0  # MainImportError
    UNGUARDED = 1  # UnguardedMainError
    HOSTS_MISSING = 2  # HostsMissing
    INITIALIZER_FAILED = 3  # BrokenExecutor


class NoticeKind(IntEnum):
    """What a worker, or the coordinator, has to tell the program."""

    RECORD = 0  # of logging
    WARNING = 1  # of the warnings module
    ANSWER = 2  # to a call that each worker makes: the name of its constant, a zero byte, the outcome
    ALL_ANSWERED = 3  # from a broker: its workers have all answered; the name
    HOSTS = (
        4  # from the coordinator: what has changed among the other machines; from a broker, and empty: none is left
    )
    TRACE = 5  # lines of a trace, as they are to stand in its file
    PROGRESS = 6  # how far the loops of its tasks are
    LOOK = 7  # the other way, from the broker of the program: say what you do; see looks.py
    SEEN = 8  # the answer to that, which this broker takes


class StopReason(IntEnum):
    """Which limit a task has reached; each stands for an exception of ``scoop.errors``."""

    SECONDS = 0  # TaskTimeout
    MEMORY = 1  # TaskMemoryExceeded


class Idle(NamedTuple):
    """Worker to broker: no thread of this worker has anything to do until a message comes."""

    seen: int  # the broker's messages that it had taken in when it looked for work; if more were sent, this is void
    partly: bool  # some thread is still at work, so the run must not end


class Busy(NamedTuple):
    """Worker to broker: this worker has found work by itself; it is idle no more."""


class ProgramEnded(NamedTuple):
    """Origin to broker: as Idle, and the program has ended."""

    seen: int  # as in Idle
    all_started: bool  # wait for workers that still start, and until enough hosts take part


class AllDone(NamedTuple):
    """Broker to origin: no work is left anywhere."""


class Steal(NamedTuple):
    """Broker to worker: give what can be spared."""

    wanted: int  # workers that wait for work
    far: bool  # other machines want it


class Demand(NamedTuple):
    """Between an uplink and its broker, both ways: what one side of a link between machines needs."""

    seen: int  # as in Idle
    wanted: int  # tasks that this side could take, besides those that it had seen
    all_done: bool  # nothing is left to do on this side
    free: Names = ()  # resources that a task could have there at once
    amounts: Numbers = ()  # how much of each


class Offer(NamedTuple):
    """Worker to broker: tasks that may run elsewhere."""

    batch: int
    tasks: Numbers
    retries: Numbers  # of each task: how often it may be tried again
    suspects: Numbers  # 1 for each task that may have killed a worker
    body: bytes
    buffers: Buffers


class Run(NamedTuple):
    """Broker to worker: run these tasks of a batch."""

    batch: int
    tasks: Numbers
    body: bytes
    buffers: Buffers


class GiveBack(NamedTuple):
    """Worker to broker: it was handed these tasks, has not begun them, and gives them back."""

    batch: int
    tasks: Numbers
    retries: Numbers  # only an uplink adds these: what each task has left
    suspects: Numbers  # the same; as in Offer


class Results(NamedTuple):
    """From the worker that ran tasks to the one that owns them: they have ended."""

    batch: int
    tasks: Numbers
    body: bytes  # their outcomes
    buffers: Buffers


class PartialResult(NamedTuple):
    """From the worker that runs a chunk of a map to the one that owns it: the chunk goes on."""

    batch: int
    task: int
    body: bytes  # some of its rows
    buffers: Buffers


class Cancel(NamedTuple):
    """From the owner of tasks to their worker: drop what has not begun, and send Cancelled; end chunks that run."""

    batch: int
    tasks: Numbers


class Cancelled(NamedTuple):
    """The answer to Cancel: these tasks were dropped before they began."""

    batch: int
    tasks: Numbers


class Lost(NamedTuple):
    """Broker to owner: these tasks have no tries left."""

    batch: int
    tasks: Numbers
    tries: int  # how often they were tried: in how many workers that died they had begun; or BLAMELESS
    report: str  # what happened to the last worker


class SetConstants(NamedTuple):
    """Both ways: set constants."""

    call: int  # the sender's number for the answer, 0 from a broker
    names: Names
    body: bytes
    buffers: Buffers


class DeleteConstants(NamedTuple):
    """Both ways: forget these constants."""

    call: int  # as in SetConstants
    names: Names


class ConstantReply(NamedTuple):
    """Broker to worker: what became of a call."""

    call: int
    taken: Names  # those that were set already: then none is set
    tasks_repeat: bool  # some worker has died, so a task may be setting what it had set before


class Welcome(NamedTuple):
    """Coordinator to a machine that joins the run. Its broker sends this to no worker."""

    machine: int  # its number


class StartFailed(NamedTuple):
    """A worker could not import the main script, or hosts are missing."""

    problem: int  # see StartProblem
    others_can: bool  # the run goes on without it
    everywhere: bool  # from an uplink: no worker beyond it can start
    text: str  # why


class NoWorkers(NamedTuple):
    """Broker to origin: the system starts no workers, so the origin is to run all tasks itself; or it does again."""

    none: bool


class Retire(NamedTuple):
    """Worker to broker: it ends now, and has begun nothing of what it holds. Another is to take its place."""


class Notice(NamedTuple):
    """To the origin: something that the program is to hear of; or a look. As Demand, it is not counted: see Idle."""

    kind: int  # see NoticeKind
    body: bytes


class Began(NamedTuple):
    """Worker to broker: it runs a task that has limits. 0 is no limit."""

    batch: int
    task: int
    milliseconds: int
    memory: int  # bytes


class Stop(NamedTuple):
    """From the owner of tasks to the brokers that know where they are: as Cancel, and end those that run by force."""

    batch: int
    tasks: Numbers


class Stopped(NamedTuple):
    """Broker to owner: a task has reached a limit, and was ended with its worker."""

    batch: int
    tasks: Numbers
    reason: int  # see StopReason
    report: str  # which worker that was


_Idleness = Idle | Busy | ProgramEnded | AllDone | Steal | Demand
_Tasks = Offer | Run | GiveBack | Results | PartialResult | Cancel | Cancelled | Lost
_Ends = Began | Stop | Stopped
_Shares = Needs | Urgent | Granted
_Contents = Announced | Wanted | Fetch | GetPart | Part | Received | NotFetched | Settled
_Constants = SetConstants | DeleteConstants | ConstantReply
_Others = Welcome | StartFailed | NoWorkers | Retire | Notice
Message = _Idleness | _Tasks | _Constants | _Others | _Ends | _Shares | _Contents

_TYPES: tuple[Any, ...] = Message.__args__
_KINDS = {message_type: kind for kind, message_type in enumerate(_TYPES, 1)}
_LAYOUTS: list[tuple[Any, ...]] = [(), *(tuple(each.__annotations__.values()) for each in _TYPES)]

_HEADER = struct.Struct("<BBIQ")
_MOST_NUMBERS = 1 << 24
_MOST_BYTES = 2 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")  # no process could hold a message of more


class MalformedMessage(Exception):
    """What arrives is no message: its sender is broken, or no worker of ours."""


def encode(message: Message) -> bytes:
    """Return the frame of a message. The descriptor of its buffers is to be sent with the first byte."""
    kind = _KINDS[type(message)]
    numbers: list[int] = []
    pieces: list[bytes] = []
    buffers = None
    values: Iterable[Any] = message
    for field, value in zip(_LAYOUTS[kind], values, strict=True):
        if field is int or field is bool:
            numbers.append(value)
        elif field is Numbers:
            numbers.append(len(value))
            numbers += value
        elif field is bytes:
            pieces.append(value)
        elif field is Buffers:
            buffers = value
        else:  # names or a text, whose length goes before them
            text = "\0".join(value) if field is Names else value
            pieces.append(text.encode(errors="backslashreplace"))
            numbers.append(len(pieces[-1]))
    header = _HEADER.pack(kind, buffers is not None, len(numbers), sum(map(len, pieces)))
    return b"".join((header, array("q", numbers), *pieces))


def _decode(kind: int, numbers: "array[int]", body: bytes, buffers: Buffers) -> Any:
    values: list[Any] = []
    place = start = 0
    for field in _LAYOUTS[kind]:
        if field is bytes:
            values.append(body[start:])
        elif field is Buffers:
            values.append(buffers)
        else:
            number = numbers[place]
            place += 1
            if field is int or field is bool:
                values.append(field(number))
            elif field is Numbers:
                values.append(numbers[place : place + number])
                place += number
            else:
                text = body[start : start + number].decode()
                start += number
                values.append(text if field is str else tuple(text.split("\0")) if text else ())
    return _TYPES[kind - 1](*values)


class MessageReader:
    """Cuts a stream of bytes back into messages, however the stream was chopped."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._buffers: deque[SharedBuffers] = deque()  # of messages that are not complete
        self._wanted = _HEADER.size  # no message can be complete before this many bytes are here

    @property
    def missing(self) -> int:
        """How many bytes must still come before the next message can be complete."""
        return max(0, self._wanted - len(self._buffer))

    @property
    def part(self) -> tuple[int, int] | None:
        """How many bytes of the next message are here, and how many it must have; None if none are."""
        return (len(self._buffer), self._wanted) if self._buffer else None

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
            middle = start + _HEADER.size + 8 * number
            end = middle + length
            if len(buffer) < end:
                self._wanted = end - start
                break
            self._wanted = _HEADER.size
            numbers = array("q", bytes(buffer[start + _HEADER.size : middle]))
            body = bytes(memoryview(buffer)[middle:end])
            start = end
            if has_buffers and not self._buffers:
                raise MalformedMessage("a message without its shared buffers: no descriptors are left (ulimit -n)")
            try:
                yield _decode(kind, numbers, body, self._buffers.popleft() if has_buffers else None)
            except (IndexError, ValueError, TypeError) as problem:
                raise MalformedMessage(f"a message of kind {kind} that cannot be read ({problem!r})") from None
        del buffer[:start]
