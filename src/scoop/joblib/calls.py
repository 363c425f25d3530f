"""One call of joblib's Parallel: its batches, of which so many may run at a time, and how their results are had."""

from collections import deque
from collections.abc import Callable
from math import inf
from threading import RLock
from typing import Any

from ..engine.process.signal_safety import indivisible
from ..engine.results.future import Future, cancel_unbegun, error_of, has_ended, new_task
from ..engine.scheduler import Scheduler
from ..engine.tasks.task import split_options
from ..engine.threads.blocking import deadline_after
from ..engine.waiting import Waiting

__all__ = ["ParallelCall"]


class ParallelCall:
    """The batches of one call.

    Parameters:
        scheduler: whose tasks they are.
        at_a_time: how many may be on offer, or run.
        in_order: whether their results are to come in the order in which they were submitted.
        at_end: what to call when the call is over, and no batch of it runs any more.
    """

    def __init__(self, scheduler: Scheduler, at_a_time: int, in_order: bool, at_end: Callable[[], object]) -> None:
        self._scheduler = scheduler
        self._most = at_a_time if at_a_time < scheduler.size else inf
        self._in_order = in_order
        self._at_end = at_end
        self._waiting = Waiting(scheduler, (), prompt=True)
        self._lock = RLock()  # reentrant: a finalizer may submit at any moment
        self._held: deque[Future] = deque()
        self._left: set[Future] = set()  # that have not ended
        self._early: set[Future] = set()  # that have ended before their turn
        self._on_offer = 0
        self._is_over = False

    def submit(self, function: Callable[..., Any], args: tuple[Any, ...], then: Callable[[Future], object]) -> Future:
        """Have a batch run; ``then`` is called when it has succeeded, while results are wanted."""
        if (reason := self._scheduler.refusal) is not None:
            raise reason.with_traceback(None)
        function, options = split_options(function)
        batch = new_task(function, args, {}, options)
        self._left.add(batch)
        batch.add_done_callback(lambda batch: self._ended(batch, then))
        self._waiting.add(batch)
        self._held.append(batch)
        self._offer()
        return batch

    def outcome(self, batch: Future, timeout: float | None) -> Any:
        """Return the result of the batch; or, where order does not matter, of the next one that has ended.

        Raises what a batch has raised, whichever it is, as soon as that is known; TimeoutError after ``timeout``
        seconds.
        """
        deadline = deadline_after(timeout)
        while batch not in self._early:
            try:
                ended = self._waiting.next(deadline)
            except TimeoutError:
                raise TimeoutError(f"joblib.Parallel: no result came within {timeout} s") from None
            if not self._in_order or error_of(ended) is not None:
                return ended.result()
            self._early.add(ended)
        self._early.discard(batch)
        return batch.result()

    def abort(self) -> bool:
        """Begin nothing more; return whether batches go on."""
        self._is_over = True
        self._drop_held()
        for batch in [*self._left]:
            if self._scheduler.claim(batch):
                cancel_unbegun(batch)
        return any(not has_ended(batch) for batch in [*self._left])

    def close(self) -> None:
        """Want no more results."""
        self._is_over = True
        self._waiting.close()
        if not self._left:
            self._at_end()

    def _ended(self, batch: Future, then: Callable[[Future], object]) -> None:
        self._left.discard(batch)
        self._note_end()
        self._offer()
        if error_of(batch) is None and not self._is_over:
            then(batch)
        if self._is_over and not self._left:
            self._at_end()

    def _offer(self) -> None:
        while (batch := self._next_to_offer()) is not None:
            self._scheduler.offer(batch)

    def _drop_held(self) -> None:
        while (batch := self._next_held()) is not None:
            cancel_unbegun(batch)

    @indivisible
    def _next_to_offer(self) -> Future | None:
        with self._lock:
            if self._on_offer >= self._most or (batch := self._next_held()) is None:
                return None
            self._on_offer += 1
            return batch

    @indivisible
    def _note_end(self) -> None:
        with self._lock:
            self._on_offer -= 1

    def _next_held(self) -> Future | None:
        try:
            return self._held.popleft()
        except IndexError:
            return None
