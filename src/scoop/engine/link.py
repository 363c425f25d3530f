"""The link: the socket to the broker, and the thread that listens to it.

The thread takes in what comes, also while the main thread is deep in the user's code: outcomes, constants, and
the word that somebody is hungry, so that a worker busy for ten seconds does not hold a full table hostage.
"""

import errno
import logging
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from math import inf
from threading import Lock, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import HostsMissing, MainImportError, UnguardedMainError
from ..wire.cargo import Cargo
from ..wire.messages import Garbled, Kind, Message, MessageReader, encode
from ..wire.sockets import give_up_after, receive, send_some
from .constants import Constants
from .hub import NAP
from .imports import LONG_WAIT

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Link", "ThreadBell"]

SHORTEST_TICK, LONGEST_TICK = 0.002, 0.05
"""Seconds between two looks at a busy worker: doubling from the first to the second while nothing happens."""

GIL_WAIT = 0.001
"""Seconds that the thread waits at most for main to let it run, where that computes; python's own is 5 ms."""

_CHUNK, _MOST_AT_ONCE = 1 << 18, 1 << 24
"""Bytes received at a time: about what a socket holds; and what is known to come."""

_CUT_OFF = (errno.EBADF, errno.ENOTSOCK)

_REFUSALS = (MainImportError, UnguardedMainError, HostsMissing)
"""What a BROKEN means, by its ``parcel``."""

_log = logging.getLogger("scoop")


class ThreadBell:
    """What a thread sleeps on: a lock that is open when the bell has rung."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def sleep(self, timeout: float | None = None) -> None:
        """Sleep until rung, or for ``timeout`` seconds. A ring that came first is not lost."""
        end = inf if timeout is None else monotonic() + timeout
        left = NAP if timeout is None else timeout
        while not self._lock.acquire(timeout=max(0.0, min(left, NAP))) and (left := end - monotonic()) > 0:
            pass

    def ring(self) -> None:
        """Wake the sleeper, or spare it its next sleep."""
        try:
            self._lock.release()
        except RuntimeError:
            pass  # rung already, and not yet heard


class Link:
    """One end of the socket pair between a worker and its broker.

    Parameters:
        sock: this end, connected.
        on_end: called, on any thread, when the broker has gone; with True if it has not, and it was this process
            that has closed the connection, by a descriptor that was not its own.
    """

    def __init__(self, sock: socket.socket, on_end: Callable[[bool], None]) -> None:
        self.constants = Constants(self.send)
        self._sock = sock
        self._sending = RLock()
        self._on_end = on_end
        self._thread: Thread | None = None

    def send(self, kind: Kind, parcel: int, numbers: Iterable[int], body: bytes, cargo: Cargo | None = None) -> None:
        """Send one message. Callable from any thread."""
        frame = memoryview(encode(kind, parcel, numbers, body, cargo))
        try:
            with self._sending:
                if cargo is not None:
                    frame = frame[send_some(self._sock, frame, cargo) :]
                self._sock.sendall(frame)
        except OSError as problem:
            if problem.errno in _CUT_OFF:
                self._on_end(True)
            # Else the broker has gone: the listening thread notices, and knows what to do.

    def listen(self, scheduler: "Scheduler") -> None:
        """Start the thread that brings messages to ``scheduler``."""
        sys.setswitchinterval(min(GIL_WAIT, sys.getswitchinterval()))
        self._thread = Thread(target=self._listen, args=(scheduler,), name="scoop-link", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up, and wait for the thread to end."""
        self._on_end = _hung_up
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the broker was faster
        if self._thread is not None:
            self._thread.join()
        self._sock.close()

    def abandon(self) -> None:
        """Let go of the socket without a word: we are in a forked child, and it is our parent's."""
        self._on_end = _hung_up
        self._sock.close()

    def _listen(self, scheduler: "Scheduler") -> None:
        try:
            self._take_messages(scheduler)
        except Garbled as problem:
            _log.error("scoop: worker %d has got %s", scheduler.slot, problem)
            self._on_end(False)
        except BaseException:  # no memory for what has come, say: nobody can go on without this thread
            _log.exception("scoop: worker %d cannot take in what it was sent, and ends", scheduler.slot)
            self._on_end(False)

    def _take_messages(self, scheduler: "Scheduler") -> None:
        reader = MessageReader()
        asked, tick = False, SHORTEST_TICK
        while True:
            # While nobody is hungry and we owe no outcomes there is nothing to look at between messages.
            asked = asked and scheduler.giving.is_wanted()
            patience = tick if asked else LONG_WAIT if scheduler.imports.unanswered else None
            try:
                # All at once what is sure to come: each call may have to wait for the GIL while main computes.
                missing = min(reader.missing, _MOST_AT_ONCE)
                flags = socket.MSG_WAITALL if missing > _CHUNK else 0
                give_up_after(self._sock, patience)
                data, cargo = receive(self._sock, max(missing, _CHUNK), flags)
            except BlockingIOError:
                tick = min(tick * 2, LONGEST_TICK)
                if scheduler.asked():
                    scheduler.giving.give()
                else:
                    scheduler.giving.give_far()
                scheduler.imports.flush()
                continue
            except OSError as problem:
                self._on_end(problem.errno in _CUT_OFF)
                return
            if not data:
                self._on_end(False)
                return
            heard, stolen_from = self._hear(scheduler, reader.feed(data, cargo))
            del data, cargo  # or the last of it would be kept until there is more
            tick = SHORTEST_TICK if heard else tick
            asked |= stolen_from

    def _hear(self, scheduler: "Scheduler", messages: Iterator[Message]) -> tuple[bool, bool]:
        """Take in messages; return whether there were any, and whether one of them asks for work."""
        heard = asked = False
        for message in messages:
            heard = True
            asked |= message.kind == Kind.STEAL
            try:
                self._take(scheduler, message)
            except MemoryError:
                raise
            except Exception:  # a defect of ours; the thread must live, or all others wait for ever
                _log.exception("scoop: a message could not be handled: %s", message.kind.name)
        return heard, asked

    def _take(self, scheduler: "Scheduler", message: Message) -> None:
        kind, parcel, numbers, body, cargo = message
        if kind == Kind.STEAL:
            (scheduler.giving.give_far if numbers else scheduler.giving.give)()
            scheduler.imports.flush()  # it may be one of these that the hungry one waits for
        elif kind in (Kind.CONST, Kind.UNCONST, Kind.VERDICT):
            self.constants.deliver(kind, parcel, body, cargo)
        elif kind == Kind.BROKEN and numbers:
            _log.warning("scoop: the run goes on without one worker: %s", body.decode(errors="replace"))
        elif kind == Kind.BROKEN:
            scheduler.refuse(_REFUSALS[parcel](body.decode(errors="replace")))
        scheduler.deliver(message)


def _hung_up(cut_off: bool) -> None:
    """Do nothing: it was we who ended the connection."""
