"""Ctrl-C in the origin: a KeyboardInterrupt in the user's code, and never in the midst of our sending."""

import os
import signal
import time
from _thread import start_new_thread
from math import inf
from os.path import dirname
from types import FrameType
from typing import NoReturn

from .. import engine
from ..engine import runtime
from ..engine.exports import Exports
from ..engine.giving import Giving
from ..engine.imports import Imports
from ..engine.link import Link, ThreadBell

__all__ = ["await_what_is_put_off", "end_at_next_interrupt", "handle_interrupts"]

IMPATIENCE = 2.0
"""Seconds within which a second Ctrl-C ends the program at once, whatever it does about the first."""

_LATER, LONG, LONGEST = 0.005, 0.2, 1.0
"""Seconds after which one that is put off is looked at again; and after which it is put off no more, in the midst of
some step of ours (which may be a call of the user's function, if that is C), and in the midst of our sending."""

_WHOLE = {function.__code__ for function in (Giving.give, Exports.pack, Imports.flush, Link.send)}
"""What is done wholly or not at all: an exception within would lose a task, or leave half a message on the way."""

_ASLEEP = {ThreadBell.sleep.__code__}
_HOME = dirname(engine.__file__)


def handle_interrupts(patient: bool) -> None:
    """Handle Ctrl-C, if python would.

    Parameters:
        patient: whether the program may get any number of them, one soon after another, as a session does.
    """
    last = -inf
    since: float | None = None  # when one came that is put off

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last, since
        now = time.monotonic()
        if since is None and now - last < IMPATIENCE and not patient:
            _end_at_once()
        last = now
        if now - (since or now) < (LONGEST if _is_within(frame) else LONG if _is_ours(frame) else -1):
            since = since or now
            runtime.put_off = True
            start_new_thread(_repeat, (number,))  # not threading's: we may be in the midst of that, with its lock
            return
        since = None
        runtime.put_off = False
        runtime.interrupt = KeyboardInterrupt()
        raise runtime.interrupt

    def repeat() -> None:
        nonlocal since
        since = time.monotonic()
        runtime.put_off = True
        start_new_thread(_repeat, (signal.SIGINT,))

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)
        runtime.repeat_interrupt = repeat


def await_what_is_put_off() -> None:
    """Let a Ctrl-C that was put off come, now that the program is through: it must not be lost for that."""
    end = time.monotonic() + LONGEST
    while runtime.put_off and time.monotonic() < end:
        time.sleep(_LATER)


def end_at_next_interrupt() -> None:
    """Let the next Ctrl-C end the program without a word: it has heard one already, and is about to end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_at_once() -> NoReturn:
    end_at_next_interrupt()
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("unreachable: the signal has ended the process")


def _is_within(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code in _WHOLE:
            return True
        frame = frame.f_back
    return False


def _is_ours(frame: FrameType | None) -> bool:
    """Return whether SCOOP's own code is at work: a future may be in its hands, and nowhere else."""
    return frame is not None and frame.f_code.co_filename.startswith(_HOME) and frame.f_code not in _ASLEEP


def _repeat(number: int) -> None:
    time.sleep(_LATER)
    os.kill(os.getpid(), number)
