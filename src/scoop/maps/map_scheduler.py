"""What maps need of the scheduler of their process."""

from collections.abc import Sequence
from typing import Any, Protocol

from ..engine.offers.limited_offers import Runs
from ..engine.offers.outbox import InFlight
from ..engine.offers.ready_table import ReadyTable
from ..engine.tasks.cost_model import CostModel
from ..engine.threads.blocking import Threads
from ..wire.messages import Message

__all__ = ["MapScheduler"]


class MapScheduler(Threads, Runs, Protocol):
    """See engine/scheduler.py."""

    size: int
    ready: ReadyTable
    costs: CostModel
    retries: int
    most_tasks: int | None
    refusal: Exception | None
    is_closed: bool

    @property
    def leaves_tasks(self) -> bool: ...
    @property
    def is_spared(self) -> bool: ...

    def clock(self) -> float: ...
    def send(self, message: Message, /) -> None: ...
    def has_room(self) -> bool: ...
    def ends_soon(self, function: Any) -> bool: ...
    def heed_flags(self) -> None: ...
    def wake(self) -> None: ...
    def wake_if_idle(self) -> None: ...
    def send_suspects(self, tasks: Sequence[InFlight]) -> None: ...
