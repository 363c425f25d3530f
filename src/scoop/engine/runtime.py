"""What is one in a process: its scheduler, its constants, and what to say when a call cannot be served.

A process that belongs to a run has one scheduler, from its start to its end. A program that was started without SCOOP
may have several executors, each with a scheduler of its own: the one whose `with` block was entered last is current.
"""

from _thread import get_ident
from collections.abc import Awaitable, Callable, Mapping
from threading import main_thread
from typing import Any, Protocol

from ..errors import NotStartedProperly

__all__ = [
    "Scheduler",
    "changes",
    "constants",
    "current",
    "ends_with_program",
    "enter",
    "has_struck",
    "is_child",
    "is_part_of_run",
    "leave",
    "leave_all",
    "need",
    "refusal",
    "repeat_signal",
    "signal_error",
    "why_refused",
]


class Coroutines(Protocol):
    """The calls that async functions and awaited futures make: see coroutines.py."""

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], /) -> Any: ...
    def wait_in_event_loop(self, future: Any, /) -> Awaitable[None]: ...


class Graph(Protocol):
    """The tasks that depend on others: see dependents.py."""

    def submit(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Any, /
    ) -> Any: ...


class Scheduler(Protocol):
    """What futures need of the scheduler. Futures are ``Any`` here, since their file stands above this one."""

    @property
    def refusal(self) -> Exception | None: ...
    @property
    def coroutines(self) -> Coroutines: ...
    @property
    def graph(self) -> Graph: ...
    def offer(self, future: Any, /) -> None: ...
    def claim(self, future: Any, /) -> bool: ...
    def join(self, future: Any, timeout: float | None, /) -> None: ...
    def poll(self, future: Any, /) -> None: ...
    def follow(self, outer: Any, inner: Any, /) -> None: ...
    def stop_polling(self) -> None: ...
    @property
    def stop(self) -> Callable[[Any], None]: ...
    def close(self) -> None: ...


class Constants(Protocol):
    """The object that reads shared constants."""

    def get(self, name: str) -> Any: ...


class Changes(Protocol):
    """What the program has changed since this process has imported it: see received_changes.py."""

    @property
    def waiting(self) -> Mapping[str, object]: ...
    @property
    def calls(self) -> Mapping[str, object]: ...
    def apply(self) -> None: ...


current: Scheduler | None = None
"""The scheduler that the calls use; None where the program was not started with ``python -m scoop``."""

constants: Constants | None = None
"""The shared constants as this process knows them; there before the scheduler, while a worker starts."""

changes: Changes | None = None
"""What the program has changed, and this worker has not yet; None in the program's own process."""

refusal: Exception | None = None
"""Why no call can be served, where there is no scheduler yet, or none any more."""

_entered: list[tuple[Scheduler, Constants]] = []
"""The schedulers of executors whose `with` blocks are entered, in that order."""

ends_with_program = False
"""Whether the run is to end as soon as the program has, also where tasks are left."""

is_child = False
"""Whether a task has forked, and this is its child: what it raises ends it, and is no outcome of a task."""

signal_error: BaseException | None = None
"""The last exception that a signal handler of the program's raised, Ctrl-C included."""


def has_struck(error: BaseException) -> bool:
    """Return whether a signal handler has raised this where it is caught now.

    A task that it strikes fails of it. But it is meant for the program, so it goes on to there. Handlers run on the
    main thread only. On another thread it is an error as any other, which a map has brought, say.
    """
    return error is signal_error and get_ident() == main_thread().ident


def repeat_signal() -> None:
    """Have the last signal come again, in a moment: its exception has struck where it could not be let through."""


def need(what: str) -> Scheduler:
    """Return the scheduler; raise, naming the call ``what``, where there is none or it cannot serve."""
    if current is not None and current.refusal is None:
        return current
    if (reason := why_refused()) is not None:
        raise reason.with_traceback(None)  # one object for all: it would gather the traces of every call
    raise NotStartedProperly(what)


def why_refused() -> Exception | None:
    """Return why no call can be served; None if there is no reason, or there are no workers."""
    return refusal if current is None else current.refusal


def is_part_of_run() -> bool:
    """Return whether this process has workers without any executor of its own."""
    return current is not None and not _entered


def enter(scheduler: Scheduler, its_constants: Constants) -> None:
    """Have the calls use the scheduler of an executor. Only where the process belongs to no run."""
    _entered.append((scheduler, its_constants))
    _use_last()


def leave(scheduler: Scheduler) -> None:
    """Have the calls use what was entered before, or last, besides this scheduler."""
    _entered[:] = [each for each in _entered if each[0] is not scheduler]
    _use_last()


def leave_all() -> None:
    """Have no scheduler: this is a forked child, and all of them are its parent's."""
    global current, constants
    _entered.clear()
    current = constants = None


def _use_last() -> None:
    global current, constants
    current, constants = _entered[-1] if _entered else (None, None)
