"""Which machines take part in a run, pure, for the coordinator to tell the program. See scoop.hosts().

The program may wait until all hosts that were named have answered. A host has answered when its machine has joined,
or cannot: an agent that has started on it is not enough, for the way back to the coordinator may be closed.
"""

import json
from typing import NamedTuple

from ..wire.messages import Notice, NoticeKind

__all__ = ["Membership"]


class _Machine(NamedTuple):
    name: str
    workers: int
    alive: bool = True


class Membership:
    """The machines of a run besides that of the origin. Each event returns what to tell the program.

    Parameters:
        least: how many must take part.
    """

    def __init__(self, least: int = 0) -> None:
        self.least = least
        self._machines: dict[int, _Machine] = {}
        self._expected: int | None = None  # how many are to join; None as long as that is not known
        self._all_answered = False

    @property
    def suffices(self) -> bool:
        """Whether so many machines as must take part have joined, whatever has become of them since."""
        return len({machine.name for machine in self._machines.values()}) >= self.least

    @property
    def falls_short(self) -> bool:
        """Whether too few machines have joined, and will."""
        return not self.suffices and self._expected is not None and self._expected < self.least

    def answered(self, hosts: int) -> Notice:
        """All hosts have answered, and on so many an agent has started."""
        self._expected = hosts
        return self._notice()

    def came(self) -> Notice:
        """An agent has started on a host that was not there when all others had answered."""
        if self._expected is not None:
            self._expected += 1
        return self._notice()

    def failed(self) -> Notice:
        """A host on which an agent had started has no agent any more."""
        if self._expected is not None:
            self._expected -= 1
        return self._notice()

    def joined(self, number: int, name: str, workers: int) -> Notice:
        """A machine has joined. If one of that name was lost, it is there again."""
        replaced = [key for key, each in self._machines.items() if each.name == name and not each.alive]
        for lost in replaced:
            del self._machines[lost]
        self._machines[number] = _Machine(name, workers)
        return self._notice(*replaced, number)

    def left(self, number: int) -> Notice:
        """A machine has left, or is lost."""
        self._machines[number] = self._machines[number]._replace(alive=False)
        return self._notice(number)

    def _notice(self, *changed: int) -> Notice:
        """Tell what has changed. The whole list of a thousand machines would be sent a thousand times."""
        alive = sum(machine.alive for machine in self._machines.values())
        self._all_answered |= self._expected is not None and alive >= self._expected and not self.falls_short
        rows = [(number, self._machines.get(number)) for number in changed]
        return Notice(NoticeKind.HOSTS, json.dumps((self._all_answered, rows)).encode())
