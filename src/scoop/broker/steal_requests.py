"""Which peers wait for work, and which workers are asked to give some.

    waiting ──gets work──> busy ──is asked──> asked ──gives──> busy, and the first to be asked next time
       ^                     │                  │
       └───────is idle───────┴──────────────────┘

At first the broker asks a few workers, those that gave last: they are the likeliest to have more. While they do not
give, it asks as many more, again and again. So one idle worker among thousands neither disturbs all the others, nor
waits for long.
"""

from collections import OrderedDict, deque

from ..tuning import TUNING

__all__ = ["StealRequests"]


class StealRequests:
    """The peers that wait, and the workers that are asked."""

    def __init__(self) -> None:
        self.waiting: deque[int] = deque()
        """Peers that wait for work, the longest-waiting first."""
        self._busy: OrderedDict[int, None] = OrderedDict()  # workers to ask next, in this order
        self._asked: dict[int, None] = {}

    @property
    def can_ask_more(self) -> bool:
        """Whether a peer waits, and some worker has not been asked yet."""
        return bool(self.waiting and self._busy)

    def wait(self, peer: int) -> bool:
        """A peer is idle, and so has nothing to give; return whether it was asked."""
        self.waiting.append(peer)
        self._busy.pop(peer, None)
        asked = peer in self._asked
        self._asked.pop(peer, None)
        return asked

    def stop_waiting(self, peer: int) -> None:
        """A peer has work, or will look for some."""
        self.waiting.remove(peer)
        self._busy[peer] = None

    def may_give(self, worker: int) -> None:
        """A worker is to be asked before all others: it has given, or runs the program."""
        self._asked.pop(worker, None)
        self._ask_first(worker)

    def forget(self, peer: int) -> None:
        """A peer has died, or leaves."""
        if peer in self.waiting:
            self.waiting.remove(peer)
        self._busy.pop(peer, None)
        self._asked.pop(peer, None)

    def ask(self, again: bool = False) -> list[int]:
        """Return the workers to ask in addition; ``again``: those that were asked have not given for a while."""
        number = max(TUNING.workers_asked_first, len(self.waiting)) - len(self._asked)
        if again:
            number = max(number, len(self._asked))
        chosen = [self._busy.popitem(last=False)[0] for _ in range(min(number, len(self._busy)))]
        self._asked.update(dict.fromkeys(chosen))
        return chosen

    def withdraw(self) -> tuple[int, ...]:
        """No peer waits any more: return the workers that were asked, and need not give."""
        asked = tuple(self._asked)
        self._asked.clear()
        for worker in reversed(asked):
            self._ask_first(worker)
        return asked

    def _ask_first(self, worker: int) -> None:
        self._busy[worker] = None
        self._busy.move_to_end(worker, last=False)
