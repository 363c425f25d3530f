"""A process as a map sees it, and the worker to which its stolen chunks go."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from scoop.engine.offers.outbox import InFlight
from scoop.engine.offers.ready_table import ReadyTable
from scoop.engine.process.limits import Limits
from scoop.engine.tasks.cost_model import CostModel
from scoop.engine.threads.fibers import Fibers
from scoop.maps.map_in_progress import MapInProgress
from scoop.maps.row_functions import MapRows
from scoop.maps.segment import Segment, pack_segments
from scoop.wire.messages import Message

from .interleaver import BatonEvent, Interleaver

__all__ = ["Process", "arrive", "new_map"]


class Process:
    """What maps and waits need of a scheduler; each thread is one of the program's own."""

    size = 2
    retries = 2
    most_tasks: int | None = None
    limits = Limits()
    refusal: Exception | None = None
    is_closed = False
    leaves_tasks = False
    has_other_workers = True
    is_spared = False

    def __init__(self, interleaver: Interleaver | None = None, seconds: float = 1e-3) -> None:
        self.ready = ReadyTable()
        self.costs = CostModel()
        self.sent: list[Message] = []
        self.suspects: list[InFlight] = []
        self.discarded: list[object] = []
        self.deferred: list[Callable[[], object]] = []
        self.waits: dict[Any, Any] = {}
        self.time = 0.0
        self._interleaver = interleaver
        self._seconds = seconds

    def clock(self) -> float:
        """Return the time, which passes by looking at it."""
        self.time += self._seconds
        return self.time

    def send(self, message: Message) -> None:
        """Send a message to the broker."""
        self.sent.append(message)

    def heed_flags(self) -> None:
        """Hear that rows have begun."""

    def wake_if_idle(self) -> None:
        """Hear that there is a new map."""

    def send_suspects(self, tasks: Sequence[InFlight]) -> None:
        """Have tasks sent that may have killed a worker."""
        self.suspects += tasks

    def wake(self) -> None:
        """Wake all threads."""

    def defer(self, call: Callable[[], object]) -> None:
        """Have a call made by another thread."""
        self.deferred.append(call)

    def settle(self) -> None:
        """Make the deferred calls."""
        while self.deferred:
            self.deferred.pop(0)()

    def discard(self, thing: object) -> None:
        """Drop an object of the program's."""
        self.discarded.append(thing)

    def has_room(self) -> bool:
        """Return that there is room on the stack."""
        return True

    def ends_soon(self, function: object) -> bool:  # noqa: ARG002
        """Return that all calls are short."""
        return True

    def fibers_here(self) -> Fibers | None:
        """Return None: no thread here runs tasks of others."""
        return None

    def new_event(self) -> BatonEvent:
        """Return what a thread can sleep on."""
        assert self._interleaver is not None
        return BatonEvent(self._interleaver)

    def covered(self, fibers: Fibers | None) -> AbstractContextManager[None]:  # noqa: ARG002
        """Do nothing."""
        return nullcontext()

    def start_helper_if_stuck(self) -> None:
        """Have no helper threads."""

    def is_program(self, fibers: Fibers | None) -> bool:  # noqa: ARG002
        """Return that the program does not call."""
        return False

    def is_io_thread(self) -> bool:
        """Return that the I/O thread does not call."""
        return False


def new_map(
    process: Process, rows: int, function: Callable[[int], int], notify: Callable[[], None] = lambda: None
) -> MapInProgress:
    """Return a map whose first slice has two rows."""
    process.costs.note_seconds(function, 0.01)
    return MapInProgress(process, MapRows(function), (range(rows),), notify, 2)


def arrive(process: Process, chunk: InFlight, function: Callable[[Any], Any], parts: int = 1) -> None:
    """Run the rows of a stolen chunk, as another worker does; have its results arrive, in so many parts."""
    rows = chunk.call[1][0]
    bounds = [len(rows) * place // parts for place in range(parts + 1)]
    for place in range(parts):
        start, end = bounds[place], bounds[place + 1]
        values = [function(row) for row in rows[start:end]]
        data, _ = pack_segments(MapRows(function), [Segment(start, end - start, values)], None)
        packed: tuple[bool, bytes, Sequence[Any]] = (True, data, ())
        if place < parts - 1:
            chunk.arrived_in_part(packed, process)
        else:
            chunk.arrived(packed, process)
