"""The socket to the broker, and the I/O thread that listens to it.

The I/O thread takes in what comes, also while the main thread is deep in the program's code: results, constants, and
steal requests. So a worker that computes for ten seconds can give tasks away meanwhile.

It never runs a line of the program's code, not even to pickle arguments: that code may take long, or wait for a
result that only the I/O thread can bring. So two threads share the role. When the thread that listens has something
to do that may run the program's code, it lets go of the role, and does it; the other thread listens meanwhile. A
third thread is started if both are busy.

    listen ──pure message──> listen
       └─────may run code──> let go of the role ──> run it ──> wait for the role ──> listen
"""

import errno
import logging
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Lock, RLock, Thread, current_thread, get_ident
from typing import Protocol

from ...tuning import TUNING
from ...wire.messages import MalformedMessage, Message, MessageReader, encode
from ...wire.shared_buffers import SharedBuffers
from ...wire.sockets import receive, send_some, set_receive_timeout
from .signal_safety import indivisible

__all__ = ["BrokerClient"]

_CHUNK, _MOST_AT_ONCE = 1 << 18, 1 << 24
"""Bytes received at a time: about what a socket holds; and what is known to come."""

_CUT_OFF = (errno.EBADF, errno.ENOTSOCK)

_log = logging.getLogger("scoop.run")

Job = Callable[[], object]


class Receiver(Protocol):
    """The receiver to which the I/O thread brings messages."""

    def deliver(self, message: Message) -> Job | None: ...
    def tick(self) -> Job | None: ...
    def seconds_to_next_tick(self) -> float | None: ...


class BrokerClient:
    """One end of the socket pair between a worker and its broker.

    Parameters:
        sock: this end, connected.
        on_end: called, on any thread, when the broker has gone; with True if it has not, and it was this process
            that has closed the connection, by a descriptor that was not its own.
    """

    def __init__(self, sock: socket.socket, on_end: Callable[[bool], None]) -> None:
        self._sock = sock
        self._on_end = on_end
        self._unsent: deque[tuple[memoryview, SharedBuffers | None]] = deque()
        self._sending = Lock()  # not reentrant: a signal handler that sends within a send leaves its frame in line
        self._role = Lock()  # held by the thread that listens
        self._listener = 0
        self._waiting = 0  # threads that wait for the role
        self._counting = RLock()
        self._threads: list[Thread] = []
        self._reader = MessageReader()
        self._messages: Iterator[Message] = iter(())
        self._ended = False

    # -- sending ------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """Send a message, after all that were sent before. Callable from any thread, also within itself."""
        self.post(message)
        self._send_waiting()

    def post(self, message: Message) -> None:
        """Put a message in line: the next call of send(), or flush(), on any thread sends it."""
        self._unsent.append((memoryview(encode(message)), getattr(message, "buffers", None)))

    @indivisible
    def flush(self) -> None:
        """Return when all that was sent before has left this process."""
        with self._sending:
            pass
        self._send_waiting()

    @indivisible
    def _send_waiting(self) -> None:
        # The thread that has the lock sends what all others bring. After it has let go it looks once more: else a
        # frame that came between its last look and that would stay.
        while self._unsent and self._sending.acquire(blocking=False):
            try:
                while self._unsent:
                    self._send_frame(*self._unsent.popleft())
            except OSError as problem:
                if problem.errno in _CUT_OFF:
                    self._on_end(True)
                # Else the broker has gone: the listening thread notices, and knows what to do.
            finally:
                self._sending.release()

    def _send_frame(self, frame: memoryview, buffers: SharedBuffers | None) -> None:
        if buffers is not None:
            frame = frame[send_some(self._sock, frame, buffers) :]
        self._sock.sendall(frame)

    # -- listening ----------------------------------------------------------------------------------------------

    def listen(self, receiver: Receiver) -> None:
        """Start the threads that bring messages to ``receiver``."""
        sys.setswitchinterval(min(TUNING.gil_wait_seconds, sys.getswitchinterval()))
        for _ in range(2):
            self._start_thread(receiver)

    def is_io_thread(self) -> bool:
        """Return whether the calling thread is the one that listens now."""
        return self._listener == get_ident()

    def is_connected(self) -> bool:
        """Return whether what is sent may still arrive."""
        return not self._ended

    def close(self) -> None:
        """Hang up, and wait for the threads to end."""
        self._on_end = _hung_up
        self._ended = True
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the broker was faster
        for thread in self._threads:
            thread.join(TUNING.io_threads_end_seconds)
        self._sock.close()

    def abandon(self) -> None:
        """Let go of the socket without a word: this is a forked child, and the socket is its parent's."""
        self._on_end = _hung_up
        self._ended = True
        self._sock.close()

    @indivisible
    def _start_thread(self, receiver: Receiver) -> None:
        thread = Thread(target=self._serve, args=(receiver,), name="scoop-service", daemon=True)
        with self._counting:
            self._waiting += 1
        try:
            thread.start()
        except RuntimeError:
            with self._counting:
                self._waiting -= 1
            raise
        self._threads.append(thread)

    def _serve(self, receiver: Receiver) -> None:
        try:
            while (job := self._listen_in_role(receiver)) is not None:
                if self._is_last():  # this one may be about to wait for what only another can bring
                    with suppress(RuntimeError):  # there can be no more threads
                        self._start_thread(receiver)
                try:
                    job()
                except Exception:
                    _log.exception("scoop: an object of the program has raised an exception on a thread of SCOOP")
                del job
                self._waits()
        except MalformedMessage as problem:
            _log.error("scoop: a worker has got %s", problem)
            self._on_end(False)
        except BaseException:  # no memory for what has come, say: no worker can go on without this thread
            _log.exception("scoop: a worker cannot take in what it was sent, and ends")
            self._on_end(False)

    @indivisible
    def _is_last(self) -> bool:
        with self._counting:
            return not self._waiting

    @indivisible
    def _waits(self) -> None:
        with self._counting:
            self._waiting += 1

    @indivisible
    def _listen_in_role(self, receiver: Receiver) -> Job | None:
        """Listen until there is something to run outside of the role; return that, None if all has ended."""
        with self._role:
            with self._counting:
                self._waiting -= 1
            thread = current_thread()
            thread.name = "scoop-io"
            self._listener = get_ident()
            try:
                while not self._ended:
                    if (job := self._next_job(receiver)) is not None:
                        return job
                return None
            finally:
                self._listener = 0
                thread.name = "scoop-service"

    def _next_job(self, receiver: Receiver) -> Job | None:
        for message in self._messages:
            try:
                if (job := receiver.deliver(message)) is not None:
                    return job
            except MemoryError:
                raise
            except Exception:  # a defect of ours; the thread must live, or all others wait for ever
                _log.exception("scoop: a message could not be handled: %s", type(message).__name__)
        try:
            # All at once what is sure to come: each call may have to wait for the GIL while the main thread computes.
            missing = min(self._reader.missing, _MOST_AT_ONCE)
            flags = socket.MSG_WAITALL if missing > _CHUNK else 0
            set_receive_timeout(self._sock, receiver.seconds_to_next_tick())
            data, buffers = receive(self._sock, max(missing, _CHUNK), flags)
        except BlockingIOError:
            return receiver.tick()
        except OSError as problem:
            self._end(problem.errno in _CUT_OFF)
            return None
        if not data:
            self._end(False)
            return None
        self._messages = self._reader.feed(data, buffers)
        return None

    def _end(self, cut_off: bool) -> None:
        self._ended = True
        self._on_end(cut_off)


def _hung_up(cut_off: bool) -> None:
    """Do nothing: it was this process that ended the connection."""
