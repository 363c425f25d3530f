"""The broker's process: feeds the ledger with what workers send, and does what the ledger says."""

import logging
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable

from ..wire.board import Board
from ..wire.cargo import Cargo
from ..wire.messages import Garbled, Kind, Message, MessageReader, encode
from ..wire.sockets import receive, send_some
from .branch import Branch
from .instructions import Ask, Instruction, Send, Unask
from .ledger import Ledger
from .obituary import Death, obituary, why

__all__ = ["Broker"]

GRACE = 0.25
"""Seconds that workers have to flush and leave when the run ends; then they are killed."""

PATIENCE = 0.0005
"""Seconds after which more workers are asked for work, where those that were asked have not given."""

UPLINK = 1
"""The number of the uplink on the origin's machine."""

MOMENT = 0.001
"""Seconds from a change to the word about it that goes to other machines."""

FAREWELL = 10.0
"""Seconds that the uplink has to dismiss other machines, and to pass on what they still print."""

RETRY = 1.0
"""Seconds after which a worker that could not be started is tried again."""

_log = logging.getLogger("scoop")

_CHUNK = 1 << 18
"""Bytes received at a time: about what a socket holds, so that a message seldom comes in two parts."""


class _Peer:
    """One worker's end: its socket, what it said so far, what it has still to be told."""

    def __init__(self, number: int, sock: socket.socket, pid: int | None) -> None:
        self.number = number
        self.sock = sock
        self.pid = pid  # None: the origin, which is nobody's child here
        self.reader = MessageReader()
        self.unsent: deque[tuple[memoryview, Cargo | None]] = deque()


class Broker:
    """Passes parcels between the workers of one machine until the origin is gone.

    Parameters:
        origin: the socket to the origin.
        size: how many workers there are to be, the origin included unless it is spared.
        board: the memory shared with the workers.
        spawn: starts worker number n and returns its pid and the socket to it.
        retries, spare: see Ledger.
        spawn_uplink: starts the uplink as worker number n, where the run has other machines.
        is_far: whether ``origin`` is the uplink of a machine that is not the origin's.
    """

    def __init__(
        self,
        origin: socket.socket,
        size: int,
        board: Board,
        spawn: Callable[[int], tuple[int, socket.socket]],
        retries: int,
        spare: bool,
        spawn_uplink: Callable[[int], tuple[int, socket.socket]] | None = None,
        is_far: bool = False,
    ) -> None:
        self._board = board
        self._is_far = is_far
        self._spawn = spawn
        self._obituaries: dict[int, str] = {}
        report = self._obituaries.__getitem__
        self._branch: Branch | None = None
        if is_far or spawn_uplink:
            self._branch = Branch(0 if is_far else UPLINK, not is_far, retries, report, spare)
        self._ledger: Ledger = self._branch or Ledger(retries=retries, report=report, spare=spare)
        self._speak_at: float | None = None
        self._selector = selectors.DefaultSelector()
        self._peers: dict[int, _Peer] = {}
        self._next_number = 1
        self._next_try = 0.0
        self._told = False  # that some could not be started
        self._missing: list[int] = []  # workers that could not be started; the number of each one's stillborn
        self._unborn = size - (not spare)  # workers to be started for the first time
        self._join(_Peer(0, origin, None))
        if spawn_uplink:
            pid, sock = spawn_uplink(UPLINK)
            self._next_number = UPLINK + 1
            self._join(_Peer(UPLINK, sock, pid))

    def serve(self) -> None:
        """Run until the origin hangs up; then end the workers."""
        try:
            while 0 in self._peers:
                ready = self._selector.select(self._patience())
                if not ready and self._ledger.waits and not self._unborn:
                    self._carry_out(self._ledger.waited())
                self._speak()
                for key, events in ready:
                    peer: _Peer = key.data
                    if events & selectors.EVENT_WRITE:
                        self._write(peer)
                    if events & selectors.EVENT_READ:
                        self._read(peer)
                if self._unborn and 0 in self._peers:  # one at a time: a short program need not wait for many
                    self._unborn -= 1
                    self._start_worker()
                if self._missing and time.monotonic() > self._next_try:
                    self._start_missing()
        finally:
            self._end_workers()

    def _patience(self) -> float | None:
        if self._unborn:
            return 0.0
        longest = PATIENCE if self._ledger.waits else RETRY if self._missing else None
        if self._speak_at is None:
            return longest
        moment = max(0.0, self._speak_at - time.monotonic())
        return moment if longest is None else min(longest, moment)

    def _speak(self) -> None:
        """Tell the uplink of this machine's appetite, a moment after it may have changed: most changes are short."""
        if self._speak_at is not None and time.monotonic() >= self._speak_at and self._branch is not None:
            self._carry_out(self._branch.speak())
            self._speak_at = None

    def _start_worker(self, stillborn: int = 0) -> None:
        number = self._next_number
        self._board.clear(number)
        try:
            pid, sock = self._spawn(number)
        except OSError as problem:
            if not self._told:
                self._told = True
                _log.warning("scoop: a worker cannot be started (%s); the run goes on without it", why(problem))
            self._missing.append(stillborn)
            return
        self._next_number += 1
        _log.info("scoop: worker %d started (pid %d)", number, pid)
        self._join(_Peer(number, sock, pid), stillborn)

    def _start_all(self) -> None:
        """Start who has not been: the program is to end when all workers are up."""
        for _ in range(self._unborn):
            self._start_worker()
        self._unborn = 0

    def _start_missing(self) -> None:
        self._next_try = time.monotonic() + RETRY
        missing, self._missing = self._missing, []
        for stillborn in missing:
            if self._missing:
                self._missing.append(stillborn)  # it would fail like the one before it
            else:
                self._start_worker(stillborn)

    def _join(self, peer: _Peer, stillborn: int = 0) -> None:
        peer.sock.setblocking(False)
        self._peers[peer.number] = peer
        self._selector.register(peer.sock, selectors.EVENT_READ, peer)
        self._carry_out(self._ledger.joined(peer.number, stillborn))

    def _read(self, peer: _Peer) -> None:
        if peer.number not in self._peers:
            return  # it has left while we served the others of this round
        try:
            data, cargo = receive(peer.sock, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._part(peer)
            return
        try:
            for message in peer.reader.feed(data, cargo):
                if message.kind == Kind.FINISH and message.numbers:
                    self._start_all()
                self._carry_out(self._ledger.received(peer.number, message))
        except Garbled:
            self._part(peer)  # which kills it
        except Exception as problem:  # it was a message, but makes no sense
            _log.error("scoop: worker %d is ended: what it says makes no sense (%r)", peer.number, problem)
            self._part(peer)

    def _part(self, peer: _Peer) -> None:
        if peer.number not in self._peers:
            return
        del self._peers[peer.number]
        self._selector.unregister(peer.sock)
        peer.sock.close()
        if peer.pid is None:
            return
        text = self._obituaries[peer.number] = obituary(_bury(peer.pid))
        if self._branch is not None and peer.number == UPLINK and not self._is_far:
            _log.warning("scoop: the link to the other machines is lost, and the run goes on here: %s", text)
        _log.info("scoop: worker %d has ended: %s", peer.number, text)
        self._carry_out(self._ledger.left(peer.number, self._board.taken[self._board.cell(peer.number)]))
        del self._obituaries[peer.number]

    def _carry_out(self, instructions: list[Instruction]) -> None:
        if self._branch is not None and self._speak_at is None:
            self._speak_at = time.monotonic() + MOMENT
        for instruction in instructions:
            if isinstance(instruction, Send):
                peer = self._peers.get(instruction.worker)
                if peer is not None:
                    self._send(peer, instruction.message)
            elif isinstance(instruction, Ask):
                self._mark(instruction.far)(instruction.worker, True)
            elif isinstance(instruction, Unask):
                for worker in instruction.workers:
                    self._mark(instruction.far)(worker, False)
            else:
                self._start_worker(instruction.stillborn)

    def _mark(self, far: bool) -> Callable[[int, bool], None]:
        return self._board.ask_far if far else self._board.ask

    def _send(self, peer: _Peer, message: Message) -> None:
        peer.unsent.append((memoryview(encode(*message)), message.cargo))
        if len(peer.unsent) == 1:
            self._write(peer)

    def _write(self, peer: _Peer) -> None:
        """Send what the socket takes; what it does not take waits, so one slow worker never holds up the rest."""
        try:
            while peer.unsent:
                frame, cargo = peer.unsent[0]
                sent = send_some(peer.sock, frame, cargo)
                if sent < len(frame):
                    peer.unsent[0] = frame[sent:], None
                else:
                    peer.unsent.popleft()
        except BlockingIOError:
            pass
        except OSError:
            peer.unsent.clear()  # it has died: reading will tell
        if peer.number in self._peers:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.unsent else 0)
            if self._selector.get_key(peer.sock).events != wanted:
                self._selector.modify(peer.sock, wanted, peer)

    def _end_workers(self) -> None:
        for peer in self._peers.values():
            peer.sock.close()  # which tells the worker
        uplink = self._peers.pop(UPLINK, None) if self._branch is not None and not self._is_far else None
        _end({peer.pid for peer in self._peers.values() if peer.pid is not None}, GRACE)
        if uplink is not None and uplink.pid is not None:
            _end({uplink.pid}, FAREWELL)


def _end(pids: set[int], grace: float) -> None:
    """Wait for processes to end; kill those that have not in so many seconds."""
    deadline = time.monotonic() + grace
    while pids and time.monotonic() < deadline:
        pids = {pid for pid in pids if os.waitpid(pid, os.WNOHANG) == (0, 0)}
        time.sleep(0.001)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)


def _bury(pid: int) -> Death:
    """See that a worker that has hung up is dead, and say how it died."""
    deadline = time.monotonic() + GRACE
    done, status, usage = os.wait4(pid, os.WNOHANG)
    while not done and time.monotonic() < deadline:
        time.sleep(0.001)
        done, status, usage = os.wait4(pid, os.WNOHANG)
    if not done:
        os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
    kilo = 1 if sys.platform == "darwin" else 1024
    return Death(pid, socket.gethostname(), os.waitstatus_to_exitcode(status), usage.ru_maxrss * kilo)
