"""The workers of an executor, and the thread of the program's process that looks after them.

The program's own threads stay free. A service thread starts the fresh interpreter, and is the main thread of the
scheduler: what the program submits is packed, and what comes back is unpacked, on threads of SCOOP's.

    open ──close()──> no more calls are taken ──all that was submitted has ended──> the broker and its workers end

If the broker dies, all that has not ended fails, and the pool ends. If the program ends without a word, the pool does
at its end what close() does. If the program is killed, the broker sees its socket close.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from ..engine import runtime
from ..engine.offers.host_table import HostTable, set_table
from ..engine.offers.withdrawal import withdraw_all
from ..engine.process.limits import Identity, Limits
from ..engine.process.process_settings import note_process
from ..engine.process.unasked import report_failures
from ..engine.results.call_future import CallFuture
from ..engine.scheduler import Scheduler
from ..engine.tasks.task import TaskOptions
from ..engine.travel.module_paths import note_start
from ..errors import BrokenExecutor, in_words
from ..maps.call_queue import CallQueue
from ..trace.recording import Recording
from ..trace.settings import NOTHING, TraceOptions
from ..tuning import TUNING
from ..wire import codec
from ..wire.methods import pickle_methods_exactly
from ..wire.status_page import StatusPage, new_status_page, open_page_memory
from .connection import connect
from .fresh_interpreter import Start, start_interpreter
from .initializer import Initializer
from .running_program import running_program, share_main
from .worker_process import keep_freed_memory

__all__ = ["WorkerPool"]

T = TypeVar("T")

Place = Callable[[Start], Start]

_open: set["WorkerPool"] = set()
"""The pools of this process that have not ended."""


def _here(start: Start) -> Start:
    return start


class WorkerPool:
    """Workers beside a program that was not started with SCOOP. Made on any thread.

    Raises BrokenExecutor if the processes cannot be started.

    Parameters:
        workers: how many.
        initializer: what each of them calls first, with its arguments; None if nothing.
        resources: how many of each a machine has, for tasks that need some.
        placed: takes what the fresh interpreter would be told if all of them were on this machine, and returns what
            it is told. Then the pool is made when all hosts have answered; what is raised is passed on.
        trace: what is recorded of its tasks.
    """

    must_travel = True  # what cannot, fails: nothing that the program submits runs in its own process
    scheduler: Scheduler
    hosts: HostTable

    def __init__(
        self,
        workers: int,
        initializer: Initializer | None,
        resources: Mapping[str, int] = MappingProxyType({}),
        placed: Place = _here,
        trace: TraceOptions = NOTHING,
    ) -> None:
        _prepare_process()
        program = running_program()
        share_main(program)
        first = _pack(initializer)
        self._recording = Recording(trace)
        limits = Limits(spare=True, authkey=_authkey(), resources={**resources}, trace=self._recording.settings)
        try:
            self._start = placed(Start(workers, limits, program, [*sys.argv], first))
        except BaseException:
            self._recording.end()
            raise
        self._closing = threading.Event()
        self._is_up = threading.Event()
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, name="scoop-executor", daemon=True)
        self._thread.start()
        self._is_up.wait()
        if self._problem is not None:
            raise BrokenExecutor(f"the executor's processes cannot be started: {in_words(self._problem)}")
        if self._start.elsewhere:
            self._await_hosts()

    @property
    def broker_pid(self) -> int:
        return self._process.pid

    @property
    def size(self) -> int:
        """How many workers there are, on all hosts together."""
        return self.hosts.workers

    def submit(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], options: TaskOptions
    ) -> CallFuture[T]:
        """Have a call made by a worker; return its future. Raises why none is taken any more, if so."""
        return self._calls.submit(function, args, kwargs, options)

    def prepared(self, function: Callable[..., T]) -> Callable[..., T]:
        """Return the function: the initializer has been called in each worker."""
        return function

    def check(self) -> None:
        """Raise why no call is taken any more, if so."""
        self._calls.check()

    def enter(self) -> None:
        """Have ``futures`` and ``shared`` use these workers."""
        runtime.enter(self.scheduler, self._connection.constants)

    def leave(self) -> None:
        """Undo enter()."""
        runtime.leave(self.scheduler)

    def close(self, cancel: bool = False) -> None:
        """Take no more calls, and end when the others have. ``cancel``: what has not begun is cancelled."""
        if self not in _open:
            return  # it has ended; or this is a forked child, where a lock may be held by a thread that is not here
        self._calls.close(_shut_down(), cancel)
        if cancel:
            withdraw_all(self.scheduler)
        self._closing.set()

    def join(self) -> None:
        """Wait until all has ended; but not where a callback calls, which would wait for itself."""
        if self.scheduler.fibers_here() is None:
            self._thread.join()

    def abort(self) -> None:
        """Take no more calls, fail those that have not ended, and end the processes at once."""
        if self in _open:
            self.scheduler.refuse(BrokenExecutor("the executor's workers were ended at the program's request"))
            self._closing.set()

    def _await_hosts(self) -> None:
        """Wait until all hosts take part, or have failed to. Raises HostsMissing if too few do."""
        try:
            self.hosts.wait(self.scheduler, lambda: self.hosts.all_answered, None)
        except BaseException:  # Ctrl-C, too
            self.abort()
            self.join()
            raise

    def abandon(self) -> None:
        """Let go of all: this is a forked child, and the workers are its parent's."""
        self.scheduler.refusal = RuntimeError("an executor belongs to the process that made it: make another here")
        self._connection.abandon()

    # -- the service thread ---------------------------------------------------------------------------------------

    def _serve(self) -> None:
        # What this thread starts must not hear of Ctrl-C before it knows that this is for the program.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._connect()
            self._recording.begin(self.scheduler, is_older=True)
        except BaseException as problem:
            self._problem = problem
            self._recording.end()
            return
        finally:
            self._is_up.set()
        self._closing.wait()
        self.scheduler.drain()
        self._recording.end()
        self._end()

    def _connect(self) -> None:
        here, self._page = self._start_processes()
        identity = Identity(0, 0, self._start.size, is_origin=True)
        limits = self._start.limits
        self._connection = connect(identity, self._page, here, self._broker_has_gone, limits, is_guarded=False)
        self.scheduler = self._connection.scheduler
        self.hosts = HostTable(self._start.workers, has_others=self._start.elsewhere is not None)
        set_table(self.scheduler, self.hosts)
        self._calls = CallQueue(self.scheduler)
        _open.add(self)
        self._connection.listen()
        self.scheduler.defer(_nothing)  # so that there is one helper thread, whatever becomes of others

    def _start_processes(self) -> tuple[socket.socket, StatusPage]:
        with ExitStack() as stack:
            memory = open_page_memory()
            stack.callback(os.close, memory)
            here, there = socket.socketpair()
            stack.enter_context(there)
            page = new_status_page(memory)
            with ExitStack() as if_it_fails:
                if_it_fails.callback(page.close)
                if_it_fails.enter_context(here)
                self._process = start_interpreter(self._start, here, there, memory)
                if_it_fails.pop_all()
        return here, page

    def _broker_has_gone(self, cut_off: bool) -> None:
        reason = "this program has closed the connection to its workers" if cut_off else self._how_it_ended()
        self.scheduler.refuse(BrokenExecutor(f"the executor's workers are gone: {reason}"))
        self._closing.set()

    def _how_it_ended(self) -> str:
        try:
            status = self._process.wait(TUNING.origin_ends_within_seconds)
        except subprocess.TimeoutExpired:
            return "the connection to their broker has ended"
        words = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"their broker (pid {self._process.pid}) {words}. {_WHY}"

    def _end(self) -> None:
        scheduler = self.scheduler
        if scheduler.refusal is None:
            scheduler.refuse(_shut_down())
        self._connection.client.close()
        while scheduler.helpers.deferred or scheduler.stealing.is_under_way():
            scheduler.helpers.make_deferred_call()  # if the broker has died, futures may not have been told
            time.sleep(0.001)
        scheduler.close()
        scheduler.end_fibers()
        self._process.wait()
        scheduler.helpers.leave(TUNING.threads_end_within_seconds)
        self._page.close()
        _open.discard(self)


_WHY = (
    "It runs no code of yours: most often the system has killed it for want of memory (see dmesg), which fewer "
    "workers may spare"
)


def _nothing() -> None:
    """Do nothing."""


@cache
def _prepare_process() -> None:
    """Do, before the first pool starts, what is done once in a process."""
    keep_freed_memory()
    note_start()
    note_process()
    pickle_methods_exactly()


def _pack(initializer: Initializer | None) -> bytes:
    try:
        return codec.dumps(initializer) if initializer else b""
    except Exception as problem:
        reason = in_words(problem)
        raise TypeError(f"the initializer and its arguments cannot travel to workers ({reason})") from problem


def _shut_down() -> Exception:
    return RuntimeError("cannot schedule new futures after shutdown")


def _authkey() -> str:
    """Return the key by which processes of ``multiprocessing`` know each other: proxies work in workers, too."""
    from multiprocessing.process import current_process

    return bytes(current_process().authkey).hex()


# -- all pools of this process --------------------------------------------------------------------------------------


def _end_all() -> None:
    """End all pools, since the program has ended, as soon as all that was submitted has; after Ctrl-C, has begun."""
    for pool in [*_open]:
        pool.close(cancel=getattr(sys, "last_type", None) is KeyboardInterrupt)
    for pool in [*_open]:
        pool.join()
    report_failures()  # of tasks of ``futures``, where pools were entered


def _leave_all_in_child() -> None:
    runtime.leave_all()
    while _open:
        _open.pop().abandon()


threading._register_atexit(_end_all)  # type: ignore[attr-defined]
os.register_at_fork(after_in_child=_leave_all_in_child)
