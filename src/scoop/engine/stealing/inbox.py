"""Tasks of others that run here: kept in the order they came until they begin, then run, and answered for."""

import logging
import pickle
from _contextvars import Context
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from threading import RLock
from time import monotonic
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple

from greenlet import getcurrent, greenlet

from ...errors import TaskNotSent, describe, in_words, name_of
from ...wire import codec
from ...wire.function_wrappers import CachedFunction
from ...wire.messages import Began, Cancelled, GiveBack, Granted, Message, Run
from ...wire.shared_buffers import size_of, views_of
from .. import runtime
from ..loops.coroutines import Coroutines
from ..process import instruments
from ..process.program_settings import follow_settings, take_in
from ..process.signal_safety import calls_program, indivisible
from ..process.task_frames import calls_task
from ..results.future import Future, finish
from ..results.outcomes import pack_error, result_not_sent, unpack_outcome
from ..results.states import DONE, FAILED
from ..results.watchers import tell_watchers
from ..tasks.async_function import AsyncFunction
from ..tasks.holding import NO_NUMBERS, Numbers, holding, numbers_by_name
from ..tasks.task import Chunk, NewChunk, RowFunction, TaskLimits, TaskOptions
from ..threads.task_context import unpack
from ..travel.module_paths import follow_paths
from .result_sender import Packed, ResultSender

__all__ = ["Inbox", "ReceivedTask"]

_log = logging.getLogger("scoop.run")

MOST_FUNCTIONS = 256
"""Functions kept unpickled, for the next task that calls them."""

_NOT_IMPORTED = (
    ". The main script gave it to the program but not to this worker, which imports the script under another name: "
    "does its top level do the same in both?"
)


class ReceivedTask(NamedTuple):
    """One task of another worker's, still pickled.

    Parameters:
        batch, number: its name.
        function, call: the pickles of the function, and of its arguments and keywords.
        callbacks: the pickle of the callbacks that are to be called here; None if there are none.
        once: whether it must never run twice, so that its outcome does not wait.
        is_chunk: whether it is several rows of a map.
        large: its large buffers.
        context: the pickle of the context variables of its submitter.
        limits: what it may take; None if there is no limit.
        numbers: the resources that it has.
    """

    batch: int
    number: int
    function: bytes
    call: bytes
    callbacks: bytes | None
    once: bool
    is_chunk: bool
    large: list[Any]
    context: bytes | None
    limits: TaskLimits | None
    numbers: Numbers


class Inbox:
    """The tasks that this process has taken on and has not answered for.

    Parameters:
        send: takes a message to the broker.
        results: takes outcomes back to their owners.
        begun, cell: where to count the tasks that begin; the broker reads this when the worker has died.
        once: whether no task of this run may ever run twice.
        new_chunk: makes the chunks that run here.
        coroutines: those of tasks that run here.
    """

    def __init__(
        self,
        send: Callable[[Message], None],
        results: ResultSender,
        begun: memoryview,
        cell: int,
        once: bool,
        new_chunk: NewChunk,
        coroutines: Coroutines,
    ) -> None:
        self.waiting: OrderedDict[tuple[int, int], ReceivedTask] = OrderedDict()  # not begun, in the order they came
        self.ran = 0  # tasks, the rows of maps counted singly
        self._send = send
        self._results = results
        self._begun_cells = begun
        self._cell = cell
        self._once = once
        self._new_chunk = new_chunk
        self._coroutines = coroutines
        self.begun = 0  # tasks
        self._current: set[tuple[int, int]] = set()  # the names of those that have begun and not ended
        self._cancelled: set[tuple[int, int]] = set()  # of those, the ones that are not wanted any more
        self._chunks: dict[tuple[int, int], Chunk] = {}  # that run
        self._fibers: dict[tuple[int, int], greenlet] = {}  # that wait for the coroutines of tasks
        # A task is begun or given back or dropped in one step, and so is the broker told: else a worker that is to
        # retire would begin one more, or the broker would blame the wrong task for its death.
        self._lock = RLock()
        self._granted: dict[tuple[int, int], Numbers] = {}  # to tasks that come next
        self._functions: dict[bytes, Callable[..., Any]] = {}

    # -- what the broker says -----------------------------------------------------------------------------------

    def grant(self, message: Granted) -> None:
        """Hear which resources a task has that comes next."""
        self._granted[message.batch, message.task] = numbers_by_name(message.names, message.numbers)

    def accept(self, message: Run) -> None:
        try:
            functions, calls, paths, settings = pickle.loads(message.body)
        except MemoryError:
            raise
        except Exception as problem:  # its sender is broken: the sender is to hear of it, and no other worker
            packed = Packed(
                False, pack_error(TaskNotSent(f"a worker could not unpickle a batch of tasks ({in_words(problem)})"))
            )
            self._count_begun(len(message.tasks))
            for number in message.tasks:
                self._results.add(message.batch, number, packed, at_once=False)
            self._results.flush()
            return
        follow_paths(paths)
        take_in(settings)
        memory = message.buffers.map(own=False) if message.buffers else None
        self._take_on(message, functions, calls, memory)

    @indivisible
    def _take_on(self, message: Run, functions: Sequence[bytes], calls: Any, memory: Any) -> None:
        with self._lock:
            for number in message.tasks:
                place, arguments, callbacks, once, is_chunk, spans, context, limits = calls[number]
                name, large = (message.batch, number), views_of(memory, spans)
                numbers = self._granted.pop(name, NO_NUMBERS) if self._granted else NO_NUMBERS
                self.waiting[name] = ReceivedTask(
                    *name, functions[place], arguments, callbacks, once, is_chunk, large, context, limits, numbers
                )

    @indivisible
    def cancel(self, batch: int, numbers: Sequence[int]) -> None:
        """Drop those of the tasks that have not begun, and say which they were; stop chunks and coroutines."""
        # No task that stands behind one of them may begin before this has been said: the broker counts those that
        # have begun from the first.
        with self._lock:
            dropped = [number for number in numbers if self.waiting.pop((batch, number), None)]
            if dropped:
                self._send(Cancelled(batch, dropped))
            running = self._current.intersection((batch, number) for number in numbers)
            self._cancelled |= running
        for name in running:
            if (chunk := self._chunks.get(name)) is not None:
                chunk.cancel()
            self._coroutines.cancel(self._fibers.get(name))

    @indivisible
    def give_back(self, kept: int) -> bool:
        """Give the later half of what has not begun, but the first ``kept``, to the broker; return if any was."""
        backs: dict[int, list[int]] = {}
        with self._lock:
            for _ in range((len(self.waiting) - kept + 1) // 2):
                batch, number = self.waiting.popitem()[0]
                backs.setdefault(batch, []).append(number)
            for batch, numbers in backs.items():
                self._send(GiveBack(batch, numbers[::-1], (), ()))
        return bool(backs)

    # -- running ------------------------------------------------------------------------------------------------

    @indivisible
    def take(self) -> ReceivedTask | None:
        """Take the oldest of the tasks, to run it; None if there is none."""
        with self._lock:  # the thread that takes first counts first
            try:
                task = self.waiting.popitem(last=False)[1]
            except KeyError:
                return None
            self._count_begun(1)
            self._current.add((task.batch, task.number))
            return task

    def _count_begun(self, number: int) -> None:
        self.begun += number
        self._begun_cells[self._cell] = self.begun

    @indivisible
    def all_answered(self) -> bool:
        """Return whether every task that has begun was answered for."""
        with self._lock:
            return self.begun == self._results.answered

    def any_unanswered(self) -> bool:
        """Return whether some task is here, or was and is not answered for."""
        return bool(self.waiting) or self.begun != self._results.answered

    def runs(self, name: tuple[int, int]) -> bool:
        """Return whether a task has begun here, and not ended."""
        return name in self._current

    def chunks(self) -> list[Chunk]:
        return [*self._chunks.values()]

    @calls_task
    def run(self, task: ReceivedTask) -> None:
        """Run one task and put its outcome with those to send."""
        raised: BaseException | None = None
        struck: BaseException | None = None
        if task.limits is not None:
            self._send(_began(task, task.limits))
        listener = instruments.listener
        run = None if listener is None else listener.taken(task.batch, task.number, _size_of(task))
        try:
            packed = self._perform(task, run)
        except BaseException as error:  # also SystemExit: it ends the task, not the worker
            if runtime.is_child:
                raise
            if (task.batch, task.number) in self._cancelled:
                error.with_traceback(None)  # the program will not see it, and to write it down takes milliseconds
            packed = Packed(False, pack_error(error))
            raised = error
            struck = error if runtime.has_struck(error) else None
        if task.callbacks is not None:
            self._call_back(task.callbacks, packed, raised)
        del raised  # or the traceback and this frame keep each other alive
        self._has_ended(task)
        if listener is not None:
            listener.ended(run, packed.ok, len(packed.data) + size_of(packed.large))
        others_wait = task.limits is not None or bool(task.numbers)  # for what it had, or the broker watches it
        self._results.add(task.batch, task.number, packed, at_once=task.once or self._once or others_wait)
        if struck is not None:
            try:
                raise struck
            finally:
                del struck  # as above

    @indivisible
    def _has_ended(self, task: ReceivedTask) -> None:
        with self._lock:
            self._current.discard((task.batch, task.number))
            self._fibers.pop((task.batch, task.number), None)
            self._cancelled.discard((task.batch, task.number))

    @calls_program
    def _perform(self, task: ReceivedTask, run: object) -> Packed:
        rows = 1
        try:
            follow_settings()
            function, args, kwargs = self._rebuild(task)
            context = unpack(task.context)
            if run is not None:
                _tell_rebuilt(task, run, function, args, kwargs)
            rows = len(args[0]) if task.is_chunk else 1
            if not task.numbers:
                return self._call(task, function, args, kwargs, context)
            called: Any = function
            with holding(context, name_of(called.function if task.is_chunk else called), task.numbers):
                return self._call(task, function, args, kwargs, context)
        finally:
            self.ran += rows

    @calls_program
    def _call(
        self, task: ReceivedTask, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], context: Context
    ) -> Packed:
        if task.is_chunk:
            return self._run_chunk(task, function, args, context)
        if type(function) is AsyncFunction:
            self._fibers[task.batch, task.number] = getcurrent()
        started = monotonic()
        value = context.run(function, *args, **kwargs)
        if isinstance(value, Future):
            value = value.result()  # its own worker gets that, and not a future
        return self._pack_value(function, value, monotonic() - started)

    def _run_chunk(
        self, task: ReceivedTask, function: RowFunction, columns: tuple[Sequence[Any], ...], context: Context
    ) -> Packed:
        name = task.batch, task.number
        needs = {each: len(numbers) for each, numbers in task.numbers.items()}
        options = TaskOptions(context=context or None, limits=task.limits, needs=needs)

        def report(data: bytes, large: Sequence[pickle.PickleBuffer]) -> None:
            self._results.add_in_part(*name, Packed(True, data, large))

        chunk = self._new_chunk(function, columns, options, report)
        self._chunks[name] = chunk
        if name in self._cancelled:  # after the other step: so the thread that cancels, or this one, sees both
            chunk.cancel()
        try:
            return Packed(True, *chunk.run(self._results.is_due))
        finally:
            del self._chunks[name]

    def _rebuild(self, task: ReceivedTask) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        if (changes := runtime.changes) is not None and (changes.waiting or changes.calls):
            changes.apply()
            self._functions.clear()  # a name may stand for another function now
        try:
            function = self._functions.get(task.function)
            if function is None:
                function = self._load_function(task)
            return function, *codec.loads(task.call, task.large)
        except Exception as problem:
            words = in_words(problem)
            of_main = isinstance(problem, AttributeError) and "__main__" in words
            raise TaskNotSent(
                f"a task could not be rebuilt on a worker ({words}){_NOT_IMPORTED if of_main else ''}"
            ) from problem

    def _load_function(self, task: ReceivedTask) -> Callable[..., Any]:
        function: Any = codec.loads(task.function)
        # Only what has no state of its own is kept: a callable object or a closure is to be fresh for every task.
        if all(map(_is_stateless, function.parts() if task.is_chunk else (function,))):
            if len(self._functions) >= MOST_FUNCTIONS:
                self._functions.clear()
            self._functions[task.function] = function
        found: Callable[..., Any] = function
        return found

    def _pack_value(self, function: Callable[..., Any], value: object, seconds: float) -> Packed:
        large: list[pickle.PickleBuffer] = []
        try:
            return Packed(True, codec.dumps(value, large), large, seconds)
        except Exception as problem:
            raise result_not_sent(function, value, problem) from problem

    def _call_back(self, callbacks: bytes, packed: Packed, raised: BaseException | None) -> None:
        try:
            ok, value = (
                (False, raised) if raised is not None else unpack_outcome(packed.ok, packed.data, packed.large)
            )
            functions: Iterable[Callable[..., object]] = codec.loads(callbacks)
            _show_outcome(value, not ok, functions)
        except Exception:
            _log.exception("scoop: a callback could not be rebuilt where its task ran; it is not called there")


def _began(task: ReceivedTask, limits: TaskLimits) -> Began:
    return Began(task.batch, task.number, ceil(1000 * (limits.seconds or 0)), limits.memory or 0)


def _size_of(task: ReceivedTask) -> int:
    return len(task.call) + sum(len(buffer) for buffer in task.large)


def _tell_rebuilt(task: ReceivedTask, run: object, function: Any, args: tuple[Any, ...], kwargs: Any) -> None:
    if (listener := instruments.listener) is None:
        return
    if task.is_chunk:
        listener.rebuilt(run, function.function, (), {}, len(args[0]))
    else:
        listener.rebuilt(run, function, args, kwargs, 0)


def _is_stateless(function: Any) -> bool:
    function = function.func if type(function) is AsyncFunction else function
    function = vars(function)["__wrapped__"] if type(function) is CachedFunction else function  # its entries last
    plain = isinstance(function, FunctionType | BuiltinFunctionType | type)
    return plain and not getattr(function, "__closure__", None)


def _show_outcome(value: Any, is_error: bool, callbacks: Iterable[Callable[[Future], object]]) -> None:
    """Call callbacks that have travelled with a task, with a future that shows its outcome."""
    future = Future(None, describe)
    for function in callbacks:
        future.add_done_callback(function)
    finish(future, FAILED if is_error else DONE, value, None)
    tell_watchers(future)
