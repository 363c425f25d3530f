"""Ctrl-C in the origin: a KeyboardInterrupt in the program's own code, never while ours has a future in its hands.

A Ctrl-C that strikes our code is put off: the signal is sent again in a moment, to strike elsewhere, until it does.
It comes through at once in the program's code, where ours calls a function of the program's, and where a thread
sleeps. What never gets there is most likely stuck in something of the program's that is written in C: so what stays
at the same instruction is struck there after a while. All is counted in looks, not in seconds, in which a busy
machine may do nothing at all.
"""

import os
import signal
import time
from _thread import start_new_thread
from math import inf
from os.path import join
from types import FrameType
from typing import NoReturn

from .. import engine, patterns, wire
from ..engine import runtime
from ..engine.exports import Exports
from ..engine.giving import Giving
from ..engine.imports import Imports
from ..engine.link import Link, ThreadBell
from ..engine.mapper import Mapper, Reducer, Scanner
from ..engine.scheduler import Scheduler
from ..patterns.mapping import Inputs

__all__ = ["await_what_is_put_off", "end_at_next_interrupt", "handle_interrupts"]

IMPATIENCE = 2.0
"""Seconds within which a second Ctrl-C ends the program at once, whatever it does about the first."""

LATER = 0.005
"""Seconds after which one that is put off is looked at again."""

STUCK, MOST = 40, 200
"""Looks for which it is put off at most: while our code stays at one instruction, and in the midst of sending."""

_OPEN = {
    function.__code__
    for function in (
        Imports.perform,
        Inputs.read,
        Mapper.go_over,
        Reducer.finish,
        Scanner.digest,
        Scheduler.run_inline,
        ThreadBell.sleep,
    )
}
"""What calls a function of the program's, which may be C, or sleeps: an exception there is as one from within it."""

_WHOLE = {function.__code__ for function in (Giving.give, Exports.pack, Imports.flush, Link.send)}
"""What is done wholly or not at all: an exception within would lose a task, or leave half a message on the way."""

_OURS = tuple(join(package.__path__[0], "") for package in (engine, patterns, wire))


def handle_interrupts(patient: bool) -> None:
    """Handle Ctrl-C, if python would.

    Parameters:
        patient: whether the program may get any number of them, one soon after another, as a session does.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        interrupts = _Interrupts(patient)
        signal.signal(signal.SIGINT, interrupts.strike)
        runtime.repeat_interrupt = interrupts.repeat


class _Interrupts:
    """What becomes of each Ctrl-C."""

    def __init__(self, patient: bool) -> None:
        self._patient = patient
        self._last = -inf
        self._repeating = False
        self._looks = self._looks_here = 0  # at the one that is put off
        self._here: tuple[FrameType | None, int] | None = None

    def strike(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Raise KeyboardInterrupt where ``frame`` is, or put it off."""
        now = time.monotonic()
        if not runtime.put_off and now - self._last < IMPATIENCE and not self._patient:
            _end_at_once()
        self._last = now
        self._look(frame)
        if self._is_to_wait(frame):
            self.repeat()
            return
        self._looks = self._looks_here = 0
        self._here = None
        runtime.put_off = False
        runtime.interrupt = KeyboardInterrupt()
        raise runtime.interrupt

    def repeat(self) -> None:
        """Send the signal again, in a moment."""
        runtime.put_off = True
        if not self._repeating:
            self._repeating = True
            start_new_thread(self._repeat, ())  # not threading's: we may be in the midst of that, with its lock

    def _look(self, frame: FrameType | None) -> None:
        here = (frame, frame.f_lasti if frame is not None else 0)
        self._looks_here = self._looks_here + 1 if here == self._here else 0
        self._looks += 1
        self._here = here

    def _is_to_wait(self, frame: FrameType | None) -> bool:
        if _is_whole(frame):
            return self._looks < MOST
        return _is_ours(frame) and self._looks_here < STUCK

    def _repeat(self) -> None:
        time.sleep(LATER)
        self._repeating = False
        os.kill(os.getpid(), signal.SIGINT)


def await_what_is_put_off() -> None:
    """Let a Ctrl-C that was put off come, now that the program is through: it must not be lost for that."""
    for _ in range(MOST):
        if not runtime.put_off:
            break
        time.sleep(LATER)


def end_at_next_interrupt() -> None:
    """Let the next Ctrl-C end the program without a word: it has heard one already, and is about to end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_at_once() -> NoReturn:
    end_at_next_interrupt()
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("unreachable: the signal has ended the process")


def _is_whole(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code in _WHOLE:
            return True
        frame = frame.f_back
    return False


def _is_ours(frame: FrameType | None) -> bool:
    """Return whether SCOOP's own code is at work: a future may be in its hands, and nowhere else."""
    return frame is not None and frame.f_code.co_filename.startswith(_OURS) and frame.f_code not in _OPEN
