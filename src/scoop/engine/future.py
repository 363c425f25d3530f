"""The handle to a task's outcome.

A future's life, drawn whole; what is not drawn does not happen (the simulation checks every step):

    NEW ──> READY ──> RUNNING ──> DONE | FAILED            it ran in this process
     │        ├─────> AWAY ─────> PACKED ──> DONE | FAILED  it ran elsewhere; unpickled by whoever asks first
     │        │         ├───────> DONE                      it was a piece of a map, sent again row by row
     │        │         ├───────> READY                     it could not travel after all
     │        │         ├───────> CANCELLED                 it was dropped before it began elsewhere
     │        │         └───────> FAILED                    it died with its workers, or the run cannot go on
     │        └─────> CANCELLED | FAILED                    nobody wants it, or the run cannot go on
     └──────> CANCELLED | DONE | FAILED                     made by hand; made to show an outcome to a callback

READY means: in the scheduler's ``ready`` (or ``homebound``) table. Whoever takes it out of that table, in one
atomic step, is the only one to run, send or cancel it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..errors import CancelledError, RemoteError, RemoteTraceback, ResultNotSent, describe, in_words
from ..wire import codec
from . import runtime
from .tracebacks import set_cause

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = [
    "AWAY",
    "CANCELLED",
    "DONE",
    "FAILED",
    "NEW",
    "NO_KWARGS",
    "PACKED",
    "READY",
    "RUNNING",
    "TRANSITIONS",
    "Future",
    "Watcher",
]

# Ordered: from PACKED on a future has ended.
NEW, READY, RUNNING, AWAY, PACKED, DONE, FAILED, CANCELLED = range(8)

TRANSITIONS: dict[int, set[int]] = {
    NEW: {READY, DONE, FAILED, CANCELLED},
    READY: {RUNNING, AWAY, FAILED, CANCELLED},
    RUNNING: {DONE, FAILED},
    AWAY: {PACKED, DONE, FAILED, READY, CANCELLED},
    PACKED: {DONE, FAILED},
    DONE: set(),
    FAILED: set(),
    CANCELLED: set(),
}

Watcher = Callable[["Future"], None]

NO_KWARGS: dict[str, Any] = {}
"""Stands for "no keywords" in futures by the million. Never written to."""

_new = object.__new__

_watching = RLock()
"""Guards the watcher lists of all futures: taken to wait or to wake, never to run a task that is at hand.
Reentrant, as are all locks a cancellation takes: the garbage collector may close a map at any moment."""

_log = logging.getLogger("scoop")


class Callback:
    """A user's callback, kept among the watchers of a future."""

    __slots__ = ("function", "group", "universal")

    def __init__(self, function: Callable[["Future"], object], universal: bool, group: object) -> None:
        self.function = function
        self.universal = universal
        self.group = group

    def __call__(self, future: "Future") -> None:
        try:
            self.function(future)
        except BaseException as error:
            if error is runtime.interrupt:
                raise
            _log.exception("scoop: a callback raised an exception, which is ignored")


class Future:
    """The handle to a task that may run in parallel, anywhere.

    ``futures.submit`` makes one and offers it at once; one made by hand is offered when it is first asked for
    its outcome. Specified by the reference's "Future class" and PEP 3148.

    Parameters:
        parentId: accepted for compatibility, and not used: who waits for whom is known by other means.
        callable: what to call.
        args, kargs: what to call it with.
    """

    __slots__ = ("__weakref__", "_args", "_fn", "_kwargs", "_state", "_value", "_watchers")

    _fn: Callable[..., Any] | None
    _args: tuple[Any, ...]
    _kwargs: dict[str, Any]
    _value: Any  # the result, the exception, or its pickle, as _state tells
    _watchers: list[Watcher] | None

    def __init__(self, parentId: object, callable: Callable[..., Any], *args: Any, **kargs: Any) -> None:  # noqa: ARG002
        self._fn = callable
        self._args = args
        self._kwargs = kargs
        self._state = NEW
        self._value = None
        self._watchers = None

    @staticmethod
    def _make(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> "Future":
        """Make a future whose call may have any keywords, also those of ``__init__``."""
        future = _new(Future)
        future._fn = func
        future._args = args
        future._kwargs = kwargs
        future._state = NEW
        future._value = None
        future._watchers = None
        return future

    # -- asking ----------------------------------------------------------------------------------------------

    def result(self, timeout: float | None = None) -> Any:
        """Return what the call returned; raise what it raised.

        Waits up to ``timeout`` seconds (None: as long as it takes), then raises TimeoutError. Raises
        CancelledError if the future was cancelled.
        """
        if self._state < PACKED:
            self._scheduler("Future.result()").join(self, timeout)
        if self._state == DONE:
            return self._value
        error = self._error()
        if error is None:
            return self._value
        try:
            raise error
        finally:
            del error, self  # or the traceback and this frame keep each other alive

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return the exception that the call raised, or None if it returned. Waits, and raises, as result()."""
        if self._state < PACKED:
            self._scheduler("Future.exception()").join(self, timeout)
        if self._state == CANCELLED:
            raise CancelledError
        return self._error()

    def done(self) -> bool:
        """Return whether the call has returned, has raised, or was cancelled.

        Never waits, but lets tasks of this thread that can go on do so: a program that polls is no obstacle.
        """
        if self._state >= PACKED:
            return True
        if runtime.current is not None:
            if self._state == NEW:
                runtime.current.offer(self)
            else:
                runtime.current.polling.nudge(self)
        return self._state >= PACKED

    def cancelled(self) -> bool:
        """Return whether the call was cancelled before it began."""
        return self._state == CANCELLED

    def running(self) -> bool:
        """Return whether the call is being executed, or was sent to be: it cannot be cancelled any more."""
        return self._state in (RUNNING, AWAY)

    def cancel(self) -> bool:
        """Cancel the call, if it has neither begun nor been sent elsewhere; return whether it is cancelled."""
        if self._state == CANCELLED:
            return True
        if self._state == NEW or (runtime.current is not None and runtime.current.claim(self)):
            self._end(CANCELLED, None)
            return True
        return False

    def add_done_callback(
        self,
        callable_: Callable[["Future"], object],
        inCallbackType: str = "standard",
        inCallbackGroup: object = None,
    ) -> None:
        """Have ``callable_(future)`` called when the call ends, or at once if it has.

        Callbacks are called in the order they were added. An exception in one is logged and ignored.

        Parameters:
            inCallbackType: ``"standard"``: in the process that adds it. ``"universal"``: there, and also in
                the process where the task ran, if it ran elsewhere and the callback was added before it left.
            inCallbackGroup: a label of the caller's own; it does not change when the callback is called.
        """
        if inCallbackType not in ("standard", "universal"):
            raise ValueError(f"inCallbackType must be 'standard' or 'universal', not {inCallbackType!r}")
        self._watch(Callback(callable_, inCallbackType == "universal", inCallbackGroup))

    def __repr__(self) -> str:
        names = ("new", "ready", "running", "away", "done", "done", "failed", "cancelled")
        return f"<Future {names[self._state]} at {id(self):#x}>"

    def __reduce__(self) -> Any:
        raise TypeError("a Future cannot travel to another process: send its result, or wait for it where it is")

    # -- for the scheduler -----------------------------------------------------------------------------------

    def _scheduler(self, what: str) -> "Scheduler":
        scheduler = runtime.need(what)
        if self._state == NEW:
            scheduler.offer(self)
        return scheduler

    def _end(self, state: int, value: Any, defer: Callable[[Callable[[], None]], None] | None = None) -> None:
        """Become ended, forget the call, and tell those who watch.

        Callbacks are the user's code. Given ``defer``, it is handed what would call any, to do elsewhere.
        """
        self._value = value
        self._state = state
        self._fn = None
        self._args = ()
        self._kwargs = NO_KWARGS
        if self._watchers is not None:
            self._fire(defer)

    def _watch(self, watcher: Watcher) -> None:
        """Have ``watcher(self)`` called once: when this future ends, or now if it has."""
        with _watching:
            if self._watchers is None:
                self._watchers = []
            self._watchers.append(watcher)
        # Only now look: one who ends the future sets its state first and looks for watchers second, so of the
        # two of us at least one sees the other.
        if self._state >= PACKED:
            self._fire()

    def _unwatch(self, watcher: Watcher) -> None:
        with _watching:
            if self._watchers is not None and watcher in self._watchers:
                self._watchers.remove(watcher)

    def _fire(self, defer: Callable[[Callable[[], None]], None] | None = None) -> None:
        with _watching:
            watchers, self._watchers = self._watchers or (), None

        def tell() -> None:
            struck: KeyboardInterrupt | None = None
            # The user's callbacks first: who waits for this future finds them done.
            for watcher in sorted(watchers, key=_waits):
                try:
                    watcher(self)
                except KeyboardInterrupt as interrupt:  # whom this strikes, and who comes after, is to be told first
                    struck = interrupt
            if struck is not None:
                raise struck

        if defer is not None and self._has_callbacks(watchers):
            defer(tell)
        else:
            tell()

    @staticmethod
    def _has_callbacks(watchers: Iterable[Watcher] | None) -> bool:
        return any(isinstance(watcher, Callback) for watcher in watchers or ())

    def _universal_callbacks(self) -> list[Callable[["Future"], object]]:
        with _watching:
            watchers: Iterable[Watcher] = tuple(self._watchers or ())
        return [w.function for w in watchers if isinstance(w, Callback) and w.universal]

    def _error(self) -> BaseException | None:
        """Return the exception of an ended future, unpickling the outcome if nobody has yet."""
        if self._state == CANCELLED:
            return CancelledError()
        with _watching:
            state, packed = self._state, self._value
        if state == PACKED:
            value, state = unpack_outcome(*packed)  # the user's code may run here, so not under the lock
            with _watching:
                if self._state == PACKED:  # else another thread was first, and its object is the one
                    self._value, self._state = value, state
        return self._value if self._state == FAILED else None


def _waits(watcher: Watcher) -> bool:
    return not isinstance(watcher, Callback)


def unpack_outcome(ok: bool, data: bytes, large: Sequence[Any] = ()) -> tuple[Any, int]:
    """Return the value or exception that travelled as ``data``, and the state a future has with it."""
    try:
        if ok:
            return codec.loads(data, large), DONE
        error, text = codec.loads(data)
    except BaseException as problem:
        if problem is runtime.interrupt:
            raise
        error = ResultNotSent(
            f"the task ended, but its {'result' if ok else 'exception'} could not be unpickled here "
            f"({in_words(problem)}). Return plain data, or define the class at the top of a module."
        )
        set_cause(error, problem)
        return error, FAILED
    if not isinstance(error, BaseException):
        error = RemoteError(f"a task raised an exception that unpickles as something else: {describe(error)}")
    set_cause(error, RemoteTraceback(text))
    return error, FAILED
