"""What maps need of the scheduler of their process."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..engine.blocking import Threads
from ..engine.cost_model import CostModel
from ..engine.outbox import InFlight
from ..engine.ready_table import ReadyTable
from ..wire.messages import Message

__all__ = ["MapScheduler", "MapThreads"]


class MapScheduler(Protocol):
    """What maps need of the scheduler."""

    size: int
    """How many workers the run has."""
    ready: ReadyTable
    costs: CostModel
    retries: int
    """How often a task of this run is handed out again."""
    most_tasks: int | None
    """How many tasks a worker runs before it is replaced."""

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds."""

    @property
    def leaves_tasks(self) -> bool:
        """Whether this process only runs what cannot travel."""

    def send(self, message: Message, /) -> None:
        """Send a message to the broker."""

    def heed_flags(self) -> None:
        """Wake idle threads of this process, give to other workers, if they ask."""

    def wake_if_idle(self) -> None:
        """Wake idle threads of this process, if there are any."""

    def send_suspects(self, tasks: Sequence[InFlight]) -> None:
        """Have tasks sent that may have killed a worker."""

    def wake(self) -> None:
        """Wake all threads that may run tasks."""


class MapThreads(MapScheduler, Threads, Protocol):
    """What the consumer of a map needs of the scheduler."""

    def has_room(self) -> bool:
        """Return whether this stack can carry one more task."""

    def ends_soon(self, function: Any) -> bool:
        """Return whether calls of ``function`` are known to be short, or there is no other worker."""
