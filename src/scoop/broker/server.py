"""The broker's process: it feeds the state with what workers send, and does what the state says."""

import logging
import selectors
import socket
import time
from math import inf

from ..tuning import TUNING
from ..wire.messages import MalformedMessage, MessageReader, Notice, ProgramEnded, Welcome, encode
from ..wire.sockets import Channel
from ..wire.status_page import StatusPage
from .askers import Askers
from .half_messages import HalfMessages
from .looks import Looks
from .orphans import reap_orphans
from .overruns import Overruns
from .own_processes import ProcessesHere, tasks_begun
from .peers import ORIGIN, Instruction, Replace, Send
from .processes import GRACE_SECONDS, Spawn, Starts, end_processes, reap
from .resources import Amounts
from .stacks_text import print_stacks
from .standing import StandingWorkers
from .state import BrokerState

__all__ = ["Broker", "receive_welcome"]

UPLINK = 1  # the number of the uplink on the origin's machine; on others the uplink is in the place of the origin
FAREWELL_SECONDS = 10.0  # for the uplink to dismiss other machines, and to pass on what they still print

_log = logging.getLogger("scoop.run")


def receive_welcome(uplink: socket.socket) -> int | None:
    """Wait until this machine has joined the run; return its number, or None if the uplink has ended."""
    frame = uplink.recv(len(encode(Welcome(0))), socket.MSG_WAITALL)
    return next((each.machine for each in MessageReader().feed(frame) if isinstance(each, Welcome)), None)


class Broker:
    """Passes messages between the workers of one machine until the origin is gone.

    Parameters:
        origin: the socket to the origin; on a machine that is not the origin's, to the uplink.
        workers: how many workers are to be started here.
        spawn_uplink: starts the uplink, on the origin's machine, where the run has others.
        retries, machine, resources: see BrokerState.
    """

    def __init__(
        self,
        origin: socket.socket,
        workers: int,
        page: StatusPage,
        spawn: Spawn,
        retries: int,
        machine: int,
        spawn_uplink: Spawn | None,
        resources: Amounts,
    ) -> None:
        uplink = ORIGIN if machine else UPLINK if spawn_uplink else None
        self._uplink_pid: int | None = None  # of the uplink, if it is a child of ours
        self._machine = machine
        self._state = BrokerState(machine, uplink, retries, workers, resources, self._begun_by, time.monotonic)
        self._has_uplink = uplink is not None
        self._reap_at = 0.0
        self._standing = StandingWorkers()
        self._half_messages = HalfMessages()
        self._look_at = time.monotonic() + TUNING.standing_look_seconds  # whether workers stand still
        self._demand_at = inf  # when to tell other machines what this one needs
        self._page = page
        self._selector = selectors.DefaultSelector()
        self._channels: dict[int, Channel] = {}  # by peer
        self._pids: dict[int, int] = {}  # the same, but the origin, which is no child of ours
        self._overruns = Overruns(self._state, page, self._pids)
        self._looks = self._new_looks(machine)
        self._askers = Askers(self._selector, self._looks.begin)
        self._starts = Starts(workers, spawn, page, self._join)
        self._join(ORIGIN, origin, None)
        if spawn_uplink:
            self._uplink_pid, sock = spawn_uplink(UPLINK)
            self._starts.next_number = UPLINK + 1
            self._join(UPLINK, sock, self._uplink_pid)

    def serve(self) -> None:
        """Run until the origin closes its socket; then end the workers."""
        if not self._machine:
            self._askers.heed_signal()
        try:
            while ORIGIN in self._channels:
                ready = self._selector.select(self._longest_sleep())
                if not ready and self._state.requests.can_ask_more and not self._starts.to_start:
                    self._carry_out(self._state.waited())
                if time.monotonic() >= self._demand_at:
                    self._carry_out(self._state.tell_demand())
                    self._demand_at = time.monotonic() + self._state.seconds_to_next_look()
                for key, events in ready:
                    if callable(key.data):
                        key.data(events)
                        continue
                    if events & selectors.EVENT_WRITE:
                        self._channels[key.data].flush()
                    if events & selectors.EVENT_READ:
                        self._read(key.data)
                if ORIGIN in self._channels:
                    self._starts.start_first(1)  # a short program need not wait for many
                    self._starts.retry()
                    if instructions := self._state.starts_fail(self._starts.fail):  # no event, else we never sleep
                        self._carry_out(instructions)
                self._overruns.end()
                if self._looks.under_way or self._askers.listener:
                    self._looks.end()
                    self._askers.end()
                if (now := time.monotonic()) >= self._reap_at:
                    self._reap_at = now + TUNING.orphans_reaped_every_seconds
                    reap_orphans(self._pids.values())
                if now >= self._look_at:
                    self._look_at = now + TUNING.standing_look_seconds
                    self._look_at_workers()
        finally:
            _log.info("scoop: the run ends here: %s", tasks_begun(self._page, self._pids, self._uplink_pid))
            self._end_workers()

    def _longest_sleep(self) -> float | None:
        ask_after = TUNING.ask_more_after_seconds if self._state.requests.can_ask_more else inf
        look_at = self._look_at if len(self._state.requests.waiting) < len(self._pids) else inf
        seconds = min(self._starts.longest_sleep(), ask_after, min(self._demand_at, look_at) - time.monotonic())
        if self._state.watch:
            seconds = min(seconds, self._overruns.seconds_to_look())
        if self._looks.under_way or self._askers.listener:
            seconds = min(seconds, self._looks.seconds_left(), self._askers.seconds_left())
        return None if seconds == inf else max(0.0, seconds)

    def _look_at_workers(self) -> None:
        peers = self._state.peers
        workers = ((number, pid) for number, pid in self._pids.items() if pid != self._uplink_pid)
        busy = {number: pid for number, pid in workers if not peers[number].idle}
        parts = {number: part for number, channel in self._channels.items() if (part := channel.part)}
        for text in self._standing.look(busy) + self._half_messages.look(parts):
            _log.warning("scoop: %s", text)

    def _new_looks(self, machine: int) -> Looks:
        here = ProcessesHere(machine, self._state, self._page, self._pids)

        def tell_all(notice: Notice) -> None:
            self._carry_out(self._state.tell_all(notice))

        def tell_parent(notice: Notice) -> None:
            self._channels[ORIGIN].post(notice)

        return Looks(machine, self._has_uplink, here.read, tell_all, tell_parent, time.monotonic, print_stacks)

    def _join(self, number: int, sock: socket.socket, pid: int | None, failed_starts: int = 0) -> None:
        def watch(unsent: bool) -> None:
            if number in self._channels:
                events = selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0)
                self._selector.modify(sock, events, number)

        self._channels[number] = Channel(sock, watch)
        if pid is not None:
            self._pids[number] = pid
        self._selector.register(sock, selectors.EVENT_READ, number)
        self._carry_out(self._state.joined(number, failed_starts))

    def _part(self, number: int) -> None:
        sock = self._channels.pop(number).sock
        self._selector.unregister(sock)
        sock.close()
        if number in self._pids:
            pid = self._pids.pop(number)
            report = reap(pid, lambda: self._grace_seconds(number))
            if pid == self._uplink_pid:
                _log.warning("scoop: the link to the other machines is lost, and the run goes on here: %s", report)
            _log.info("scoop: worker %d has ended: %s", number, report)
            self._carry_out(self._state.left(number, self._begun_by(number), report))
            self._page.note_interrupted(self._state.table.interrupted)

    def _begun_by(self, number: int) -> int:
        return self._page.begun[self._page.cell(number)]

    def _end_workers(self) -> None:
        for channel in self._channels.values():
            channel.sock.close()  # which tells the worker
        end_processes(self._pids, self._grace_seconds)

    def _grace_seconds(self, number: int) -> float:
        """Return how long a child may take to end. A worker that runs exit handlers sees to the bound itself."""
        if self._pids.get(number) == self._uplink_pid is not None:
            return FAREWELL_SECONDS
        return GRACE_SECONDS + TUNING.exit_handlers_end_within_seconds * self._page.is_ending(number)

    def _read(self, number: int) -> None:
        messages = self._channels[number].receive()
        try:
            for message in messages or ():
                if isinstance(message, Notice) and self._looks.take(message):
                    continue
                if isinstance(message, ProgramEnded) and message.all_started:
                    self._starts.start_first(self._starts.to_start)
                self._carry_out(self._state.received(number, message))
        except MalformedMessage as problem:
            _log.error("scoop: %s is ended, for it has sent %s", _name(number), problem)
            messages = None
        except Exception as problem:  # it was a message, but makes no sense
            _log.error("scoop: %s is ended, for its message makes no sense (%r)", _name(number), problem)
            messages = None
        if messages is None:
            self._part(number)  # which ends it

    def _carry_out(self, instructions: list[Instruction]) -> None:
        if self._has_uplink:
            self._demand_at = min(self._demand_at, time.monotonic() + TUNING.tell_demand_after_seconds)
        for instruction in instructions:
            if isinstance(instruction, Send):
                if instruction.peer in self._channels:
                    self._channels[instruction.peer].post(instruction.message)
            elif isinstance(instruction, Replace):
                self._starts.start(instruction.failed_starts)
            else:
                mark = self._page.ask_far if instruction.far else self._page.ask
                mark(instruction.worker, instruction.asked)


def _name(number: int) -> str:
    return f"worker {number}" if number != ORIGIN else "the run"
