"""Every exception SCOOP raises of its own.

    Exception
    ├── ScoopError                  the root: ``except ScoopError`` catches all of these
    │   ├── NotStartedProperly      the program has no workers: see ``python -m scoop``, and scoop.start()
    │   ├── MainImportError         a worker could not import the main script
    │   │   └── UnguardedMainError  because the script starts its work while it is imported
    │   ├── HostsMissing            fewer hosts take part in the run than it needs (``--min-hosts``)
    │   ├── TaskNotSent             a task could not be rebuilt on a worker, or reads what cannot go along
    │   ├── ResultNotSent           a task ran, but what it returned could not travel back
    │   ├── RemoteError             stands in for a task's exception whose class only the other process has
    │   ├── BrokenExecutor          an executor has lost its processes, or they could not start
    │   ├── WorkerLost              each worker that ran the task died, and it has no tries left
    │   ├── TaskTimeout             a task ran for longer than it may, and was ended (``futures.options``)
    │   ├── TaskMemoryExceeded      a task's worker had more memory than the task may have, and was ended
    │   ├── Deadlock                a task waits for a future that waits for the task
    │   └── FinalizerError          a ``__del__`` that runs in the midst of SCOOP's code waits for a future
    └── RemoteTraceback             never raised: carries the remote frames, as the first of the chain of causes

BrokenExecutor is also a ``concurrent.futures.BrokenExecutor``, and TaskTimeout a ``TimeoutError``.
``TimeoutError`` is the builtin one and ``CancelledError`` that of ``concurrent.futures``, so that code
written against either works unchanged.
"""

import errno
import reprlib
from collections.abc import Iterable
from concurrent import futures
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import ClassVar

from .codes import with_code

__all__ = [
    "ON_WINDOWS",
    "BrokenExecutor",
    "CancelledError",
    "Deadlock",
    "FinalizerError",
    "HostsMissing",
    "MainImportError",
    "NotStartedProperly",
    "RemoteError",
    "RemoteTraceback",
    "ResultNotSent",
    "ScoopError",
    "TaskMemoryExceeded",
    "TaskNotSent",
    "TaskTimeout",
    "UnguardedMainError",
    "WorkerLost",
    "add_note",
    "brief",
    "describe",
    "describe_call",
    "in_words",
    "name_of",
    "nearest",
    "refuse_keywords",
    "why_not_started",
]

ON_WINDOWS = (
    "SCOOP needs Linux or macOS: its workers are forked, and Windows has no fork. On Windows, run the program within "
    "WSL (wsl --install), which is a Linux"
)

_MOST_SHOWN = 80

_briefly = reprlib.Repr()
_briefly.maxstring = _briefly.maxother = _briefly.maxlong = _MOST_SHOWN

_LIMITS = {errno.EMFILE: "ulimit -n", errno.EAGAIN: "ulimit -u, or the batch system's limit of processes"}


def why_not_started(problem: OSError) -> str:
    """Say why a process could not be started, and which limit it was."""
    hint = _LIMITS.get(problem.errno or 0)
    return f"{problem.strerror}: see {hint}" if hint else str(problem)


def brief(thing: object) -> str:
    """Return the start of what the user's ``repr`` says, or the type if it fails."""
    return _shown(thing) or f"<{type(thing).__name__}>"


def describe(thing: object) -> str:
    """Say what the user gave, for an error's message: its type and, if that can be had, its start."""
    shown = _shown(thing)
    return type(thing).__name__ if shown is None else f"{type(thing).__name__}: {shown}"


def describe_call(function: object, args: tuple[object, ...], kwargs: dict[str, object]) -> str:
    """Write down a call, for an error's message: no argument, and not all of them together, at length."""
    words = [brief(arg) for arg in args[:_MOST_SHOWN]]
    words += [f"{name}={brief(value)}" for name, value in kwargs.items()]
    return f"{name_of(function)}({_cut(', '.join(words), 2 * _MOST_SHOWN)})"


def add_note(error: BaseException, text: str) -> None:
    """Add a note to an exception, if there is room for one. Not to StopIteration, which no one reads."""
    if not isinstance(error, StopIteration):
        with suppress(Exception):  # the class may allow no attributes to be set
            BaseException.add_note(error, text)


def in_words(problem: BaseException) -> str:
    """Return the type of an exception and, if that can be had, its text."""
    try:
        return f"{type(problem).__name__}: {problem}"
    except BaseException:  # its text is the user's
        return type(problem).__name__


def name_of(function: object) -> str:
    """Return the name of something callable: its type's, if it has none of its own."""
    try:
        name = getattr(function, "__qualname__", None)
    except BaseException:  # it is the user's
        name = None
    return name if isinstance(name, str) and name else type(function).__qualname__


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name that is most like a word, which may be a misspelt one; empty if none is like it."""
    from difflib import get_close_matches

    near = get_close_matches(word, [*names], 1, 0.7)
    return near[0] if near else ""


def refuse_keywords(what: str, unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise TypeError if there are unknown keywords, for the first of them."""
    for name in unknown:
        meant = nearest(name, known)
        remedy = f"did you mean {meant}=?" if meant else f"it takes {', '.join(known)}"
        raise TypeError(f"{what}() takes no {name}=; {remedy}")


def _shown(thing: object) -> str | None:
    try:
        return _cut(_briefly.repr(thing), _MOST_SHOWN)
    except BaseException:  # it is the user's
        return None


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


class ScoopError(Exception):
    """The root of all exceptions of SCOOP's own."""

    code: ClassVar[str] = "SC-10"
    """By which the documentation finds it; each class has its own, and shows it with its text."""

    def __str__(self) -> str:
        return with_code(super().__str__(), self.code)


class NotStartedProperly(ScoopError):
    """A call that needs workers was made in a program that has none."""

    code = "SC-11"

    def __init__(self, what: str = "This call") -> None:
        super().__init__(
            f"{what} needs SCOOP's workers, and this program was started without them. "
            "Start it with: python -m scoop script.py, or call scoop.start()"
        )
        self._what = what

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self._what,)


class MainImportError(ScoopError):
    """A worker could not import the main script, so it cannot run the script's functions."""

    code = "SC-12"


class UnguardedMainError(MainImportError):
    """The main script starts its work when it is imported, not only when it is run."""

    code = "SC-13"


class HostsMissing(ScoopError):
    """Fewer hosts take part in the run than it needs; the message says why of each."""

    code = "SC-14"


class TaskNotSent(ScoopError):
    """A task could not be unpickled on the worker that was to run it, or reads a global that cannot go there."""

    code = "SC-15"


class ResultNotSent(ScoopError):
    """A task's result could not be pickled where it ran, or not unpickled where it was awaited."""

    code = "SC-16"


class RemoteError(ScoopError):
    """A task raised an exception whose class this process cannot have; the message and the cause tell which."""

    code = "SC-17"


class BrokenExecutor(ScoopError, futures.BrokenExecutor):
    """An executor can run no more calls: its processes have ended or cannot start, or its initializer has failed."""

    code = "SC-18"


class WorkerLost(ScoopError):
    """Each worker that ran the task died, and it has no tries left."""

    code = "SC-19"


class TaskTimeout(ScoopError, TimeoutError):
    """A task ran for longer than ``futures.options`` allows it, and was ended with its worker."""

    code = "SC-20"


class TaskMemoryExceeded(ScoopError):
    """The worker that ran a task had more memory than ``futures.options`` allows the task, and was ended."""

    code = "SC-21"


class Deadlock(ScoopError):
    """The wait would never end: the task that this one waits for waits for this one, perhaps through other tasks."""

    code = "SC-22"


class FinalizerError(ScoopError):
    """A finalizer waits for a future while Python runs it in the midst of SCOOP's own code."""

    code = "SC-23"

    def __init__(self) -> None:
        super().__init__(
            "a finalizer (__del__, or the callback of a weak reference) waits for futures, and Python runs it in the "
            "midst of SCOOP's own code: the wait would never end. Let finalizers not wait: call a close() method "
            "instead, or use a `with` block"
        )


class RemoteTraceback(Exception):
    """The frames of a task that failed in another process, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n\n{self.text.rstrip()}\n"
