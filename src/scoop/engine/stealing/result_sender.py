"""Outcomes of tasks of others, sent back in batches: a message costs more than most outcomes."""

import pickle
from collections import deque
from collections.abc import Callable, Sequence
from threading import RLock
from typing import NamedTuple

from ...tuning import TUNING
from ...wire.messages import Message, PartialResult, Results
from ...wire.shared_buffers import BufferPool, SharedBuffers, Span, size_of
from ..process.signal_safety import indivisible

__all__ = ["Packed", "ResultSender"]


class Packed(NamedTuple):
    """An outcome as bytes: whether it is a value, its pickle, its large buffers; how long the call took, if known."""

    ok: bool
    data: bytes
    large: Sequence[pickle.PickleBuffer] = ()
    seconds: float = 0.0


Outcome = tuple[bool, bytes, tuple[Span, ...], float]
"""As Packed, but with the places of the buffers in the message's shared ones."""


class ResultSender:
    """What this process owes to the owners of tasks that it runs.

    Parameters:
        send: takes a message to the broker.
        clock: seconds.
        others_wait: whether some worker has nothing to do. It may be the owner of what waits here.
        pool: memory for large buffers.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        clock: Callable[[], float],
        others_wait: Callable[[], bool],
        pool: BufferPool,
    ) -> None:
        self._send = send
        self._clock = clock
        self._others_wait = others_wait
        self._pool = pool
        self._lock = RLock()
        self.waiting: deque[tuple[int, int, SharedBuffers | None, Outcome]] = deque()
        self._flushed = 0.0
        self.answered = 0
        """How many tasks were answered for in all."""

    def add(self, batch: int, number: int, packed: Packed, at_once: bool) -> None:
        """Take the outcome of a task. ``at_once``: it could not be had again, so it does not wait for others."""
        self.waiting.append((batch, number, *self._put(packed)))
        if at_once or self.is_due(self._flushed):
            self.flush()

    def add_in_part(self, batch: int, number: int, packed: Packed) -> None:
        """Send some rows of a chunk that goes on."""
        buffers, outcome = self._put(packed)
        self._send(PartialResult(batch, number, pickle.dumps(outcome, 5), buffers))

    def is_due(self, since: float) -> bool:
        """Return whether results are to be sent, the last of which were sent at ``since``."""
        wait = TUNING.deliver_to_waiting_after_seconds if self._others_wait() else TUNING.deliver_after_seconds
        return self._clock() - since >= wait

    @indivisible
    def flush(self) -> None:
        """Send the outcomes that wait. Callable from any thread; when it returns, they are sent, or in line."""
        self._flushed = self._clock()
        batches: dict[tuple[int, SharedBuffers | None], dict[int, Outcome]] = {}
        with self._lock:
            while self.waiting:
                batch, number, buffers, outcome = self.waiting.popleft()
                batches.setdefault((batch, buffers), {})[number] = outcome
            for (batch, buffers), outcomes in batches.items():
                self._send(Results(batch, [*outcomes], pickle.dumps([*outcomes.values()], 5), buffers))
                self.answered += len(outcomes)

    def _put(self, packed: Packed) -> tuple[SharedBuffers | None, Outcome]:
        # Copied now, not when it is sent: the tasks that come next may change what the buffers show.
        if not packed.large:
            return None, (packed.ok, packed.data, (), packed.seconds)
        buffers = self._pool.take(size_of(packed.large))
        spans = buffers.add(packed.large)
        self._pool.keep(buffers)
        return buffers, (packed.ok, packed.data, spans, packed.seconds)
