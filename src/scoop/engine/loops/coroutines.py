"""The coroutines of tasks: many run at a time in one process, for they only wait, mostly for the network.

A runner begins the task as any other. Its coroutine runs on the event loop of the process, and the fiber of the
runner is suspended until it has ended, as in any other wait. So the thread goes on to the next task.

    runner: begin ──> suspended ────────────────────────────> resumed: the result is the task's
    loop:                └──> runs, waits, ... waits for a task, ... ends ──┘
                              └─────────── active ─────┘       └ active ┘

A process with ``TUNING.most_coroutines`` active ones takes no tasks of others until one has ended, and begins none of
its own coroutines. One that waits for a task is not active: else the tasks that all of them wait for might never
begin. So the bound may be passed for a moment, when several such waits end.
"""

from _contextvars import ContextVar, copy_context
from collections.abc import Awaitable, Callable, Sequence
from types import FrameType
from typing import Any, Protocol

from greenlet import getcurrent, greenlet

from ...errors import CancelledError
from ...tuning import TUNING
from ..offers.ready_table import OpenMap
from ..process.task_frames import calls_task
from ..results import future as f
from ..results.future import Future
from ..tasks.async_function import AsyncFunction
from ..threads.blocking import Threads, WaitPoint
from ..threads.deadlock import Awaited

__all__ = ["CoroutineScheduler", "Coroutines"]


class CoroutineScheduler(Threads, Protocol):
    """The methods of the scheduler that are needed here."""

    @property
    def leaves_tasks(self) -> bool: ...
    def wake(self) -> None: ...
    def offer(self, future: Future, /) -> None: ...
    def is_tiny(self, future: Future, /) -> bool: ...
    def run_soon(self, future: Future, /) -> None: ...
    def look_again(self) -> None: ...


class Coroutines:
    """The coroutines of one scheduler's tasks, and the waits of others for its tasks."""

    def __init__(self, scheduler: Any) -> None:
        self._scheduler: CoroutineScheduler = scheduler
        self._of_loops: Any = scheduler  # what the waits in event loops need of it
        self._by_fiber: dict[greenlet, _CoroutineCall] = {}
        self.left: set[_CoroutineCall] = set()
        """Those that have not ended."""
        self.active: set[_CoroutineCall] = set()
        """Of these, those that do not wait for a task."""

    @property
    def is_full(self) -> bool:
        """Whether no more coroutines are to begin here, for now."""
        return len(self.active) >= TUNING.most_coroutines

    def have_room_for(self, task: Future | OpenMap | None) -> bool:
        """Return whether something of the ready table may begin here."""
        if task is None or len(self.active) < TUNING.most_coroutines:
            return True
        return not (is_coroutine(task) if isinstance(task, Future) else task.begins_coroutines)

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call an async function; return what its coroutine returns."""
        from .event_loop import coroutine_loop

        fiber, call = getcurrent(), _CoroutineCall(self, self._scheduler, coroutine_loop(), (function, args, kwargs))
        self.left.add(call)
        self.active.add(call)
        self._by_fiber[fiber] = call
        try:
            return call.run()
        finally:
            del self._by_fiber[fiber]

    def cancel(self, fiber: greenlet | None) -> None:
        """Cancel the coroutine that a fiber waits for, if it waits for one."""
        call = fiber and self._by_fiber.get(fiber)
        if call:
            call.cancel()

    def cancel_task(self, future: Future) -> None:
        """Cancel the coroutine of a task that runs in this process."""
        if is_coroutine(future):
            self.cancel(f.runner_of(future))

    def frames(self, fiber: greenlet) -> list[FrameType]:
        """Return the frames of the coroutine that a fiber waits for, the outermost first: for who looks in."""
        call = self._by_fiber.get(fiber)
        return call.frames() if call else []

    def wait_in_event_loop(self, future: Future) -> Awaitable[None]:
        """Return what a coroutine awaits: the end of a future."""
        from .loop_waits import wait_for

        scheduler = self._scheduler
        if f.offer_made(future):
            scheduler.offer(future)
        if scheduler.leaves_tasks and scheduler.is_tiny(future):
            scheduler.run_soon(future)  # it would not be given away, and the loop's thread does not run it
        return wait_for(self._of_loops, future)

    # -- by the thread of the event loop --------------------------------------------------------------------------

    def begin_wait(self) -> None:
        """Hear that the coroutine that calls begins to wait for a task."""
        call = _CoroutineCall.here.get()
        if call is not None:
            call.waits += 1
            self._leave_active(call)

    def end_wait(self) -> None:
        """Hear that this wait has ended."""
        call = _CoroutineCall.here.get()
        if call is not None:
            call.waits -= 1
            if not call.waits and call in self.left:
                self.active.add(call)

    def ended(self, call: "_CoroutineCall") -> None:
        self._leave_active(call)
        self.left.discard(call)
        self._scheduler.look_again()  # the broker may have been told that a coroutine is left

    def _leave_active(self, call: "_CoroutineCall") -> None:
        was_full = self.is_full
        self.active.discard(call)
        if was_full:
            self._scheduler.wake()


class _CoroutineCall:
    """One call of an async function."""

    here: ContextVar["_CoroutineCall | None"] = ContextVar("scoop_coroutine", default=None)
    """Of which call the coroutine that asks is a part. No global of a module, so it goes nowhere with tasks."""

    def __init__(self, owner: Coroutines, threads: Threads, loop: Any, call: f.TaskCall) -> None:
        self.waits = 0  # for tasks, of the coroutine and of those that it has started
        self._owner = owner
        self._loop = loop
        self._call = call
        self._context = copy_context()
        self._point = WaitPoint(threads)
        self._task: Any = None
        self._is_cancelled = False
        self._found: tuple[bool, Any] | None = None  # whether it has returned, and what; else what it has raised
        self._outcome: tuple[bool, Any] | None = None  # the same, for the runner

    def run(self) -> Any:
        """Have the coroutine run, and wait for it; return what it returns."""
        self._loop.calls.add(self._start)
        try:
            while self._outcome is None:
                self._point.block(self._has_ended, awaited=_awaited)
        except BaseException:  # a signal handler's: no task waits for the coroutine any more
            self.cancel()
            raise
        ok, value = self._outcome
        if ok:
            return value
        try:
            __tracebackhide__ = True
            raise value
        finally:
            del value, self  # or the traceback and this frame keep each other alive

    def cancel(self) -> None:
        """Have the coroutine get CancelledError, where it waits. Callable from any thread."""
        self._is_cancelled = True
        self._loop.calls.add(self._cancel_task)

    def frames(self) -> list[FrameType]:
        """Return the frames of the coroutine, and of those that it awaits."""
        found, left = [], self._task and self._task.get_coro()
        while left is not None:
            kind = next((each for each in _FRAMES if hasattr(left, each)), "")
            frame = getattr(left, kind, None)
            if frame is not None:
                found.append(frame)
            left = getattr(left, _FRAMES.get(kind, ""), None)
        return found

    def _has_ended(self) -> bool:
        return self._outcome is not None

    # -- by the thread of the event loop --------------------------------------------------------------------------

    def _start(self) -> None:
        self._context.run(self.here.set, self)
        self._task = self._loop.loop.create_task(self._main(), context=self._context)
        self._task.add_done_callback(self._end)

    @calls_task
    async def _main(self) -> None:
        function, args, kwargs = self._call
        try:
            self._found = True, await function(*args, **kwargs)
        except BaseException as error:  # also SystemExit: it ends the task, and no other
            trace = error.__traceback__
            self._found = False, error.with_traceback(trace and trace.tb_next)

    def _end(self, _: object) -> None:
        found = self._found
        if found is None or (self._is_cancelled and not found[0]):
            found = False, CancelledError("the coroutine was cancelled, since no call waits for it any more")
        self._outcome = found
        self._point.notify()  # first: the process is not idle before the fiber is in line
        self._owner.ended(self)

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()


_FRAMES = {"cr_frame": "cr_await", "gi_frame": "gi_yieldfrom", "ag_frame": "ag_await"}
"""Where coroutines and generators have their frames, and what they wait for."""


def is_coroutine(task: Future) -> bool:
    """Return whether the task of a future is a coroutine's."""
    return type(f.call_of(task)[0]) is AsyncFunction


def _awaited() -> Sequence[Awaited]:
    return [Awaited((), str)]  # it runs on no fiber
