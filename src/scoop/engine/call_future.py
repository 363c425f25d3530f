"""The futures of an executor: those of ``concurrent.futures``, at a third of the price.

What makes a future of the library expensive is its condition: a dozen objects that the garbage collector goes over
again and again while a program holds many futures. Here it is one object.
"""

from _thread import TIMEOUT_MAX, RLock, allocate_lock
from concurrent import futures
from typing import Any, TypeVar

__all__ = ["CallFuture"]

T = TypeVar("T")


class _Condition(RLock):  # type: ignore[misc]  # typeshed has it final
    """What the library's futures need of a ``threading.Condition``."""

    __slots__ = ("_sleepers",)

    def __init__(self) -> None:
        self._sleepers: list[Any] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let go of the lock, and sleep until notified; return whether that came within ``timeout`` seconds."""
        sleeper = allocate_lock()
        sleeper.acquire()
        self._sleepers.append(sleeper)
        state = self._release_save()  # type: ignore[attr-defined]
        woken = False
        try:
            woken = sleeper.acquire(timeout=-1 if timeout is None else max(0.0, min(timeout, TIMEOUT_MAX)))
            return woken
        finally:
            self._acquire_restore(state)  # type: ignore[attr-defined]
            if not woken and sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    def notify_all(self) -> None:
        """Wake all that sleep."""
        while self._sleepers:
            self._sleepers.pop().release()


class CallFuture(futures.Future[T]):
    """A future of ``concurrent.futures``. The attributes are those that the library's functions look at."""

    def __init__(self) -> None:
        self._condition: Any = _Condition()
        self._state = "PENDING"
        self._result: Any = None
        self._exception: BaseException | None = None
        self._waiters: list[Any] = []
        self._done_callbacks: list[Any] = []
