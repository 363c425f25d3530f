"""The futures of an executor: those of ``concurrent.futures``, at a third of the price.

What makes a future of the library expensive is its condition: a dozen objects that the garbage collector goes over
again and again while a program holds many futures. Here it is one object.
"""

from _thread import TIMEOUT_MAX, RLock, allocate_lock
from collections.abc import Sequence
from concurrent import futures
from functools import partial
from typing import Any, Protocol, TypeVar

from ...errors import describe
from ..process.signal_safety import calls_program
from .arguments import take_for_future
from .future import Future, cancel_unbegun, error_of, fail, finish, new_task
from .states import DONE, WAITING
from .watchers import tell_watchers

__all__ = ["CallFuture"]

T = TypeVar("T")


class _Condition(RLock):  # type: ignore[misc]  # typeshed has it final
    """What the library's futures need of a ``threading.Condition``."""

    _sleepers: Sequence[Any] = ()  # locks; changed under this one

    @calls_program
    def wait(self, timeout: float | None = None) -> bool:
        """Let go of the lock, and sleep until notified; return whether that came within ``timeout`` seconds."""
        sleeper = allocate_lock()
        sleeper.acquire()
        self._sleepers = [*self._sleepers, sleeper]
        state = self._release_save()  # type: ignore[attr-defined]
        try:
            return sleeper.acquire(timeout=-1 if timeout is None else max(0.0, min(timeout, TIMEOUT_MAX)))
        finally:
            self._acquire_restore(state)  # type: ignore[attr-defined]
            self._sleepers = [each for each in self._sleepers if each is not sleeper]

    def notify_all(self) -> None:
        """Wake all that sleep."""
        for sleeper in self._sleepers:
            sleeper.release()
        self._sleepers = ()


class Owner(Protocol):
    """What the call of a future is from."""

    def stop(self, future: "CallFuture[Any]", /) -> None: ...


class CallFuture(futures.Future[T]):
    """A future of ``concurrent.futures``. The attributes are those that the library's functions look at."""

    owner: Owner | None = None
    is_unwanted = False
    """Whether the call is to be cancelled though it was sent."""

    _state = "PENDING"
    _result: Any = None
    _exception: BaseException | None = None

    def __init__(self) -> None:
        self._condition: Any = _Condition()
        self._waiters: list[Any] = []
        self._done_callbacks: list[Any] = []

    def cancel(self, force: bool = False) -> bool:
        """Cancel the call if it was not sent to a worker; return whether it is cancelled.

        ``force``: also cancel a call that was sent. If it is running there, its worker is killed and replaced.
        """
        if not super().cancel() and force and self.owner is not None:
            self.owner.stop(self)
        return self.cancelled()

    def end_unbegun(self) -> None:
        """Be cancelled, though the call was sent: it never began, or was ended. Calls the program's callbacks."""
        self._state = "PENDING"  # no thread has the call any more
        super().cancel()
        self.set_running_or_notify_cancel()

    def show(self, task: Future) -> None:
        """Show what has become of a task, which has ended. Calls the program's callbacks."""
        if task.cancelled():
            super().cancel()
            self.set_running_or_notify_cancel()
        elif (error := error_of(task)) is not None:
            self.set_exception(error)
        else:
            self.set_result(task.result())


def _as_future(call: CallFuture[Any]) -> Future:
    """Return a future of ours that shows what becomes of a call."""
    future = new_task(describe, (), {}, state=WAITING)
    call.add_done_callback(partial(_end, future))
    return future


def _end(future: Future, call: futures.Future[Any]) -> None:
    if call.cancelled():
        cancel_unbegun(future)
    elif (error := call.exception()) is not None:
        fail(future, error, noted=False)
    else:
        finish(future, DONE, call.result(), None)
        tell_watchers(future)


take_for_future(CallFuture, _as_future)
