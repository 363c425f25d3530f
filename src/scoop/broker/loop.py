"""The broker's process: feeds the ledger with what workers send, and does what the ledger says."""

import logging
import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable

from ..wire.board import Board
from ..wire.messages import Message, MessageReader, encode
from .ledger import Ask, Instruction, Ledger, Send, Unask

__all__ = ["Broker"]

GRACE = 0.25
"""Seconds that workers have to flush and leave when the run ends; then they are killed."""

_log = logging.getLogger("scoop")

_CHUNK = 1 << 16


class _Peer:
    """One worker's end: its socket, what it said so far, what it has still to be told."""

    def __init__(self, number: int, sock: socket.socket, pid: int | None) -> None:
        self.number = number
        self.sock = sock
        self.pid = pid  # None: the origin, which is nobody's child here
        self.reader = MessageReader()
        self.unsent: deque[memoryview] = deque()


class Broker:
    """Passes parcels between the workers of one machine until the origin is gone.

    Parameters:
        origin: the socket to the origin.
        size: how many workers there are to be, the origin included.
        board: the memory shared with the workers.
        spawn: starts worker number n and returns its pid and the socket to it.
    """

    def __init__(
        self,
        origin: socket.socket,
        size: int,
        board: Board,
        spawn: Callable[[int], tuple[int, socket.socket]],
    ) -> None:
        self._board = board
        self._spawn = spawn
        self._ends: dict[int, str] = {}
        self._ledger = Ledger(report=lambda worker: self._ends.get(worker, "its worker died"))
        self._selector = selectors.DefaultSelector()
        self._peers: dict[int, _Peer] = {}
        self._next_number = 1
        self._join(_Peer(0, origin, None))
        for _ in range(size - 1):
            self._start_worker()

    def serve(self) -> None:
        """Run until the origin hangs up; then end the workers."""
        try:
            while 0 in self._peers:
                for key, events in self._selector.select():
                    peer: _Peer = key.data
                    if events & selectors.EVENT_WRITE:
                        self._write(peer)
                    if events & selectors.EVENT_READ:
                        self._read(peer)
        finally:
            self._end_workers()

    def _start_worker(self) -> None:
        number = self._next_number
        self._next_number += 1
        pid, sock = self._spawn(number)
        _log.info("scoop: worker %d started (pid %d)", number, pid)
        self._join(_Peer(number, sock, pid))

    def _join(self, peer: _Peer) -> None:
        peer.sock.setblocking(False)
        self._peers[peer.number] = peer
        self._selector.register(peer.sock, selectors.EVENT_READ, peer)
        self._carry_out(self._ledger.joined(peer.number))

    def _read(self, peer: _Peer) -> None:
        if peer.number not in self._peers:
            return  # it has left while we served the others of this round
        try:
            data = peer.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._part(peer)
            return
        for message in peer.reader.feed(data):
            self._carry_out(self._ledger.received(peer.number, message))

    def _part(self, peer: _Peer) -> None:
        del self._peers[peer.number]
        self._selector.unregister(peer.sock)
        peer.sock.close()
        if peer.pid is None:
            return
        self._ends[peer.number] = f"its worker (pid {peer.pid} on {socket.gethostname()}) {_bury(peer.pid)}"
        _log.info("scoop: worker %d died: %s", peer.number, self._ends[peer.number])
        self._carry_out(self._ledger.left(peer.number))

    def _carry_out(self, instructions: list[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, Send):
                peer = self._peers.get(instruction.worker)
                if peer is not None:
                    self._send(peer, instruction.message)
            elif isinstance(instruction, Ask):
                self._board.ask(instruction.worker, True)
            elif isinstance(instruction, Unask):
                for worker in instruction.workers:
                    self._board.ask(worker, False)
            else:
                self._start_worker()

    def _send(self, peer: _Peer, message: Message) -> None:
        peer.unsent.append(memoryview(encode(*message)))
        if len(peer.unsent) == 1:
            self._write(peer)

    def _write(self, peer: _Peer) -> None:
        """Send what the socket takes; what it does not take waits, so one slow worker never holds up the rest."""
        try:
            while peer.unsent:
                sent = peer.sock.send(peer.unsent[0])
                if sent < len(peer.unsent[0]):
                    peer.unsent[0] = peer.unsent[0][sent:]
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
        pids = {peer.pid for peer in self._peers.values() if peer.pid is not None}
        for peer in self._peers.values():
            peer.sock.close()  # which tells the worker
        deadline = time.monotonic() + GRACE
        while pids and time.monotonic() < deadline:
            pids = {pid for pid in pids if os.waitpid(pid, os.WNOHANG) == (0, 0)}
            time.sleep(0.001)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def _bury(pid: int) -> str:
    """See that a worker that has hung up is dead, and say how it died."""
    deadline = time.monotonic() + GRACE
    done, status = os.waitpid(pid, os.WNOHANG)
    while not done and time.monotonic() < deadline:
        time.sleep(0.001)
        done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
