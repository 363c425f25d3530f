"""The broker's process: it feeds the state with what workers send, and does what the state says."""

import logging
import selectors
import socket
import time
from typing import NamedTuple

from ..tuning import TUNING
from ..wire.messages import MalformedMessage, MessageReader, ProgramEnded, Welcome, encode
from ..wire.status_page import StatusPage
from .channel import Channel
from .exit_report import exit_report
from .instructions import Ask, Instruction, Replace, Send
from .processes import GRACE_SECONDS, Spawn, Starts, end_processes, reap
from .state import ORIGIN, BrokerState

__all__ = ["Broker", "receive_welcome"]

UPLINK = 1
"""The number of the uplink on the origin's machine. On other machines the uplink is in the place of the origin."""

FAREWELL_SECONDS = 10.0
"""How long the uplink has to dismiss other machines, and to pass on what they still print."""

_log = logging.getLogger("scoop")


def receive_welcome(uplink: socket.socket) -> int | None:
    """Wait until this machine has joined the run; return its number, or None if the uplink has ended."""
    frame = uplink.recv(len(encode(Welcome(0))), socket.MSG_WAITALL)
    return next((each.machine for each in MessageReader().feed(frame) if isinstance(each, Welcome)), None)


class _Peer(NamedTuple):
    number: int
    pid: int | None  # None: the origin, which is no child of this process
    channel: Channel


class Broker:
    """Passes messages between the workers of one machine until the origin is gone.

    Parameters:
        origin: the socket to the origin; on a machine that is not the origin's, to the uplink.
        workers: how many workers there are to be; the origin is one of them if it is not spared.
        page: the status page, shared with the workers.
        spawn: starts a worker.
        retries, spare: see BrokerState.
        machine: the number of this machine in the run; 0 is the origin's.
        spawn_uplink: starts the uplink, on the origin's machine, where the run has others.
    """

    def __init__(
        self,
        origin: socket.socket,
        workers: int,
        page: StatusPage,
        spawn: Spawn,
        retries: int,
        spare: bool,
        machine: int = 0,
        spawn_uplink: Spawn | None = None,
    ) -> None:
        uplink = ORIGIN if machine else UPLINK if spawn_uplink else None
        self._uplink = uplink if spawn_uplink else None  # if it is a child of ours
        self._state = BrokerState(machine, uplink, retries, spare)
        self._has_uplink = uplink is not None
        self._demand_at: float | None = None  # when to tell other machines what this one needs
        self._page = page
        self._selector = selectors.DefaultSelector()
        self._peers: dict[int, _Peer] = {}
        self._starts = Starts(workers - (not spare), spawn, page, self._join)
        self._join(ORIGIN, origin, None)
        if spawn_uplink:
            pid, sock = spawn_uplink(UPLINK)
            self._starts.next_number = UPLINK + 1
            self._join(UPLINK, sock, pid)

    def serve(self) -> None:
        """Run until the origin closes its socket; then end the workers."""
        try:
            while ORIGIN in self._peers:
                ready = self._selector.select(self._longest_sleep())
                if not ready and self._state.can_ask_more and not self._starts.to_start:
                    self._carry_out(self._state.waited())
                self._tell_demand()
                for key, events in ready:
                    if events & selectors.EVENT_WRITE:
                        key.data.channel.flush()
                    if events & selectors.EVENT_READ:
                        self._read(key.data)
                if ORIGIN in self._peers:
                    self._starts.start_first(1)  # a short program need not wait for many
                    self._starts.retry()
                    self._carry_out(self._state.starts_fail(self._starts.fail))
        finally:
            self._end_workers()

    def _longest_sleep(self) -> float | None:
        waits = [self._starts.wait_seconds]
        if self._state.can_ask_more:
            waits.append(TUNING.ask_more_after_seconds)
        if self._demand_at is not None:
            waits.append(max(0.0, self._demand_at - time.monotonic()))
        return min((seconds for seconds in waits if seconds is not None), default=None)

    def _tell_demand(self) -> None:
        if self._demand_at is not None and time.monotonic() >= self._demand_at:
            self._carry_out(self._state.tell_demand())
            self._demand_at = None

    # -- workers come and go ----------------------------------------------------------------------------------

    def _join(self, number: int, sock: socket.socket, pid: int | None, failed_starts: int = 0) -> None:
        def watch(unsent: bool) -> None:
            if number in self._peers:
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0)
                self._selector.modify(sock, events, peer)

        peer = self._peers[number] = _Peer(number, pid, Channel(sock, watch))
        self._selector.register(sock, selectors.EVENT_READ, peer)
        self._carry_out(self._state.joined(number, failed_starts))

    def _part(self, peer: _Peer) -> None:
        """A peer has closed its socket, or has broken the protocol."""
        if self._peers.pop(peer.number, None) is None:
            return
        self._selector.unregister(peer.channel.sock)
        peer.channel.sock.close()
        if peer.pid is None:
            return
        report = exit_report(reap(peer.pid))
        if peer.number == self._uplink:
            _log.warning("scoop: the link to the other machines is lost, and the run goes on here: %s", report)
        _log.info("scoop: worker %d has ended: %s", peer.number, report)
        begun = self._page.begun[self._page.cell(peer.number)]
        self._carry_out(self._state.left(peer.number, begun, report))

    def _end_workers(self) -> None:
        for peer in self._peers.values():
            peer.channel.sock.close()  # which tells the worker
        uplink = None if self._uplink is None else self._peers.pop(self._uplink, None)
        end_processes({peer.pid for peer in self._peers.values() if peer.pid is not None}, GRACE_SECONDS)
        if uplink is not None and uplink.pid is not None:
            end_processes({uplink.pid}, FAREWELL_SECONDS)

    # -- messages ---------------------------------------------------------------------------------------------

    def _read(self, peer: _Peer) -> None:
        if peer.number not in self._peers:
            return  # it has left while the broker served others of this round
        messages = peer.channel.receive()
        try:
            for message in messages or ():
                if isinstance(message, ProgramEnded) and message.all_started:
                    self._starts.start_first(self._starts.to_start)
                self._carry_out(self._state.received(peer.number, message))
        except MalformedMessage:
            messages = None
        except Exception as problem:  # it was a message, but makes no sense
            _log.error("scoop: worker %d is ended: its message makes no sense (%r)", peer.number, problem)
            messages = None
        if messages is None:
            self._part(peer)  # which ends it

    def _carry_out(self, instructions: list[Instruction]) -> None:
        if self._has_uplink and self._demand_at is None:
            self._demand_at = time.monotonic() + TUNING.tell_demand_after_seconds
        for instruction in instructions:
            if isinstance(instruction, Send):
                if instruction.peer in self._peers:
                    self._peers[instruction.peer].channel.post(instruction.message)
            elif isinstance(instruction, Replace):
                self._starts.start(instruction.failed_starts)
            else:
                workers = [instruction.worker] if isinstance(instruction, Ask) else instruction.workers
                mark = self._page.ask_far if instruction.far else self._page.ask
                for worker in workers:
                    mark(worker, isinstance(instruction, Ask))
