"""What brokers and the coordinator have in common: tasks go to peers that wait, and their ends to their owners."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..wire import messages as m
from .constant_table import ConstantTable
from .peers import ORIGIN, Peer, Peers
from .resources import Amounts, Resources
from .roll_call import RollCall
from .task_table import TaskTable
from .task_watch import TaskWatch

__all__ = ["Handlers", "Router"]

Handlers = Mapping[type, Callable[[int, Any], None]]  # by type of message; called with its sender and the message


class Router:
    """The parts of a broker's or the coordinator's state, and what is the same for both.

    ``owner`` returns the peer that owns a batch, or through which its owner is reached. ``handlers`` say what this
    role does with further types of messages. ``decider``: see ConstantTable; ``retries``: see TaskTable;
    ``resources``: those of this machine.
    """

    def __init__(
        self,
        owner: Callable[[int], int],
        decider: int | None,
        retries: int,
        handlers: Handlers,
        resources: Amounts,
    ) -> None:
        self.peers = Peers()
        self.requests = self.peers.requests
        self.table = TaskTable(retries, owner, self.peers.send)
        self.roll_call = RollCall(self.peers)
        self.owner = owner
        self._links = 0
        self.expects_worker = False  # one is about to join, in the place of one that has died
        self.watch = TaskWatch(self._is_held)
        self.resources = Resources(resources, self._is_held)
        self._constants = ConstantTable(decider, self.peers)
        self._handlers: Handlers = {
            m.Offer: self._take_tasks,
            m.GiveBack: self._take_tasks,
            m.Results: self._results,
            m.PartialResult: self.table.pass_on,
            m.Cancel: lambda _, message: self.table.cancel(message),
            m.Cancelled: self.table.end,
            m.Stop: self._stop,
            m.Began: self.watch.began,
            m.Needs: lambda _, message: self.table.note_needs(message),
            m.Urgent: lambda _, message: self.table.note_priorities(message),
            m.Retire: lambda number, _: self.peers.retire(number),
            m.SetConstants: self._set_constants,
            m.DeleteConstants: self._constants.change,
            m.Notice: self._pass_notice_on,
            **handlers,
        }
        self._link_handlers: Handlers = {
            m.Demand: self.peers.note_demand,
            m.Lost: self.table.end,
            m.Stopped: self.table.end,
            m.ConstantReply: lambda _, message: self._constants.decided(message),
            **self._handlers,
        }

    def joined(self, number: int, peer: Peer) -> None:
        """A peer takes part from now on. It must know the constants before all else."""
        self.peers[number] = peer
        self._links += peer.is_link
        self._constants.tell_all_to(number)
        if not peer.is_link and number != ORIGIN:
            self.roll_call.joined(number)

    def received(self, number: int, message: m.Message) -> None:
        """A peer has sent a message. Raises ValueError if no such peer sends that."""
        peer = self.peers[number]
        handler = (self._link_handlers if peer.is_link else self._handlers).get(type(message))
        if handler is None:
            raise ValueError(f"a worker sends no {type(message).__name__}")
        handler(number, message)
        if peer.is_link and not isinstance(message, m.Demand | m.Notice):
            self.peers.note_heard(number)

    def left(self, number: int, begun: int, report: str) -> Peer:
        """A peer has died or left, having begun so many tasks in all its life; return what was known of it."""
        self.requests.forget(number)
        self.resources.forget(number)
        gone = self.peers.pop(number)
        self.peers.free.pop(number, None)
        self._links -= gone.is_link
        # No owner is left to tell of these. The tasks that the peer was running run again, and offer these anew.
        self.table.owner_died(number)
        if gone.is_link:
            self.table.machine_lost(number, report)
        else:
            unanswered = 0 if gone.retired else max(0, begun - gone.answered)
            if (end := gone.ended_for) is not None and self.owner(end.task[0]) != number:
                self.table.worker_ended(number, unanswered, end.task, end.stopped, end.report)
            else:
                self.table.worker_died(number, unanswered, report, gone.retired)
        self._constants.peer_left(number, gone.retired)
        self.roll_call.left(number)
        return gone

    def hand_out(self, may_run_quarantined: Callable[[int], bool] = lambda _: True) -> None:
        """Hand tasks to the peers that wait, as far as they go."""
        while waiting := self.requests.waiting:
            if (self.table.in_line or self.table.quarantine) and (found := self._take_alone(may_run_quarantined)):
                self.hand(*found)
            elif self.table.on_offer:
                self.hand_share(next(iter(waiting)), len(waiting))
            else:
                break

    def _take_quarantined(self, may_run: Callable[[int], bool]) -> tuple[int, int, list[int]] | None:
        """Take the oldest quarantined task for a peer that waits; if possible for one that holds no other task."""
        for peer in sorted(filter(may_run, self.requests.waiting), key=lambda peer: bool(self.table.held.get(peer))):
            if found := self.table.take_quarantined(partial(self._may_risk, peer)):
                return peer, *found
        return None

    def _take_alone(self, may_run: Callable[[int], bool]) -> tuple[int, int, list[int]] | None:
        """Take a task that is handed out alone: what it needs is rarer than workers, so it comes first."""
        return (self.table.in_line and self._take_from_line()) or self._take_quarantined(may_run)

    def _take_from_line(self) -> tuple[int, int, list[int]] | None:
        """Take the first task in line that a peer which waits can run. A worker has no two such tasks at a time."""
        for peer in sorted(self.requests.waiting, key=self.resources.rank):
            free = self._free_for(peer)
            if free and (found := self.table.take_from_line(free, partial(self._may_risk, peer))):
                return peer, *found
        return None

    def _free_for(self, peer: int) -> Amounts:
        if self.peers[peer].is_link:
            return self.peers.free.get(peer, {})
        return {} if self.resources.any_for(peer) else self.resources.free()

    def _is_held(self, peer: int, task: tuple[int, int]) -> bool:
        return task in self.table.held.get(peer, ())

    def _may_risk(self, peer: int, batch: int) -> bool:
        """Return whether a peer may run what may kill it. The owner may if there is no other: with it, all dies."""
        if self.owner(batch) != peer or self.peers[peer].is_link:
            return True
        return not (self.expects_worker or any(other.is_able for other in self.peers.but(ORIGIN, peer)))

    def has_begun(self, number: int, task: tuple[int, int], begun: int) -> bool:
        """Return whether a worker has begun a task that it holds, given how many it has begun in all its life."""
        held = self.table.held.get(number, {})
        return task in [*held][: max(0, begun - self.peers[number].answered)]

    def _stop(self, _: int, message: m.Stop) -> None:
        for worker, task in self.table.stop(message, lambda peer: self.peers[peer].is_link):
            self.watch.stop(worker, task)

    def hand(self, number: int, batch: int, tasks: list[int]) -> None:
        """Hand tasks to a peer; one that needs resources is handed alone, and gets them."""
        if not self.peers[number].is_link and (needs := self.table.needs_of((batch, tasks[0]))):
            taken = self.resources.take(number, (batch, tasks[0]), needs)
            names, numbers = zip(*taken, strict=True)
            self.peers.send(number, m.Granted(batch, tasks[0], names, numbers))
        self.table.hand(number, self.peers[number].is_link, batch, tasks)
        if self.peers[number].is_link:
            self.peers.note_handed(number, len(tasks))

    def hand_share(self, number: int, waiting: int) -> None:
        """Hand a peer its share of what is on offer, of which so many wait for some.

        One of several machines gets what it wants; or its fair share of a lot, if that is more: so few messages are
        on their way while much is left, and little is to be given back at the end.
        """
        peer = self.peers[number]
        few = peer.is_link and self._links > 1
        most = max(peer.credit.left, self.table.tasks_in_first_lot() // self._links) if few else None
        self.hand(number, *self.table.take_share(waiting, most))

    def _take_tasks(self, number: int, message: m.Offer | m.GiveBack) -> None:
        if isinstance(message, m.Offer):
            self.table.add(number, message)
        else:
            self.table.give_back(number, message)
        if self.peers[number].is_link:
            self.peers.note_came(number, len(message.tasks))
        else:
            self.requests.may_give(number)

    def _set_constants(self, number: int, message: m.SetConstants) -> None:
        self._constants.change(number, message)
        self.roll_call.begin(message)

    def tell_all(self, message: m.Notice, but: int | None = None) -> None:
        """Have all peers hear of something that changes nothing of what there is to do."""
        for number in [*self.peers]:
            if number != but:
                self.peers.send_uncounted(number, message)

    def _pass_notice_on(self, number: int, message: m.Notice) -> None:
        if message.kind == m.NoticeKind.LOOK:
            self.tell_all(message, number)
            return
        if message.kind != m.NoticeKind.ALL_ANSWERED:
            self.peers.send_uncounted(ORIGIN, message)  # or to what leads to the origin
        self.roll_call.heard(number, message)  # after it: the last answer goes before the word that it is the last

    def _results(self, number: int, message: m.Results) -> None:
        self.peers[number].answered += len(message.tasks)
        self.table.end(number, message)
