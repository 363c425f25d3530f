"""``sys.stdout`` and ``sys.stderr`` of tasks that share a thread.

A task that has redirected one of them, and waits, takes that along: what runs meanwhile on its thread finds the
streams that the task itself had found, and the task finds its own when it goes on. The streams belong to the process,
so this holds among the tasks of one thread, not among several threads.
"""

import sys
from typing import Any

__all__ = ["Streams"]

Pair = tuple[Any, Any]
Left = tuple[Pair, Pair | None]

_of_sys = vars(sys)


class Streams:
    """The standard streams of the tasks of one thread."""

    def __init__(self) -> None:
        self._found: Pair | None = None  # by the task that runs on a runner; None while the program has the thread

    def look(self) -> None:
        """Hear that a runner is about to run a task: what that changes, it changes from here."""
        self._found = _of_sys.get("stdout"), _of_sys.get("stderr")  # as _now(), sooner

    def leave(self) -> Left:
        """Put the streams in place that the current task has found; return what to give to ``enter`` later."""
        own = _now()
        if self._found is not None:
            sys.stdout, sys.stderr = self._found
        return own, self._found

    def enter(self, left: Left) -> None:
        """Go on where ``leave`` was called, on the fiber that called it."""
        (sys.stdout, sys.stderr), self._found = left


def _now() -> Pair:
    return _of_sys.get("stdout"), _of_sys.get("stderr")  # a task may have deleted them
