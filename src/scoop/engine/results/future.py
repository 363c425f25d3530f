"""The handle to a task's outcome, and the only file that changes its state (states.py has the picture).

The thread that takes a future out of its table, in one atomic step, is the only one to run, send or cancel it.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from threading import RLock
from typing import Any

from greenlet import getcurrent, greenlet

from ...errors import CancelledError
from .. import runtime
from ..process.signal_safety import calls_program, indivisible
from ..process.task_frames import calls_task
from ..process.unasked import forget_failure, note_failure, note_raised
from ..tasks.places import counted
from ..tasks.task import PLAIN, TaskOptions, perform
from .callbacks import Callback, Deferred
from .outcomes import name_and_text, unpack_outcome
from .states import ARRIVED, CANCELLED, DONE, FAILED, NAMES, NEW, READY, RUNNING, SENT, TRANSITIONS
from .watchers import Link, T, Watched, Watcher, add_watcher, tell_watchers

__all__ = ["Future", "TaskCall", "arrived", "call_of", "cancel_unbegun", "depend", "dropped", "error_of", "fail"]
__all__ += ["finish", "has_ended", "has_succeeded", "is_ready", "new_task", "offer_made", "options_of", "read", "run"]
__all__ += ["runner_of", "sent", "set_ready", "unfinished", "watch", "with_results"]

NO_KEYWORDS: dict[str, Any] = {}
"""Stands for "no keywords" in futures by the million. Never written to."""

Args = tuple[Any, ...]
_new = object.__new__
_unpacking = RLock()
"""Guards the outcomes of all futures as they are unpacked. Reentrant: a finalizer may ask for one at any moment."""


class Future(Watched[T]):
    """The handle to a task that may run in parallel, anywhere.

    ``futures.submit`` makes one and offers it at once; one made by hand is offered when it is first asked for
    its outcome. Specified by the reference's "Future class" and PEP 3148.

    Parameters:
        parentId: accepted for compatibility, and not used: which task waits for which is known by other means.
        callable: what to call.
        args, kargs: what to call it with.
    """

    __slots__ = "__dict__ __weakref__ _args _function _kwargs _options _state _value scoop_mark".split()  # noqa: SIM905

    _function: Callable[..., Any] | None
    _args: tuple[Any, ...]
    _kwargs: dict[str, Any]
    _options: TaskOptions
    _value: Any  # the result, the exception, its pickle, or the fiber that runs the task, as _state tells

    def __init__(self, parentId: object, callable: Callable[..., T], *args: Any, **kargs: Any) -> None:  # noqa: ARG002
        self._function = callable
        self._args = args
        self._kwargs = kargs
        self._options = counted(PLAIN)
        self._state = NEW
        self._value = None
        self._watchers = None

    def result(self, timeout: float | None = None) -> T:
        """Return the result of the call, or raise the exception that it raised.

        Waits up to ``timeout`` seconds (None: without limit), then raises TimeoutError. Raises CancelledError if the
        future was cancelled.
        """
        if self._state < ARRIVED:
            scheduler = runtime.current
            if scheduler is None or scheduler.refusal is not None:
                scheduler = runtime.need("Future.result()")  # which raises
            join = scheduler.join  # sooner than scheduler.join()
            join(self, timeout)
        if self._state == DONE:
            return self._value  # type: ignore[no-any-return]
        if self._state < ARRIVED:  # the call has returned another future
            runtime.need("Future.result()").join(self, timeout)
        error = error_of(self)
        if error is None:
            return self._value  # type: ignore[no-any-return]
        try:
            __tracebackhide__ = True  # notebooks and pytest show no frame that has this
            raise error
        finally:
            del error, self  # or the traceback and this frame keep each other alive

    def __await__(self) -> Generator[Any, None, T]:
        """Do as result(), in a coroutine. If the await is cancelled, so is a call that has not begun."""
        if self._state < ARRIVED:
            yield from runtime.need("await").coroutines.wait_in_event_loop(self).__await__()
        return self.result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return the exception that the call raised, or None if it raised none. Waits as result() does."""
        while self._state < ARRIVED:  # again, if the call has returned another future
            runtime.need("Future.exception()").join(self, timeout)
        if self._state == CANCELLED:
            raise CancelledError
        return error_of(self)

    def done(self) -> bool:
        """Return whether the call has returned or raised an exception, or was cancelled.

        Does not wait. A program that asks again and again does not keep other tasks from going on.
        """
        if self._state < ARRIVED and runtime.current is not None:
            runtime.current.poll(self)
        if self._state >= ARRIVED and runtime.current is not None:
            runtime.current.stop_polling()
        return self._state >= ARRIVED

    def cancelled(self) -> bool:
        """Return whether the call was cancelled before it began."""
        return self._state == CANCELLED

    def running(self) -> bool:
        """Return whether the call is running or was sent to another worker: cancel() cannot cancel it then."""
        return self._state in (RUNNING, SENT)

    def cancel(self, force: bool = False) -> bool:
        """Cancel the call if it has not begun, and was not sent to another worker; return whether it is cancelled.

        ``force``: also cancel a call that was sent. If it is running there, its worker is killed and replaced.
        """
        if self._state == NEW or (runtime.current is not None and runtime.current.claim(self)):
            cancel_unbegun(self)
        elif force and self._state == SENT and runtime.current is not None:
            runtime.current.stop(self)
        return self._state == CANCELLED

    def add_done_callback(
        self,
        callable_: Callable[["Future[T]"], object],
        inCallbackType: str = "standard",
        inCallbackGroup: object = None,
    ) -> None:
        """Call ``callable_(future)`` when the future ends, or at once if it has ended.

        Callbacks are called in the order in which they were added. If one raises an exception, that is only logged.

        Parameters:
            inCallbackType: ``"standard"``: in the process that adds it. ``"universal"``: there, and also in
                the process where the task ran, if it ran elsewhere and the callback was added before it left.
            inCallbackGroup: a label of the caller's own; it does not change when the callback is called.
        """
        if inCallbackType not in ("standard", "universal"):
            raise ValueError(f"inCallbackType must be 'standard' or 'universal', not {inCallbackType!r}")
        watch(self, Callback(callable_, inCallbackType == "universal", inCallbackGroup))

    def _follow(self, ended: Any, deferred: Deferred | None) -> Any:
        options = self._options
        if (graph := options.graph) is None:
            return None
        if ended._state == DONE or has_succeeded(ended):
            return graph.go_on(self, options, deferred)
        return graph.fail(self, ended, deferred)

    def __repr__(self) -> str:
        return f"<Future {self._options.label}{NAMES[self._state]} at {id(self):#x}>"

    def __reduce__(self) -> Any:
        raise TypeError(
            "a Future cannot travel to another process. Give it to submit() as an argument, or in a list, tuple or "
            "dict that is one: its result travels. Or wait for it where it is"
        )


# -- for the scheduler: what happens to a future -------------------------------------------------------------------


def new_task(
    function: Callable[..., Any], args: Args, kwargs: dict[str, Any], options: TaskOptions = PLAIN, state: int = READY
) -> Future:
    """Return a READY future, which the caller puts on offer at once; or one that is WAITING for others."""
    future = _new(Future)
    future._function = function
    future._args = args
    future._kwargs = kwargs or NO_KEYWORDS
    future._options = options
    future._state = state
    future._value = None
    future._watchers = None
    return future


def offer_made(future: Future) -> bool:
    """Make READY a future that was made by hand; return whether it was not before: then it is to be offered."""
    if future._state != NEW:
        return False
    future._state = READY
    return True


@calls_task
@calls_program
def run(future: Future) -> None:
    """Run a claimed future on this stack."""
    if future._state != READY:
        raise AssertionError(f"{future!r} was claimed by two threads")
    future._state = RUNNING
    # From here to its end the future must not be lost, and the program's stack may be full: so no call of ours.
    try:
        future._value = getcurrent()
        if future._options is not PLAIN:
            future._value = perform(future._function, future._args, future._kwargs, future._options)  # type: ignore[arg-type]
        elif future._kwargs:
            future._value = future._function(*future._args, **future._kwargs)  # type: ignore[misc]
        else:
            future._value = future._function(*future._args)  # type: ignore[misc]
    except BaseException as error:  # it is the future's, whatever it is
        future._value = error
        future._state = FAILED  # first: a second exception may come at each call from here on
        # Without our own frame, which holds the future: else each failure is a circle that waits to be collected.
        trace = error.__traceback__
        error.with_traceback(trace and trace.tb_next)
        del trace
        if runtime.has_struck(error) or runtime.is_child:
            raise
        try:
            note_raised(future, error)
        except RecursionError:
            pass  # it is not noted, then
    else:
        if type(future._value) is Future and runtime.current is not None:
            runtime.current.follow(future, future._value)
        else:
            future._state = DONE
    finally:
        future._function = None
        future._args = ()
        future._kwargs = NO_KEYWORDS
        if future._watchers is not None and future._state >= ARRIVED:
            tell_watchers(future)
        del future  # a traceback keeps the frames below its own alive: they must not lead back to it


def cancel_unbegun(future: Future) -> None:
    """End a claimed future, or one that was never offered, without running it."""
    _end(future, CANCELLED, None)


def fail(future: Future, error: BaseException, deferred: Deferred | None = None, noted: bool = True) -> None:
    if noted:
        note_failure(future, type(error).__qualname__, error)
    _end(future, FAILED, error, deferred)


def sent(future: Future) -> None:
    """A claimed future is about to be packed for another worker."""
    _move(future, SENT)


def set_ready(future: Future) -> None:
    """All that a future has waited for has ended, or it cannot be sent after all: the caller puts it on offer."""
    _move(future, READY)


def arrived(future: Future, packed: tuple[bool, bytes, Sequence[Any]], deferred: Deferred) -> None:
    """The outcome of a future has come from elsewhere. It stays packed until it is asked for."""
    if not packed[0]:
        note_failure(future, *name_and_text(packed[1]))
    _end(future, ARRIVED, packed, deferred)


def dropped(future: Future, deferred: Deferred) -> None:
    """The task of a future was dropped elsewhere before it began."""
    _end(future, CANCELLED, None, deferred)


# -- asking ---------------------------------------------------------------------------------------------------------

TaskCall = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def call_of(future: Future) -> TaskCall:
    """Return the function, arguments and keywords. The function is None once another thread has ended the future."""
    return future._function, future._args, future._kwargs  # type: ignore[return-value]


def options_of(future: Future) -> TaskOptions:
    return future._options


def runner_of(future: Future) -> greenlet | None:
    """Return the fiber on which a future's task runs; None if it does not run in this process."""
    value = future._value
    return value if future._state == RUNNING and isinstance(value, greenlet) else None


def is_ready(future: Future) -> bool:
    return future._state == READY


def has_ended(future: Future) -> bool:
    """Return whether a future has ended, without a look at anything else."""
    return future._state >= ARRIVED


def has_succeeded(future: Future) -> bool:
    """Return whether a future has ended with a result; or so it seems, as long as that has not been unpacked."""
    if future._state != ARRIVED:
        return future._state == DONE
    state, value = read(future)
    return state == DONE or (state == ARRIVED and (value[0] if type(value) is tuple else value.ok))


def unfinished(arguments: Iterable[Any]) -> list[Future] | None:
    """Return those of several futures that have not ended with a result; None if not all of them are futures."""
    left = []
    for each in arguments:
        if type(each) is not Future:
            return None
        if each._state < ARRIVED or not has_succeeded(each):
            left.append(each)
    return left


def with_results(arguments: Iterable[Any], otherwise: Callable[[Any, Any], Any], value: Any) -> list[Any]:
    """Return arguments with results in the places of futures; of all others, what ``otherwise(each, value)`` does."""
    return [
        each._value if type(each) is Future and each._state == DONE else otherwise(each, value) for each in arguments
    ]


def error_of(future: Future) -> BaseException | None:
    """Return the exception of an ended future, unpickling the outcome if no thread has yet."""
    if future._state == CANCELLED:
        return CancelledError()
    state, packed = read(future)
    if state == ARRIVED:  # the program's code may run here, so not under the lock
        _unpacked(future, *(unpack_outcome(*packed) if type(packed) is tuple else packed.unpack()))
    if future._state != FAILED:
        return None
    forget_failure(future)
    return future._value  # type: ignore[no-any-return]


@indivisible
def read(future: Future) -> tuple[int, Any]:
    """Return the state of a future, and its value, which belong together."""
    with _unpacking:
        return future._state, future._value


@indivisible
def _unpacked(future: Future, ok: bool, value: Any) -> None:
    with _unpacking:
        if future._state == ARRIVED:  # else another thread was first, and its object is the one
            future._value = value
            _move(future, DONE if ok else FAILED)


def watch(future: Future, watcher: Watcher | Link) -> None:
    """Have ``watcher(future)`` called once, or a link followed: when the future ends, or now if it has."""
    add_watcher((future,), watcher)
    # Only now look: the thread that ends the future sets its state first and looks for watchers second, so at least
    # one of the two threads sees the other.
    if future._state >= ARRIVED:
        tell_watchers(future)


def depend(task: Future, futures: Collection[Future]) -> list[Future]:
    """Have a task told when each of several futures ends, as by watch(); return which of them are to be offered."""
    add_watcher(futures, task)
    made = []
    for future in futures:
        if future._state >= ARRIVED:
            tell_watchers(future)
        elif future._state == NEW and offer_made(future):
            made.append(future)
    return made


def _move(future: Future, state: int) -> None:
    if state not in TRANSITIONS.get(future._state, ()):
        raise AssertionError(f"{future!r} cannot become {NAMES[state]}")
    future._state = state


def _end(future: Future, state: int, value: Any, deferred: Deferred | None = None) -> None:
    """Become ended, and tell the watchers. With ``deferred``, run no code of the program's."""
    finish(future, state, value, deferred)
    if future._watchers is not None:
        tell_watchers(future, deferred)


def finish(future: Future, state: int, value: Any, deferred: Deferred | None) -> None:
    """Become ended, and forget the call. The watchers are to be told then."""
    if deferred is not None:
        # And the future: the program may let go of it, and of its value, before the I/O thread does.
        deferred.discard((future, future._function, future._args, future._kwargs))
    future._value = value  # first: a thread that sees the state reads it
    _move(future, state)
    future._function = None
    future._args = ()
    future._kwargs = NO_KEYWORDS
