"""Where the running process keeps its one scheduler, and what to say when there is none."""

from typing import TYPE_CHECKING

from ..errors import NotStartedProperly

if TYPE_CHECKING:
    from .constants import Constants
    from .scheduler import Scheduler

__all__ = ["constants", "current", "interrupt", "need", "put_off", "refusal", "repeat_interrupt"]

current: "Scheduler | None" = None
"""The scheduler of this process; None where the program was not started with ``python -m scoop``."""

constants: "Constants | None" = None
"""The shared constants as this process knows them; there before the scheduler, while a worker starts."""

refusal: Exception | None = None
"""Why no call can be served, if none can."""

interrupt: KeyboardInterrupt | None = None
"""The last Ctrl-C. A task that it strikes fails of it, but it is meant for the program, and goes on to there."""

put_off = False
"""Whether a Ctrl-C is to come again in a moment, since it has struck where it could not be let through."""


def repeat_interrupt() -> None:
    """Raise the last Ctrl-C again, in a moment: it has struck where it could not be let through."""


def need(what: str) -> "Scheduler":
    """Return the scheduler; raise, naming the call ``what``, where there is none or it cannot serve."""
    if refusal is not None:
        raise refusal
    if current is None:
        raise NotStartedProperly(what)
    return current
