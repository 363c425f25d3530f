"""Failed tasks whose outcome no call asks for: the run says at its end that there were some.

A failure is noted when it happens, and forgotten when it is asked for. Of futures that are gone, only their number
and one exception of each kind are kept: others would keep alive all that their frames hold.
"""

import logging
from weakref import ref

from . import instruments
from .tracebacks import format_error

__all__ = ["forget_failure", "note_failure", "note_raised", "report_failures"]

_log = logging.getLogger("scoop.run")

Shown = BaseException | str
"""An exception, or its traceback as text, if it has come from elsewhere."""


class _Failure(ref[object]):
    """A future that has failed."""

    __slots__ = ("key", "kind", "shown")

    key: int
    kind: str
    shown: Shown


_failures: dict[int, _Failure] = {}
"""Failures that the program has not asked for, by the identity of the future."""

_gone: dict[str, tuple[int, Shown]] = {}
"""For each kind of exception: how many futures were dropped before they were asked for, and what the first shows."""


def note_failure(future: object, kind: str, shown: Shown) -> None:
    """Remember that a future has failed with such a kind of exception."""
    failure = _Failure(future, _let_go)
    failure.key, failure.kind, failure.shown = id(future), kind, shown
    _failures[failure.key] = failure


def note_raised(future: object, error: BaseException) -> None:
    """Remember that a future has failed as its task ran here, and have the instruments hear of it."""
    note_failure(future, type(error).__qualname__, error)
    if instruments.listener is not None:
        instruments.listener.raised()


def forget_failure(future: object) -> None:
    """Forget it: a call has asked for the outcome."""
    _failures.pop(id(future), None)


def report_failures() -> None:
    """Say how many tasks have failed unheard, in a line for each kind, with the first traceback."""
    found = dict(_gone)
    for failure in [*_failures.values()]:
        _count(failure, found)
    for kind, (number, shown) in found.items():
        tasks = "1 task has" if number == 1 else f"{number} tasks have"
        text = shown if isinstance(shown, str) else format_error(shown)
        _log.warning(
            "scoop: %s failed with %s, and the program has not asked for that. The first:\n%s",
            tasks,
            kind,
            text.rstrip(),
        )
    _failures.clear()
    _gone.clear()


def _let_go(failure: "ref[object]") -> None:
    assert isinstance(failure, _Failure)
    if _failures.pop(failure.key, None) is not None:
        _count(failure, _gone)


def _count(failure: _Failure, found: dict[str, tuple[int, Shown]]) -> None:
    number, shown = found.get(failure.kind, (0, failure.shown))
    found[failure.kind] = number + 1, shown
