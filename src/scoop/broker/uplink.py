"""How the broker of one of several machines shares work with the others.

The uplink is the link to all other machines. It comes last: it gets only tasks for which no worker of this machine
waits. While other machines want work, the broker asks its workers a second time, *far*: to give only tasks that are
worth a journey, which costs ten times as much as one within the machine.

    own workers wait       they get tasks, and the broker asks other workers, as on one machine. It tells the
                           uplink, so that other machines give some
    only others wait       tasks on offer go to the uplink, one lot for each of its Demands. Workers are asked far
    others have resources  that the first task in line needs, and this machine has not: it goes to the uplink

Quarantined tasks never go to the origin. So if no other worker waits, the uplink gets them. But they do not go back
to where they came from: that could go on for ever.
"""

from ..wire.messages import Steal
from .peers import ORIGIN, Mark
from .router import Router

__all__ = ["Uplink"]


class Uplink:
    """The rules for the link to other machines, which has this number among the peers."""

    def __init__(self, number: int, router: Router) -> None:
        self.number = number
        self.why_alone: str | None = None  # why no other machine can work any more
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
            if self._table.in_line and (found := self._table.take_from_line(link.free, lambda _: True)):
                self._router.hand(self.number, *found)
            elif self._table.on_offer and not own_wait:
                self._router.hand(self.number, *self._table.take_share(1))
            elif not own_wait:
                found = self._table.take_quarantined(lambda batch: self._router.owner(batch) != self.number)
                if found is not None:
                    self._router.hand(self.number, *found)
        if link is not None and link.wants_work:
            self._ask_far()
        else:
            self._peers.instructions += [Mark(worker, False, far=True) for worker in self._asked_far]
            self._asked_far.clear()

    def lose_what_none_can_run(self) -> None:
        """Only the origin is left, which the quarantined tasks may kill: their owners are told that they are lost."""
        risky = self._table.quarantine or self._table.in_line
        if self.why_alone is not None and risky and not self.any_able_here():
            self._table.lose_quarantined(self.why_alone)

    def any_able_here(self) -> bool:
        return any(not peer.cannot_start for peer in self._peers.but(ORIGIN, self.number))

    def _ask_far(self) -> None:
        if self._requests.waiting or len(self._asked_far) >= len(self._peers) - 1:
            return
        for worker, peer in self._peers.items():
            can_give = (peer.has_spoken or worker == ORIGIN) and not (peer.retired or peer.is_link)
            if can_give and worker not in self._asked_far:
                self._asked_far.add(worker)
                self._peers.instructions.append(Mark(worker, True, far=True))
                self._peers.send(worker, Steal(1, far=True))
