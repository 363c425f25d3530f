"""Where the program's code may break in upon SCOOP's: signal handlers, and finalizers that the collector runs.

Most of SCOOP's own code must not be struck by an exception of a signal handler's: it may have a future in its hands,
and nowhere else. Functions that call the program's code, or that sleep, may be struck: an exception there is as one
from within the program. Both kinds are marked where they stand. Functions that hold a lock are marked as indivisible,
too: a finalizer that waits within one would wait for ever.
"""

from collections.abc import Callable
from os.path import join
from types import CodeType, FrameType
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary, WeakSet

from ...identity import OWN_FOLDER

__all__ = ["calls_program", "indivisible", "interrupts_scoop", "is_indivisible", "is_ours"]

F = TypeVar("F", bound=Callable[..., Any])

_indivisible: set[CodeType] = set()
_calls_program: set[CodeType] = set()

_LOSES_ERRORS = {kind.__init__.__code__.co_filename for kind in (WeakKeyDictionary, WeakSet)}
"""The files with callbacks of weak references: Python drops each exception that is raised there."""
_OURS = tuple(join(OWN_FOLDER, part, "") for part in ("engine", "maps", "trace", "wire"))

_FINALIZER_FRAMES = 50
"""How deep a finalizer may wait and be noticed. In a deep recursion a look at all frames would take 0.3 ms a wait."""


def indivisible(function: F) -> F:
    """Mark a function that is done wholly or not at all, with all that it calls."""
    _indivisible.add(cast(Any, function).__code__)
    return function


def calls_program(function: F) -> F:
    """Mark a function that calls the program's code, or sleeps: an exception may strike it."""
    _calls_program.add(cast(Any, function).__code__)
    return function


def is_indivisible(frame: FrameType | None) -> bool:
    """Return whether something indivisible is under way in ``frame``, or in one that it was called from."""
    while frame is not None:
        if frame.f_code in _indivisible:
            return True
        frame = frame.f_back
    return False


def interrupts_scoop(frame: FrameType | None) -> bool:
    """Return whether ``frame`` is within something indivisible that calls no program: then it is a finalizer's."""
    for _ in range(_FINALIZER_FRAMES):
        if frame is None or frame.f_code in _calls_program:
            break
        if frame.f_code in _indivisible:
            return True
        frame = frame.f_back
    return False


def is_ours(frame: FrameType | None) -> bool:
    """Return whether SCOOP's own code is at work in ``frame``, and is not marked with ``calls_program``.

    A callback of a weak reference counts as ours: an exception in it would never get to the program.
    """
    if frame is None:
        return False
    file = frame.f_code.co_filename
    return file in _LOSES_ERRORS or (file.startswith(_OURS) and frame.f_code not in _calls_program)
