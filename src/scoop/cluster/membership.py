"""Which machines take part in a run, pure: what the coordinator tells the program of them. See scoop.hosts().

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
    """The machines of a run besides that of the origin. Each event returns what to tell the program."""

    def __init__(self) -> None:
        self._machines: dict[int, _Machine] = {}
        self._expected: int | None = None  # how many are to join; None as long as that is not known
        self._all_answered = False

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
        for lost in [key for key, each in self._machines.items() if each.name == name and not each.alive]:
            del self._machines[lost]
        self._machines[number] = _Machine(name, workers)
        return self._notice()

    def left(self, number: int) -> Notice:
        """A machine has left, or is lost."""
        self._machines[number] = self._machines[number]._replace(alive=False)
        return self._notice()

    def _notice(self) -> Notice:
        alive = sum(machine.alive for machine in self._machines.values())
        self._all_answered |= self._expected is not None and alive >= self._expected
        return Notice(NoticeKind.HOSTS, json.dumps((self._all_answered, [*self._machines.values()])).encode())
