"""Who is hungry, and who is asked to give.

    hungry ──fed──> fed ──asked──> asked ──gave──> fed, and the first to be asked next time
       ^             │               │
       └──hungers────┴───────────────┘

A few are asked at first, those who gave last: they are the likeliest to have more. While nobody gives, as many more
are asked, again and again: so one hungry worker among thousands neither disturbs all of them, nor waits for long.
"""

from collections import OrderedDict, deque

__all__ = ["Demand"]

FEW = 8
"""Workers that are asked at once, or as many as are hungry, if those are more."""


class Demand:
    """The hungry and the asked. A worker is in one of ``hungry``, ``asked`` and the rest, who may be asked."""

    def __init__(self) -> None:
        self.hungry: deque[int] = deque()  # in the order they spoke
        self._fed: OrderedDict[int, None] = OrderedDict()  # may be asked, in this order
        self._asked: dict[int, None] = {}

    @property
    def waits(self) -> bool:
        """Whether somebody is hungry, and there is somebody left to ask."""
        return bool(self.hungry and self._fed)

    def hungers(self, worker: int) -> bool:
        """A worker is hungry, and so has nothing to give; return whether it was asked."""
        self.hungry.append(worker)
        self._fed.pop(worker, None)
        asked = worker in self._asked
        self._asked.pop(worker, None)
        return asked

    def feed(self, worker: int) -> None:
        """A worker is hungry no more."""
        self.hungry.remove(worker)
        self._fed[worker] = None

    def may_give(self, worker: int) -> None:
        """A worker may be asked, the first of all: it has given, or has the program."""
        self._asked.pop(worker, None)
        self._fed[worker] = None
        self._fed.move_to_end(worker, last=False)

    def forget(self, worker: int) -> None:
        """A worker has died, or leaves."""
        if worker in self.hungry:
            self.hungry.remove(worker)
        self._fed.pop(worker, None)
        self._asked.pop(worker, None)

    def ask(self, again: bool = False) -> list[int]:
        """Return who is to be asked besides those who are: ``again`` if those have not given for a while."""
        most = max(FEW, len(self.hungry)) - len(self._asked)
        if again:
            most = max(most, len(self._asked))
        chosen = [self._fed.popitem(last=False)[0] for _ in range(min(most, len(self._fed)))]
        self._asked.update(dict.fromkeys(chosen))
        return chosen

    def calm(self) -> tuple[int, ...]:
        """Nobody is hungry any more: return who was asked, and need not give."""
        asked = tuple(self._asked)
        self._asked.clear()
        for worker in reversed(asked):
            self._fed[worker] = None
            self._fed.move_to_end(worker, last=False)
        return asked
