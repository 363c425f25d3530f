"""What the broker of one machine of several does beyond the rest: it shares work with other machines.

The uplink is the link to all other machines. It comes last: it gets only tasks for which no worker of this machine
waits. While other machines want work, the workers are asked a second time, *far*: to give what is worth a journey
that costs ten times as much as one within the machine.

    own workers wait       they get tasks, and the others are asked, as ever. The uplink is told, so that other
                           machines give some
    only others wait       tasks on offer go to the uplink, one lot for each of its Demands. Workers are asked far

Quarantined tasks never go to the origin. So if no other worker waits, the uplink gets them. But they do not go back
to where they came from: that could go on for ever.
"""

from ..wire.messages import Steal
from .instructions import Ask, Unask
from .router import Router

__all__ = ["Uplink"]


class Uplink:
    """The rules for the link to other machines.

    Parameters:
        number: of the link, among the peers.
        origin: the number of the peer that gets no quarantined tasks.
        router: the parts of the broker's state.
    """

    def __init__(self, number: int, origin: int, router: Router) -> None:
        self.number = number
        self.why_alone: str | None = None
        """Why no other machine can work any more."""
        self._origin = origin
        self._router = router
        self._peers, self._table, self._requests = router.peers, router.table, router.requests
        self._asked_far: set[int] = set()

    def has_given(self, worker: int) -> None:
        """A worker has given, or is gone: it may be asked far again."""
        self._asked_far.discard(worker)

    def share(self) -> None:
        """Give the uplink what this machine can spare, and have its workers asked for more."""
        link = self._peers.get(self.number)
        if link is not None and link.idle:
            own_wait = bool(self._requests.waiting)
            if self._table.on_offer and not own_wait:
                self._router.hand(self.number, *self._table.take_share(1))
            elif not own_wait or self._router.peer_for_quarantined(lambda worker: worker != self._origin) is None:
                found = self._table.take_quarantined(lambda batch: self._router.owner(batch) != self.number)
                if found is not None:
                    self._router.hand(self.number, *found)
        self._ask_far()

    def lose_what_none_can_run(self) -> None:
        """Only the origin is left, which the quarantined tasks may kill: their owners are told that they are lost."""
        if self.why_alone is not None and self._table.quarantine and not self.any_able_here():
            self._table.lose_quarantined(self.why_alone)

    def any_able_here(self) -> bool:
        """Whether this machine has another worker than the origin."""
        return any(not peer.cannot_start for peer in self._peers.but(self._origin, self.number))

    def _ask_far(self) -> None:
        link = self._peers.get(self.number)
        if link is None or not link.wants_work:
            if self._asked_far:
                self._peers.instruct(Unask(tuple(self._asked_far), far=True))
                self._asked_far.clear()
        elif not self._requests.waiting and len(self._asked_far) < len(self._peers) - 1:
            for worker in [*self._peers]:
                if worker not in self._asked_far and self._can_give(worker):
                    self._asked_far.add(worker)
                    self._peers.instruct(Ask(worker, far=True))
                    self._peers.send(worker, Steal(1, far=True))

    def _can_give(self, worker: int) -> bool:
        peer = self._peers[worker]
        return (peer.has_spoken or worker == self._origin) and not peer.retired and not peer.is_link
