"""Users who look into the run. The broker listens only after its user has asked for it, by a signal.

SIGUSR1 opens a socket for some seconds. Its name is in Linux's own table of sockets, so no file is left behind. The
system says which user is at the other end of each connection. The broker closes the connections of other users.
"""

import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from math import inf

from ..wire.looks import Snapshot, encode_snapshot

__all__ = ["FULL", "NAMED", "PROCESS_NAME", "Askers", "be_no_broker", "socket_name", "user_of"]

PROCESS_NAME = "scoop-broker"
"""What the system calls a process that may be sent the signal."""

FULL, NAMED = b"full\n", b"named\n"
"""What may be asked: for all stacks, or for the names of what runs."""

LISTEN_SECONDS = 10.0
"""How long the socket is there for one who has sent the signal."""

_CREDENTIALS = struct.Struct("3i")

_names: list[str] = []
"""What the system called this process before."""

Begin = Callable[[bool, Callable[[Snapshot], None]], None]
"""Begins a look: whether it is full, and what to do with what was seen."""


def socket_name(broker: int) -> str:
    """Return the address of the socket of a broker, by its pid."""
    return f"\0scoop-{broker}"


def user_of(sock: socket.socket) -> tuple[int, int]:
    """Return the pid and the user of the process at the other end of a connection, as the system tells."""
    packed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(packed)
    return pid, user


def be_no_broker() -> None:
    """Be called as before, and heed the signal no more: this is a child of the broker's."""
    if _names:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        _rename(_names[0])


def _rename(name: str) -> str:
    """Have the system call this process so, if it can be told; return what it was called before."""
    try:
        with open("/proc/self/comm", "r+") as file:
            before = file.read().strip()
            file.write(name)
    except OSError:  # there is no /proc: then `scoop top` cannot find this run
        return name
    return before


class Askers:
    """The ``listener``, while it is there, and the connections to it.

    Parameters:
        selector: in which all are watched; the data of its keys are what to call with the events.
        begin: begins a look.
    """

    def __init__(self, selector: selectors.BaseSelector, begin: Begin) -> None:
        self._selector = selector
        self._begin = begin
        self.listener: socket.socket | None = None
        self._listens_until = inf

    def heed_signal(self) -> None:
        """Listen whenever the signal comes, from now on. Linux only.

        The handler itself opens the socket: a pipe that wakes the loop would take two descriptors of each run. A
        sleep in ``epoll`` goes on after it, and knows of the socket by then.
        """
        if sys.platform != "linux":
            return
        signal.signal(signal.SIGUSR1, lambda *_: self.listen())
        _names.append(_rename(PROCESS_NAME))

    def seconds_left(self) -> float:
        """Return after how many seconds to call ``end``."""
        return max(0.0, self._listens_until - time.monotonic())

    def end(self) -> None:
        """Listen no more, if the time for it is over."""
        if self.listener is not None and time.monotonic() >= self._listens_until:
            self._selector.unregister(self.listener)
            self.listener.close()
            self.listener, self._listens_until = None, inf

    def listen(self) -> None:
        """Have the socket there for a while."""
        if self.listener is None:
            try:
                listener = socket.socket(socket.AF_UNIX)
            except OSError:
                return  # no descriptors are left: who asks hears that none answers
            try:
                listener.bind(socket_name(os.getpid()))
                listener.listen()
                listener.setblocking(False)
            except OSError:
                listener.close()  # the name is taken
                return
            self.listener = listener
            self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._listens_until = time.monotonic() + LISTEN_SECONDS

    def _accept(self, _: int) -> None:
        assert self.listener is not None
        try:
            sock, _ = self.listener.accept()
        except OSError:
            return
        if user_of(sock)[1] not in (os.getuid(), 0):
            sock.close()
            return
        Asker(sock, self._selector, self._begin)


class Asker:
    """One connection: its user asks, gets an answer, and may ask again."""

    def __init__(self, sock: socket.socket, selector: selectors.BaseSelector, begin: Begin) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._selector = selector
        self._begin = begin
        self._unsent = memoryview(b"")
        selector.register(sock, selectors.EVENT_READ, self._serve)

    def _serve(self, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._send()
            if events & selectors.EVENT_READ:
                self._read()
        except BlockingIOError:
            pass
        except OSError:
            self._close()

    def _read(self) -> None:
        question = self._sock.recv(64)
        if question in (FULL, NAMED):
            self._begin(question == FULL, self._answer)
        else:
            self._close()

    def _answer(self, snapshot: Snapshot) -> None:
        if self._sock.fileno() != -1:
            self._unsent = memoryview(bytes(self._unsent) + encode_snapshot(snapshot))
            self._selector.modify(self._sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self._serve)

    def _send(self) -> None:
        self._unsent = self._unsent[self._sock.send(self._unsent) :]
        if not self._unsent:
            self._selector.modify(self._sock, selectors.EVENT_READ, self._serve)

    def _close(self) -> None:
        self._selector.unregister(self._sock)
        self._sock.close()
