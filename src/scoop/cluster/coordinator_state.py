"""The exchange: the books of the whole run, whose workers are machines.

It lives in the uplink of the origin's machine. All that travels between machines passes through it. So it knows of
each task that is away from its machine where that is, notices the loss of a machine in one place, keeps the order of
constants and tasks without any numbers, and knows for certain when nothing is left to do anywhere.
"""

from collections.abc import Callable

from ..broker.instructions import Instruction
from ..broker.linked import CALM, HUNGER, Linked
from ..wire.messages import TOO_FEW, Kind, Message

__all__ = ["HERE", "Exchange"]

HERE = 0
"""The number of the origin's machine."""


class Exchange(Linked):
    """Who owns, who holds, who hungers, of all machines.

    Parameters:
        report: tells what happened to the machine that was lost last.
    """

    def __init__(self, report: Callable[[int], str] = str) -> None:
        super().__init__(HERE, 0, report)
        self._breakdown: Message | None = None  # of the last machine none of whose workers could start

    @property
    def can_go_on(self) -> bool:
        """Whether there is another machine, with workers that can start."""
        return any(machine != HERE and not state.broken for machine, state in self._workers.items())

    def give_up(self, why: str) -> list[Instruction]:
        """No other machine can work, nor will any join: tell the one of the origin, which may go on alone."""
        broken = any(state.broken for state in self._workers.values())
        found = self._breakdown if broken and self._breakdown else Message(Kind.BROKEN, TOO_FEW, (), why.encode())
        self._send(HERE, found.kind, found.parcel, (0,), found.body)
        return self._done()

    def _is_uplink(self, worker: int) -> bool:  # noqa: ARG002 - all are
        return True

    def _hear_of_broken(self, uplink: int, message: Message) -> None:
        if not message.numbers:
            self._workers[uplink].broken = True
            self._breakdown = message
        self._send(HERE, message.kind, message.parcel, (1,), message.body)

    def _hear(self, uplink: int, seen: int, appetite: int) -> None:
        if appetite & HUNGER:
            self._workers[uplink].broken = False  # others have started meanwhile
        super()._hear(uplink, seen, appetite)

    def _brave(self) -> int | None:
        # Not the machine of the origin, which may be the only one there to run it: unless nobody else is left.
        able = [machine for machine in self._demand.hungry if machine != HERE or not self.can_go_on]
        return able[0] if able else None

    def _appetite_for(self, uplink: int) -> int:
        hungry = any(machine != uplink for machine in self._demand.hungry)
        calm = self.empty and all(machine in self._calm for machine in self._workers if machine != uplink)
        return (HUNGER if hungry else 0) | (CALM if calm else 0)
