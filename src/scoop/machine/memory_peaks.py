"""Which functions' tasks have raised the most resident memory that a process ever had: for ``--profile``.

A look at the peak whenever something begins, ends or waits: what it has risen by since the last one, the task has
raised that ran meanwhile.
"""

import json
from collections.abc import Callable, Iterable
from resource import RUSAGE_SELF, getrusage
from threading import local
from typing import Any

from ..engine.listening import Heard, listen
from ..engine.process.instruments import Instrument
from ..errors import name_of

__all__ = ["MemoryPeaks", "Peaks", "last_peaks", "merged", "start_peaks"]

Peaks = dict[str, tuple[int, int]]
"""By function: by how much its tasks have raised the peak, and the peak after that, in bytes."""

Function = Callable[..., Any]

_UNIT = 1024
"""Linux tells peaks in such units."""


class _OfThread(local):
    function: Function | None = None  # of what runs on the calling thread


class MemoryPeaks(Instrument):
    """Looks at the peak of this process. ``peak`` returns it, in the units of the system."""

    def __init__(self, peak: Callable[[], int] = lambda: getrusage(RUSAGE_SELF).ru_maxrss) -> None:
        self._here = _OfThread()
        self._look = peak
        self._peak = peak()
        self._found: Peaks = {}

    def peaks(self) -> Peaks:
        """Return what was found so far."""
        return {**self._found}

    def started(self, _: object, function: Function, *__: object) -> Function | None:
        return self._begin(function)

    def taken(self, *_: object) -> list[Function | None]:
        return []  # for what runs beneath, once it is known what it is

    def rebuilt(self, run: list[Function | None], function: Function, _: object, __: object, rows: int) -> None:
        if not rows:  # else they are a map of their own here
            run.append(self._begin(function))

    def ended(self, run: Any, ok: bool, size: int = 0) -> None:  # noqa: ARG002
        if type(run) is not list:
            self._go_on(run)
        elif run:
            self._go_on(run[0])

    def rows_started(self, _: object, function: Function, *__: object) -> Function | None:
        return self._begin(function)

    def rows_ended(self, run: Function | None, count: int, ok: bool) -> None:  # noqa: ARG002
        self._go_on(run)

    def suspended(self) -> Function | None:
        return self._begin(None)

    def resumed(self, run: Function | None) -> None:
        self._go_on(run)

    def _begin(self, function: Function | None) -> Function | None:
        """Return what ran so far on this thread, beneath what runs now."""
        here = self._here
        beneath = here.function
        self._note(beneath)
        here.function = function
        return beneath

    def _go_on(self, function: Function | None) -> None:
        self._begin(function)

    def _note(self, function: Function | None) -> None:
        peak, before = self._look(), self._peak
        if peak <= before:
            return
        self._peak = peak
        if function is not None:
            name = name_of(function)
            self._found[name] = self._found.get(name, (0, 0))[0] + (peak - before) * _UNIT, peak * _UNIT


def merged(all_peaks: Iterable[Peaks]) -> Peaks:
    """Return the peaks of several processes: the greatest rise of any, and the greatest peak.

    >>> merged([{"f": (1, 9)}, {"f": (3, 5), "g": (1, 1)}])
    {'f': (3, 9), 'g': (1, 1)}
    """
    found: Peaks = {}
    for peaks in all_peaks:
        for name, (raised, peak) in peaks.items():
            most, highest = found.get(name, (0, 0))
            found[name] = max(most, raised), max(highest, peak)
    return found


_here: MemoryPeaks | None = None


def start_peaks(scheduler: Heard) -> None:
    """Look at the peaks of this process from now on."""
    global _here
    _here = MemoryPeaks()
    listen(scheduler, _here)


def last_peaks() -> bytes:
    """Return the peaks so far, as JSON. Called in each worker at the end."""
    return json.dumps(_here.peaks() if _here else {}).encode()
