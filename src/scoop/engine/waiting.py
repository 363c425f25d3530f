"""Waiting for some of many futures: what result(), wait() and as_completed() are made of."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from greenlet import greenlet

from ..errors import describe_call
from .loops.coroutines import is_coroutine
from .results.following import with_awaited
from .results.future import Future, call_of, has_ended, offer_made, runner_of, watch
from .results.watchers import unwatch
from .threads.blocking import Threads, WaitPoint
from .threads.deadlock import Awaited
from .threads.fibers import Fibers

__all__ = ["DoneAndNotDone", "Table", "Waiting"]

T = TypeVar("T")


class Table(Threads, Protocol):
    """The parts of the scheduler that Waiting needs."""

    def offer(self, future: Future) -> None: ...
    def run_if_unclaimed(self, future: Future) -> bool: ...
    def run_on_fresh_stack(self, future: Future) -> None: ...
    def has_room(self) -> bool: ...
    def ends_soon(self, function: Callable[..., Any]) -> bool: ...
    def poll(self, future: Future) -> None: ...


class DoneAndNotDone(NamedTuple, Generic[T]):
    """The pair of sets that futures.wait() returns."""

    done: set[Future[T]]
    not_done: set[Future[T]]


class Waiting:
    """The futures one caller waits for, handed out in the order they end.

    While there are futures among them that no thread has begun, the caller runs those itself, in order, on its own
    stack. It runs only what it waits for: so no task has to wait until an unrelated one above it has ended. Then the
    caller blocks.

    Parameters:
        table: the scheduler.
        futures: what to wait for.
        prompt: whether the program wants each as soon as it has ended: then it runs none itself that may take long.
    """

    def __init__(self, table: Table, futures: Iterable[Future], prompt: bool = False) -> None:
        self._table = table
        self._prompt = prompt
        self._unclaimed: deque[Future] = deque()
        self._open: set[Future] = set()
        self._ended: deque[Future] = deque()
        self._point = WaitPoint(table)
        for future in futures:
            self.add(future)

    def add(self, future: Future) -> None:
        if offer_made(future):
            self._table.offer(future)
        self._unclaimed.append(future)
        self._open.add(future)
        watch(future, self._on_end)

    def next(self, deadline: float | None = None) -> Future:
        """Return one that has ended and was not returned before; raise TimeoutError at the ``deadline``."""
        if not self._ended:
            if deadline is None:
                self._work_and_block()
            else:
                self._point.block(self._any_ended, deadline, awaited=self._awaited)
        if not self._ended:
            for future in self._unclaimed:  # a caller that comes back with no time again and again is polling
                self._table.poll(future)
            raise TimeoutError("the future did not end within the timeout; it is still there to be waited for")
        future = self._ended.popleft()
        self._open.discard(future)
        while self._unclaimed and has_ended(self._unclaimed[0]):
            self._unclaimed.popleft()  # or a stream without end would be kept whole
        return future

    def close(self) -> None:
        """Stop watching those that have not ended."""
        for future in self._open:
            unwatch(future, self._on_end)

    def _on_end(self, future: Future) -> None:
        self._ended.append(future)
        self._point.notify()

    def _any_ended(self) -> bool:
        return bool(self._ended)

    def _awaited(self) -> Sequence[Awaited]:
        return [
            Awaited(_runners(future), lambda future=future: describe_call(*call_of(future)))  # type: ignore[misc]
            for future in [*self._open]
        ]

    def _work_and_block(self) -> None:
        table, fibers = self._table, self._table.fibers_here()
        while not self._ended:
            if self._unclaimed and self._may_run(self._unclaimed[0], fibers):
                future = self._unclaimed.popleft()
                if table.has_room():
                    table.run_if_unclaimed(future)
                    continue
                table.run_on_fresh_stack(future)
            self._point.block(self._any_ended, prompt=self._prompt, awaited=self._awaited)

    def _may_run(self, future: Future, fibers: Fibers | None) -> bool:
        if is_coroutine(future):
            return has_ended(future)  # it would only wait for it
        if not self._prompt or len(self._open) == 1 or not self._table.is_program(fibers):
            return True
        return has_ended(future) or self._table.ends_soon(call_of(future)[0])


def _runners(future: Future) -> list[greenlet]:
    """Return the fibers without which a future cannot end."""
    return [runner for each in with_awaited(future) if (runner := runner_of(each)) is not None]
