"""The calls of an executor within a run: they are tasks of the process that submits them.

The program gets futures of ``concurrent.futures``. A thread that calls their methods waits in SCOOP, and
runs tasks meanwhile. But ``concurrent.futures.wait``, or an event loop, waits in a way that SCOOP does not
know. So while such futures are there that have not ended, a thread of SCOOP's counts as blocked for them. Then a
helper thread runs what no other worker takes: see helper_threads.py.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from os import urandom
from threading import Event, RLock, Thread
from typing import Any, Protocol, TypeVar

from .. import runtime
from ..process.signal_safety import indivisible
from ..results.arguments import take_for_future
from ..results.call_future import CallFuture
from ..results.future import Future, has_ended
from ..tasks.async_function import AsyncFunction
from ..tasks.task import TaskOptions, WithOptions
from ..threads.blocking import Threads, WaitPoint
from .dependents import Graph
from .withdrawal import Offers, withdraw

__all__ = ["ExecutorTasks"]

T = TypeVar("T")


Initializer = tuple[Callable[..., object], tuple[Any, ...]]


class TaskScheduler(Threads, Offers, Protocol):
    """The methods of the scheduler that are needed here."""

    graph: Graph

    def join(self, future: Future, timeout: float | None, /) -> None: ...


_initialized: set[bytes] = set()
"""The executors whose initializers this process has called."""

_unknown_waits: dict[TaskScheduler, "_UnknownWaits"] = {}
"""By scheduler, of which a process has one."""


class TaskFuture(CallFuture[T]):
    """A future of ``concurrent.futures`` that shows what becomes of a task."""

    def __init__(self, scheduler: TaskScheduler, task: Future) -> None:
        super().__init__()
        self.task = task
        self._scheduler = scheduler

    def result(self, timeout: float | None = None) -> T:
        self.join(timeout)
        return super().result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self.join(timeout)
        return super().exception()

    def running(self) -> bool:
        return self.task.running()

    def done(self) -> bool:
        self.task.done()  # which lets other tasks go on: a program that polls is no obstacle
        return super().done()

    def cancel(self, force: bool = False) -> bool:
        return self.task.cancel(force)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the task has ended. Raises TimeoutError after ``timeout`` seconds."""
        if not has_ended(self.task):
            self._scheduler.join(self.task, timeout)


take_for_future(TaskFuture, lambda future: future.task)


class ExecutorTasks:
    """The calls of one executor.

    Parameters:
        scheduler: of this process.
        initializer: what is called before the first of them in each process, with its arguments; None if nothing.
    """

    must_travel = False  # what cannot travel runs here, as all tasks do

    def __init__(self, scheduler: TaskScheduler, initializer: Initializer | None) -> None:
        self.scheduler = scheduler
        self._initialized = initializer and _Initialized(urandom(8), *initializer)
        self._left: set[TaskFuture[Any]] = set()  # that have not ended
        self._is_closed = False
        self._waits = _unknown_waits.get(scheduler) or _unknown_waits.setdefault(scheduler, _UnknownWaits(scheduler))

    def submit(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions
    ) -> CallFuture[T]:
        """Have a call made by any worker of the run."""
        self.check()
        runtime.need("Executor.submit()")
        task = self.scheduler.graph.submit(self.prepared(function), args, kwargs, options)
        future: TaskFuture[T] = TaskFuture(self.scheduler, task)
        self._left.add(future)
        self._waits.begin()
        task.add_done_callback(lambda task: self._ended(future, task))
        return future

    def prepared(self, function: Callable[..., T]) -> Callable[..., T]:
        """Return the function, such that the initializer is called before it, where there is one."""
        if self._initialized is None:
            return function
        if isinstance(function, WithOptions):
            return WithOptions(self.prepared(function.function), function.options)
        if isinstance(function, AsyncFunction):
            return AsyncFunction(partial(self._initialized.call_async, function.func))
        return partial(self._initialized, function)

    def check(self) -> None:
        """Raise why no call is taken any more, if so."""
        if self._is_closed:
            raise RuntimeError("cannot schedule new futures after shutdown")

    def enter(self) -> None:
        """Do nothing: in a run, all calls use its workers."""

    leave = enter

    def close(self, cancel: bool = False) -> None:
        """Take no more calls; ``cancel``: and cancel those that have not begun."""
        self._is_closed = True
        if cancel:
            withdraw(self.scheduler, [future.task for future in [*self._left]])

    def abort(self) -> None:
        """Take no more calls, and cancel those that have not begun: the workers are the run's."""
        self.close(cancel=True)

    def join(self) -> None:
        """Wait until all has ended."""
        for future in [*self._left]:
            future.join()

    def _ended(self, future: TaskFuture[Any], task: Future) -> None:
        self._left.discard(future)
        self._waits.end()
        future.show(task)


class _Initialized:
    """Calls a function once the initializer of an executor has been called in this process."""

    def __init__(self, token: bytes, initializer: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._token = token
        self._initializer = initializer
        self._args = args

    def __call__(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        self._initialize()
        return function(*args, **kwargs)

    async def call_async(self, function: Callable[..., Awaitable[T]], /, *args: Any, **kwargs: Any) -> T:
        self._initialize()
        return await function(*args, **kwargs)

    def _initialize(self) -> None:
        if self._token not in _initialized:
            self._initializer(*self._args)
            _initialized.add(self._token)


class _UnknownWaits:
    """A thread that counts as blocked while futures are there that have not ended, since the program may wait."""

    def __init__(self, scheduler: TaskScheduler) -> None:
        self._left = 0
        self._lock = RLock()  # reentrant: a finalizer may submit at any moment
        self._begun = Event()
        self._point = WaitPoint(scheduler)
        Thread(target=self._serve, name="scoop-executor", daemon=True).start()

    @indivisible
    def begin(self) -> None:
        with self._lock:
            self._left += 1
        self._begun.set()

    @indivisible
    def end(self) -> None:
        with self._lock:
            self._left -= 1
        if not self._left:
            self._point.notify()

    def _serve(self) -> None:
        while self._begun.wait():
            self._begun.clear()
            self._point.block(lambda: not self._left)
