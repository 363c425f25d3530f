"""Tasks of this process that run elsewhere: packed into batches, and in flight until their outcomes come back."""

import logging
import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from ...errors import TaskNotSent, WorkerLost, name_of
from ...tuning import TUNING
from ...wire import codec
from ...wire.main_module import names_in
from ...wire.messages import (
    BLAMELESS,
    DEFAULT_RETRIES,
    Cancel,
    Message,
    Offer,
    PartialResult,
    Results,
    Stopped,
    batch_ids,
)
from ...wire.shared_buffers import BufferPool, SharedBuffers, Span, size_of, views_of
from .. import runtime
from ..process.limits import Identity
from ..process.program_settings import settings_to_send
from ..process.signal_safety import calls_program, indivisible
from ..process.tracebacks import set_cause, without_our_frames
from ..results import future as f
from ..results.arguments import fill_packed
from ..results.call_parts import described, function_of, parts_of
from ..results.callbacks import Deferred
from ..results.future import Future, TaskCall
from ..results.watchers import callbacks_of
from ..tasks.cost_model import CostModel
from ..tasks.limited_tasks import limit_error
from ..tasks.task import TaskLimits, TaskOptions
from ..threads.task_context import pack
from ..travel.function_cache import FunctionCache
from ..travel.main_globals import GlobalNotSent, ProgramGlobals
from ..travel.module_paths import added_paths
from ..travel.obstacles import name_obstacle
from ..travel.reloads import send_reloads

__all__ = ["Batch", "FutureInFlight", "InFlight", "Outbox"]

_log = logging.getLogger("scoop.run")

Arrived = tuple[bool, bytes, Sequence[Any]]
"""Whether it is a value, its pickle, its large buffers."""


class InFlight(Protocol):
    """A task that is sent to another worker: a future's, or a chunk of a map."""

    @property
    def call(self) -> TaskCall: ...
    @property
    def options(self) -> TaskOptions: ...
    @property
    def is_chunk(self) -> bool: ...
    @property
    def must_travel(self) -> bool: ...
    def cannot_travel(self) -> Any: ...
    def not_sent(self, error: Exception, deferred: Deferred) -> None: ...
    def universal_callbacks(self) -> Sequence[Callable[..., object]]: ...
    def sent_as(self, batch: int, number: int) -> None: ...
    def arrived(self, packed: Arrived, deferred: Deferred) -> None: ...
    def arrived_in_part(self, packed: Arrived, deferred: Deferred) -> None: ...
    def dropped(self, deferred: Deferred) -> None: ...
    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None: ...
    def interrupted(self, deferred: Deferred) -> None: ...
    def abandoned(self, error: Exception, deferred: Deferred) -> None: ...
    def withdraw(self) -> bool: ...


class FutureInFlight:
    """The way of a claimed future to another worker, and back."""

    __slots__ = ("_future",)

    is_chunk = False

    def __init__(self, future: Future) -> None:
        f.sent(future)
        self._future = future

    @property
    def must_travel(self) -> bool:
        return f.options_of(self._future).leaves

    @property
    def work(self) -> Future:
        return self._future

    @property
    def call(self) -> TaskCall:
        return f.call_of(self._future)

    @property
    def options(self) -> TaskOptions:
        return f.options_of(self._future)

    def universal_callbacks(self) -> list[Callable[[Future], object]]:
        return [callback.function for callback in callbacks_of(self._future) if callback.universal]

    def sent_as(self, batch: int, number: int) -> None:
        """Hear under which name the task was sent."""

    def cannot_travel(self) -> Future:
        """Become READY again; return the future, which is to run here."""
        f.set_ready(self._future)
        return self._future

    def not_sent(self, error: Exception, deferred: Deferred) -> None:
        """Fail, since it cannot travel: only what must travel does."""
        self.abandoned(error, deferred)

    def arrived(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
        f.arrived(self._future, packed, deferred)

    def arrived_in_part(self, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
        """Hear of some rows: only chunks have any."""

    def dropped(self, deferred: Deferred) -> None:
        f.dropped(self._future, deferred)

    def lost(self, error: Callable[[], Exception], deferred: Deferred) -> None:
        """End, since the task has no tries left. ``error`` makes the exception; it calls the program's ``repr``s."""
        deferred.defer(lambda: f.fail(self._future, error(), deferred))

    def interrupted(self, deferred: Deferred) -> None:
        """Hear that its worker was ended for another task: only of chunks, the broker has others run again."""

    def abandoned(self, error: Exception, deferred: Deferred) -> None:
        f.fail(self._future, error, deferred, noted=False)

    def withdraw(self) -> bool:
        """Hear that the program wants it no more; return True: the caller is to have its task cancelled."""
        return True


class Batch:
    """Tasks that are packed to travel together, and those that cannot travel."""

    def __init__(self, name: int) -> None:
        self.name = name
        self.tasks: list[InFlight] = []
        self.stuck: list[InFlight] = []
        self.places: dict[int, int] = {}  # of functions, by their identity
        self.functions: list[bytes] = []
        self.named: list[frozenset[str]] = []  # what these functions name of the main script
        self.calls: list[tuple[int, bytes, bytes | None, bool, bool, tuple[Span, ...], bytes | None, Any]] = []
        self.buffers: SharedBuffers | None = None
        self.retries: list[int] = []
        self.size = 0  # bytes, about

    @property
    def is_full(self) -> bool:
        return len(self.tasks) >= TUNING.batch_tasks or self.size >= TUNING.batch_bytes

    def offer(self, suspects: bool) -> Offer:
        """Return what to send to the broker."""
        body = pickle.dumps((self.functions, self.calls, added_paths(), settings_to_send()), 5)
        self.size = len(body) + (self.buffers.size if self.buffers else 0)
        marks = [int(suspects)] * len(self.tasks)
        return Offer(self.name, range(len(self.tasks)), self.retries, marks, body, self.buffers)


class Outbox:
    """The batches that this process has sent out and that have not all come back.

    Parameters:
        identity: of this worker.
        retries: of the run.
        send: takes a message to the broker.
        pool: memory for large buffers.
        costs: what calls took, and carried.
        deferred: takes what the I/O thread must not do.
    """

    def __init__(
        self,
        identity: Identity,
        retries: int,
        send: Callable[[Message], None],
        pool: BufferPool,
        costs: CostModel,
        deferred: Deferred,
    ) -> None:
        self._ids = batch_ids(identity.machine, identity.worker)
        self._retries = retries
        self._pool = pool
        self._costs = costs
        self._deferred = deferred
        self._functions = FunctionCache(send)
        self._send = send
        self._globals = ProgramGlobals(send) if identity.is_origin else None  # workers have what there is
        self.in_flight: dict[int, list[InFlight | None]] = {}
        """By batch, its tasks that have not ended."""
        self.never_sent_any = True
        self._given_up: Exception | None = None
        self._recalled: set[Future] = set()  # that have not ended
        self._warned: set[str] = set()

    # -- sending ------------------------------------------------------------------------------------------------

    @indivisible
    def pack(self, tasks: Iterator[InFlight]) -> Batch:
        """Make a batch of tasks, drawn from ``tasks`` until it is full."""
        batch = Batch(next(self._ids))
        globals_of_main = None
        if self._globals is not None:
            send_reloads(self._send)
            globals_of_main = self._globals if self._globals.begin_batch() else None
        while not batch.is_full and (task := next(tasks, None)) is not None:
            try:
                self._pack_task(batch, task, globals_of_main)
            except GlobalNotSent as problem:
                task.abandoned(TaskNotSent(str(problem)), self._deferred)
            except BaseException as problem:  # the program's __reduce__ may raise anything
                if runtime.has_struck(problem):
                    runtime.repeat_signal()  # when the batch is packed
                elif task.must_travel:
                    task.not_sent(_not_sent(task, problem), self._deferred)
                    continue
                else:
                    self._warn(task, problem)
                batch.stuck.append(task)
        if batch.buffers is not None:
            self._pool.keep(batch.buffers)
        if batch.tasks:
            self.never_sent_any = False
            self.in_flight[batch.name] = [*batch.tasks]
            if self._given_up is not None:  # meanwhile: this thread, or the one that gives up, sees both
                self.abandon(self._given_up)
        else:
            self._functions.release(batch.name)
        return batch

    @calls_program
    def _pack_task(self, batch: Batch, task: InFlight, globals_of_main: ProgramGlobals | None) -> None:
        function, args, kwargs = task.call
        large: list[pickle.PickleBuffer] = []
        place = batch.places.get(id(function))
        if place is None:
            data, named = self._functions.pack(function, batch.name, task.is_chunk)
            place = batch.places[id(function)] = len(batch.functions)
            batch.functions.append(data)
            batch.named.append(named)
            batch.size += len(data)
        if task.options.graph is not None:
            args, kwargs = fill_packed(args, kwargs)
        call = codec.dumps((args, kwargs), large)
        if large and batch.buffers is None:
            batch.buffers = self._pool.take(size_of(large))
        spans = batch.buffers.add(large) if batch.buffers else ()
        universal = task.universal_callbacks()
        callbacks = codec.dumps(universal) if universal else None
        if globals_of_main is not None:
            named = batch.named[place] | names_in(call)
            globals_of_main.send_for(named if callbacks is None else named | names_in(callbacks))
        retries = task.options.retries
        context = None if task.options.context is None else pack(task.options.context)
        batch.calls.append((place, call, callbacks, retries == 0, task.is_chunk, spans, context, task.options.limits))
        batch.tasks.append(task)
        # Several rows of a map: once their worker has died, they are to be sent again singly.
        several = task.is_chunk and len(args[0]) > 1
        batch.retries.append(0 if several else DEFAULT_RETRIES if retries is None else retries)
        batch.size += self._weigh(task, call, spans)

    def recall(self, futures: Collection[Future]) -> None:
        """Have tasks cancelled where they are, if they have not begun there."""
        self._recalled.update(futures)
        for future in futures:
            f.watch(future, self._recalled.discard)
        for batch in [*self.in_flight] if futures else ():
            self._cancel(batch, futures)

    def was_sent(self, batch: int) -> None:
        """Hear that a batch was sent. What was recalled meanwhile, this thread sees, or the one that recalls."""
        if self._recalled:
            self._cancel(batch, self._recalled)

    def _cancel(self, batch: int, unwanted: Collection[Future]) -> None:
        tasks = enumerate([*self.in_flight.get(batch, ())])
        numbers = [n for n, task in tasks if isinstance(task, FutureInFlight) and task.work in unwanted]
        if numbers:
            self._send(Cancel(batch, numbers))

    @indivisible
    def send_globals_for(self, data: bytes) -> None:
        """Send ahead what functions in a pickle read of the main script, and workers do not have."""
        if self._globals is not None:
            send_reloads(self._send)
            if self._globals.begin_batch():
                self._globals.send_for(names_in(data))

    # -- what comes back: called by the I/O thread, so it runs no code of the program's --------------------------

    def arrived(self, message: Results) -> None:
        memory = message.buffers.map(own=True) if message.buffers else None
        outcomes = pickle.loads(message.body)
        for task, (ok, data, spans, seconds) in zip(self._take(message.batch, message.tasks), outcomes, strict=False):
            self._weigh(task, data, spans)
            if seconds:
                self._costs.note_call(task.call[0], seconds)
            task.arrived((ok, data, views_of(memory, spans)), self._deferred)

    def arrived_in_part(self, message: PartialResult) -> None:
        """Take in some rows of a chunk that goes on."""
        tasks = self.in_flight.get(message.batch)
        task = tasks[message.task] if tasks else None
        if task is not None:
            memory = message.buffers.map(own=True) if message.buffers else None
            ok, data, spans, _ = pickle.loads(message.body)
            task.arrived_in_part((ok, data, views_of(memory, spans)), self._deferred)

    def dropped(self, batch: int, numbers: Sequence[int]) -> None:
        for task in self._take(batch, numbers):
            task.dropped(self._deferred)

    def lost(self, batch: int, numbers: Sequence[int], tries: int, report: str) -> None:
        """Take in that tasks died with their workers."""
        for task in self._take(batch, numbers):
            call = task.call, task.is_chunk
            if tries == BLAMELESS and task.is_chunk and len(call[0][1][0]) > 1:
                task.interrupted(self._deferred)
                continue
            total = max(1, tries) + task.options.tries_before
            when = "at its only try" if total == 1 else f"at the last of {total} tries"

            def error(call: tuple[TaskCall, bool] = call, when: str = when) -> Exception:
                return WorkerLost(f"{described(*call)} was lost: {when}, {report}")

            task.lost(error, self._deferred)

    def stopped(self, message: Stopped) -> None:
        """Take in that tasks have reached a limit, and were ended."""
        for task in self._take(message.batch, message.tasks):
            call, limits = partial(described, task.call, task.is_chunk), task.options.limits or TaskLimits()
            task.lost(lambda call=call, limits=limits: limit_error(call(), limits, message), self._deferred)  # type: ignore[misc]

    def abandon(self, error: Exception) -> None:
        """Give up on all that is in flight, and on all that will be: it fails with ``error``."""
        self._given_up = error
        for batch in list(self.in_flight):
            for task in self.in_flight.pop(batch, ()):
                if task is not None:
                    task.abandoned(error, self._deferred)

    def _take(self, batch: int, numbers: Sequence[int]) -> Iterable[InFlight]:
        tasks = self.in_flight.get(batch)
        if tasks is None:  # given up on
            return []
        taken = []
        for number in numbers:
            task, tasks[number] = tasks[number], None
            assert task is not None, "a task ended twice"
            taken.append(task)
        if not any(tasks):
            del self.in_flight[batch]
            self._functions.release(batch)
        return taken

    def _weigh(self, task: InFlight, data: bytes, spans: Sequence[Span]) -> int:
        """Return how many bytes travel, and remember it of a map's function."""
        size = len(data) + sum(length for _, length in spans)
        if task.is_chunk:
            function, columns, _ = task.call
            self._costs.note_bytes(function.function, size / len(columns[0]))  # type: ignore[attr-defined]
        return size

    def _warn(self, task: InFlight, problem: BaseException) -> None:
        function = function_of(task.call, task.is_chunk)
        name = name_of(function)
        # A container that changes while it is being pickled is no fault of its type: no word about that.
        changed = isinstance(problem, RuntimeError) and not isinstance(problem, RecursionError)
        if changed or name in self._warned:
            return
        self._warned.add(name)
        _log.warning(
            "scoop: %s and its arguments cannot travel to other workers (%s); "
            "such tasks run where they were submitted",
            name,
            name_obstacle(parts_of(task.call, task.is_chunk), problem),
        )


def _not_sent(task: InFlight, problem: BaseException) -> TaskNotSent:
    name = name_of(function_of(task.call, task.is_chunk))
    obstacle = name_obstacle(parts_of(task.call, task.is_chunk), problem)
    error = TaskNotSent(
        f"{name} and its arguments cannot travel to a worker ({obstacle}). "
        "Pass plain data, and make what cannot travel in the task"
    )
    set_cause(error, without_our_frames(problem))
    return error
