"""What brokers and the coordinator have in common: tasks go to peers that wait, and their ends to their owners."""

from collections.abc import Callable, Mapping
from typing import Any

from ..wire.messages import (
    Cancel,
    Cancelled,
    ConstantReply,
    DeleteConstants,
    Demand,
    GiveBack,
    Lost,
    Message,
    Offer,
    PartialResult,
    Results,
    Retire,
    SetConstants,
)
from .constant_table import ConstantTable
from .peers import Peer, Peers
from .steal_requests import StealRequests
from .task_table import TaskTable

__all__ = ["Handlers", "Router"]

Handlers = Mapping[type, Callable[[int, Any], None]]
"""What to do with messages, by type. Each is called with the peer that has sent the message, and the message."""


class Router:
    """The parts of a broker's or the coordinator's state, and what is the same for both.

    Parameters:
        owner: returns the peer that owns a batch, or through which its owner is reached.
        decider: see ConstantTable.
        retries: see TaskTable.
        handlers: what this role does with further types of messages.
    """

    def __init__(self, owner: Callable[[int], int], decider: int | None, retries: int, handlers: Handlers) -> None:
        self.requests = StealRequests()
        self.peers = Peers(self.requests)
        self.table = TaskTable(retries, lambda message: self._send_to_owner(message.batch, message))
        self.owner = owner
        self._constants = ConstantTable(decider, lambda: [*self.peers], self.peers.send)
        self._handlers: Handlers = {
            Offer: self._offer,
            GiveBack: self._give_back,
            Results: self._results,
            PartialResult: self._partial_result,
            Cancel: lambda _, message: self._send_all(self.table.cancel(message)),
            Cancelled: self.table.end,
            SetConstants: self._constants.change,
            DeleteConstants: self._constants.change,
            Retire: lambda number, _: self.peers.retire(number),
            **handlers,
        }
        self._link_handlers: Handlers = {
            Demand: self.peers.note_demand,
            Lost: self.table.end,
            ConstantReply: lambda _, message: self._constants.decided(message),
        }

    # -- events -----------------------------------------------------------------------------------------------

    def joined(self, number: int, peer: Peer) -> None:
        """A peer takes part from now on. It must know the constants before all else."""
        self.peers[number] = peer
        self._constants.tell_all_to(number)

    def received(self, number: int, message: Message) -> None:
        """A peer has sent a message. Raises ValueError if no such peer sends that."""
        is_link = self.peers[number].is_link
        handler = self._handlers.get(type(message)) or (is_link and self._link_handlers.get(type(message)))
        if not handler:
            raise ValueError(f"a worker sends no {type(message).__name__}")
        if is_link and not isinstance(message, Demand):
            self.peers.note_message(number)
        handler(number, message)

    def left(self, number: int, begun: int, report: str) -> Peer:
        """A peer has died or left, having begun so many tasks in all its life; return what was known of it."""
        gone = self.peers.leave(number)
        # There is none to tell how these ended. What the peer was working on runs again, and offers its own anew.
        self._send_all(self.table.forget(lambda batch: self.owner(batch) == number))
        if gone.is_link:
            self.table.machine_lost(number, report)
        else:
            unanswered = 0 if gone.retired else max(0, begun - gone.answered)
            self.table.worker_died(number, unanswered, report, gone.retired)
        self._constants.peer_left(number)
        return gone

    # -- handing out ------------------------------------------------------------------------------------------

    def hand_out(self, may_run_quarantined: Callable[[int], bool]) -> None:
        """Hand tasks to the peers that wait, as far as they go."""
        while waiting := self.requests.waiting:
            careful = self.peer_for_quarantined(may_run_quarantined) if self.table.quarantine else None
            if careful is not None and (found := self.table.take_quarantined()):
                self.hand(careful, *found)
            elif self.table.on_offer:
                peer = waiting[0]
                self.hand(peer, *self.table.take_share(len(waiting)))
            else:
                break

    def peer_for_quarantined(self, may_run: Callable[[int], bool]) -> int | None:
        """Return a peer that waits and may run a quarantined task; if possible one that holds no other task."""
        able = [peer for peer in self.requests.waiting if may_run(peer)]
        return next((peer for peer in able if not self.table.holds_any(peer)), able[0] if able else None)

    def hand(self, number: int, batch: int, tasks: list[int]) -> None:
        """Hand tasks to a peer; through a link they go home if their owner is there."""
        if not self.peers[number].is_link:
            self.peers.send(number, self.table.run(number, batch, tasks))
        elif self.owner(batch) == number:
            self.peers.send(number, self.table.send_home(batch, tasks))
        else:
            self.peers.send(number, self.table.lend(number, batch, tasks))

    # -- messages ---------------------------------------------------------------------------------------------

    def _offer(self, number: int, message: Offer) -> None:
        if self.owner(message.batch) != number:
            raise ValueError("a peer offers tasks that are not its own")
        self.table.add(message)
        self._has_given(number)

    def _give_back(self, number: int, message: GiveBack) -> None:
        self.table.give_back(number, message)
        self._has_given(number)

    def _has_given(self, number: int) -> None:
        if not self.peers[number].is_link:
            self.requests.may_give(number)

    def _results(self, number: int, message: Results) -> None:
        self.peers[number].answered += len(message.tasks)
        self.table.end(number, message)

    def _partial_result(self, number: int, message: PartialResult) -> None:
        if self.table.holds(number, message.batch, message.task):
            self._send_to_owner(message.batch, message)

    def _send_to_owner(self, batch: int, message: Message) -> None:
        self.peers.send(self.owner(batch), message)

    def _send_all(self, messages: list[tuple[int, Cancel]]) -> None:
        for number, message in messages:
            self.peers.send(number, message)
