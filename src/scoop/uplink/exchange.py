"""The exchange: the books of the whole run, whose workers are machines.

It lives in the uplink of the origin's machine. All that travels between machines passes through it, so it knows of each
task that is away from its machine where it is, notices the loss of a machine in one place, keeps the order of constants
and tasks without any numbers, and knows for certain when nothing is left to do anywhere.
"""

from collections.abc import Callable

from ..broker.linked import CALM, HUNGER, Linked

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

    def _is_uplink(self, worker: int) -> bool:
        return True

    def _brave(self) -> int | None:
        return self._demand.hungry[0]

    def _appetite_for(self, uplink: int) -> int:
        hungry = any(machine != uplink for machine in self._demand.hungry)
        calm = self.empty and all(machine in self._calm for machine in self._workers if machine != uplink)
        return (HUNGER if hungry else 0) | (CALM if calm else 0)
