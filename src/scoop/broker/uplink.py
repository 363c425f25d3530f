"""How the broker of one of several machines shares work with the others.

The uplink is the link to all other machines. It comes last: it gets only tasks for which no worker of this machine
waits. While other machines want work, the broker asks its workers a second time, *far*: to give only tasks that are
worth a journey, which costs ten times as much as one within the machine.

    own workers wait       they get tasks, and the broker asks other workers, as on one machine. It tells the
                           uplink, so that other machines give some
    only others wait       tasks on offer go to the uplink, as many as it wants. Workers are asked far
    more will be needed    tasks come before workers wait (supply.py), and go to workers that are busy
    others have resources  that the first task in line needs, and this machine has not: it goes to the uplink

Quarantined tasks never go to the origin. So if no other worker waits, the uplink gets them. But they do not go back
to where they came from: that could go on for ever.
"""

from collections.abc import Callable
from math import inf

from ..wire.messages import Steal
from .peers import ORIGIN, Mark, Peer
from .router import Router
from .supply import Supply

__all__ = ["Uplink"]


class Uplink:
    """The rules for the link to other machines, which has this number among the peers."""

    def __init__(self, number: int, router: Router, begun: Callable[[int], int], clock: Callable[[], float]) -> None:
        self.number = number
        self.why_alone: str | None = None  # why no other machine can work any more
        self._router = router
        self._peers, self._table, self._requests = router.peers, router.table, router.requests
        self._asked_far: set[int] = set()
        self._begun = begun
        self._supply = Supply(clock)
        self.seconds_to_next_look = inf

    def has_given(self, worker: int) -> None:
        """A worker has given, or is gone: it may be asked far again."""
        self._asked_far.discard(worker)

    def share(self) -> None:
        """Give the uplink what this machine can spare, and have its workers asked for more."""
        link = self._peers.get(self.number)
        while link is not None and link.idle and self._hand_one():
            pass
        if link is not None and link.idle:
            self._ask_far(link.credit.left)
        else:
            self._peers.instructions += [Mark(worker, False, far=True) for worker in self._asked_far]
            self._asked_far.clear()

    def _hand_one(self) -> bool:
        """Hand the uplink a task, or a lot; return whether there was one for it."""
        free = self._peers.free.get(self.number, {})
        if self._table.in_line and (found := self._table.take_from_line(free, lambda _: True)):
            self._router.hand(self.number, *found)
            return True
        if self._requests.waiting:
            return False
        if self._table.on_offer:
            self._router.hand_share(self.number, 1)
            return True
        if found := self._table.take_quarantined(lambda batch: self._router.owner(batch) != self.number):
            self._router.hand(self.number, *found)
        return found is not None

    def tasks_wanted(self) -> int:
        """Return how many tasks of other machines this one could take."""
        here, ahead = self._unbegun(), self._supply.ahead() if self._workers() else 0
        is_low = here <= ahead // 2
        self.seconds_to_next_look = inf if is_low else self._supply.seconds_until_low(here)
        wanted = len(self._requests.waiting) + (ahead - here if is_low else 0)
        if wanted:
            self._supply.asked()
        return wanted

    def _unbegun(self) -> int:
        """Return how many tasks are here that no worker has begun, as far as is known."""
        held = self._table.held
        begun = {number: self._begun(number) - peer.answered for number, peer in self._workers().items()}
        return self._table.tasks_on_offer() + sum(max(0, len(held.get(each, ())) - begun[each]) for each in begun)

    def _workers(self) -> dict[int, Peer]:
        """Return the workers that run tasks of others, and have started."""
        return {
            number: peer for number, peer in self._peers.items() if peer.is_able and peer.in_turn and peer.has_spoken
        }

    def tasks_came(self, tasks: int) -> None:
        """Some have come: hand those ahead to workers that are busy, which go on with them without any message."""
        self._supply.came(tasks)
        workers = self._workers() if self._supply.ahead() else {}
        while workers and tasks > 0 and self._table.on_offer and not self._requests.waiting:
            least = min(workers, key=lambda number: len(self._table.held.get(number, ())))
            batch, taken = self._table.take_share(1, -(-tasks // len(workers)))
            self._router.hand(least, batch, taken)
            tasks -= len(taken)

    def lose_what_none_can_run(self) -> None:
        """Only the origin is left, which the quarantined tasks may kill: their owners are told that they are lost."""
        risky = self._table.quarantine or self._table.in_line
        if self.why_alone is not None and risky and not self.any_able_here():
            self._table.lose_quarantined(self.why_alone)

    def any_able_here(self) -> bool:
        return any(not peer.cannot_start for peer in self._peers.but(ORIGIN, self.number))

    def _ask_far(self, wanted: int) -> None:
        if self._requests.waiting or len(self._asked_far) >= len(self._peers) - 1:
            return
        for worker, peer in self._peers.items():
            can_give = (peer.has_spoken or worker == ORIGIN) and not (peer.retired or peer.is_link)
            if can_give and worker not in self._asked_far:
                self._asked_far.add(worker)
                self._peers.instructions.append(Mark(worker, True, far=True))
                self._peers.send(worker, Steal(wanted, far=True))
