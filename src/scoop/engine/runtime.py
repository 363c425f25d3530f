"""What is one in a process: its scheduler, its constants, and what to say when a call cannot be served."""

from collections.abc import Mapping
from typing import Any, Protocol

from ..errors import NotStartedProperly

__all__ = [
    "Scheduler",
    "changes",
    "constants",
    "current",
    "ends_with_program",
    "is_child",
    "need",
    "refusal",
    "repeat_signal",
    "signal_error",
]


class Scheduler(Protocol):
    """What futures need of the scheduler. Futures are ``Any`` here, since their file stands above this one."""

    def offer(self, future: Any, /) -> None: ...
    def claim(self, future: Any, /) -> bool: ...
    def join(self, future: Any, timeout: float | None, /) -> None: ...
    def poll(self, future: Any, /) -> None: ...
    def stop_polling(self) -> None: ...
    def close(self) -> None: ...


class Constants(Protocol):
    """What reads shared constants."""

    def get(self, name: str) -> Any: ...


class Changes(Protocol):
    """What the program has changed since this process has imported it: see received_changes.py."""

    @property
    def waiting(self) -> Mapping[str, object]: ...
    def apply(self) -> None: ...


current: Scheduler | None = None
"""The scheduler of this process; None where the program was not started with ``python -m scoop``."""

constants: Constants | None = None
"""The shared constants as this process knows them; there before the scheduler, while a worker starts."""

changes: Changes | None = None
"""What the program has changed, and this worker has not yet; None in the program's own process."""

refusal: Exception | None = None
"""Why no call can be served, if none can."""

ends_with_program = False
"""Whether the run is to end as soon as the program has, also where tasks are left."""

is_child = False
"""Whether a task has forked, and this is its child: what it raises ends it, and is no outcome of a task."""

signal_error: BaseException | None = None
"""The last exception that a signal handler of the program's raised, Ctrl-C included.

A task that it strikes fails of it. But it is meant for the program, so it goes on to there.
"""


def repeat_signal() -> None:
    """Have the last signal come again, in a moment: its exception has struck where it could not be let through."""


def need(what: str) -> Scheduler:
    """Return the scheduler; raise, naming the call ``what``, where there is none or it cannot serve."""
    if refusal is not None:
        raise refusal.with_traceback(None)  # one object for all: it would gather the traces of every call
    if current is None:
        raise NotStartedProperly(what)
    return current
