"""A future whose task is sent to another worker: what the outbox does with it."""

from collections.abc import Callable, Sequence
from typing import Any

from . import future as f
from .callbacks import Deferred
from .future import Future, TaskCall
from .task import TaskOptions

__all__ = ["FutureInFlight"]


class FutureInFlight:
    """The way of a claimed future to another worker, and back."""

    __slots__ = ("_future",)

    is_chunk = False

    def __init__(self, future: Future) -> None:
        f.sent(future)
        self._future = future

    @property
    def call(self) -> TaskCall:
        """The function, the arguments and the keywords."""
        return f.call_of(self._future)

    @property
    def options(self) -> TaskOptions:
        """How the task is to be treated."""
        return f.options_of(self._future)

    def universal_callbacks(self) -> list[Callable[[Future], object]]:
        """Return the callbacks that travel with the task."""
        return [callback.function for callback in f.callbacks_of(self._future) if callback.universal]

    def sent_as(self, batch: int, number: int) -> None:
        """Hear under which name the task was sent."""

    def cannot_travel(self) -> Future:
        """Become READY again; return the future, which is to run here."""
        f.cannot_travel(self._future)
        return self._future

    def arrived(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
        """End with an outcome that is still packed."""
        f.arrived(self._future, packed, deferred)

    def arrived_in_part(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
        """Hear of some rows: only chunks have any."""

    def dropped(self, deferred: Deferred) -> None:
        """End, since the task was dropped before it began."""
        f.dropped(self._future, deferred)

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:
        """End, since the task has no tries left. ``error`` makes the exception; it calls the program's ``repr``s."""
        deferred.defer(lambda: f.fail(self._future, error(), deferred))

    def abandoned(self, error: Exception, deferred: Deferred) -> None:
        """End, since the run cannot go on."""
        f.fail(self._future, error, deferred)
