"""Signal handlers of the program's run in the program's own code, never while SCOOP's has a future in its hands.

A signal that comes while SCOOP's code is at work is *put off*: it is sent again in a moment, until it finds the
program's code, a call of the program's that SCOOP makes, or a sleeping thread. A signal that never gets there most
likely finds C code of the program's that is stuck. So it is let through at an instruction that does not change for a
while. That is counted in looks, not in seconds, in which a busy machine may do nothing at all.

This holds for Ctrl-C and for every handler that is set with ``signal.signal``. That function is replaced by one that
puts the handler behind this guard, and ``signal.getsignal`` by one that returns the handler as it was given.
"""

import os
import signal
import time
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from math import inf
from types import FrameType
from typing import Any, NoReturn

from ...tuning import TUNING
from .. import runtime
from .signal_safety import is_indivisible, is_ours

__all__ = ["await_put_off_signals", "end_at_next_interrupt", "guard_signals", "handle_unless_program_does"]

SECOND_INTERRUPT = 2.0
"""Seconds within which a second Ctrl-C ends the program at once, whatever it does about the first."""

_TIMERS = {
    signal.ITIMER_REAL: signal.SIGALRM,
    signal.ITIMER_VIRTUAL: signal.SIGVTALRM,
    signal.ITIMER_PROF: signal.SIGPROF,
}

_set_handler, _get_handler = signal.signal, signal.getsignal
_set_timer, _set_alarm = signal.setitimer, signal.alarm

Handler = Callable[[int, FrameType | None], Any]


class _Guarded:
    """A handler of the program's behind the guard."""

    def __init__(self, guard: "_SignalGuard", handler: Handler, shown: Any = None) -> None:
        self.handler = handler
        self.shown = handler if shown is None else shown  # to the program
        self._guard = guard

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._guard.must_wait(number, frame):
            return
        try:
            self.handler(number, frame)
        except BaseException as error:
            self._guard.raised(number, error)
            raise


class _SignalGuard:
    """What becomes of each signal that the program handles.

    Parameters:
        is_origin: whether exceptions are meant for the program, which runs in this process.
        patient: whether the program may get any number of Ctrl-C, one soon after another, as a session does.
    """

    def __init__(self, is_origin: bool, patient: bool) -> None:
        self._is_origin = is_origin
        self._patient = patient
        self._last_interrupt = -inf
        self._last = 0  # the last signal whose handler has raised something
        self._put_off: set[int] = set()
        self._sent: set[int] = set()  # sent again, and not come yet
        self._stale: set[int] = set()  # of these, those whose timer the program has stopped since
        self._sending = allocate_lock()
        self._repeating = False
        self._looks = self._looks_here = 0  # at what is put off
        self._here: tuple[int, int] | None = None

    @property
    def any_put_off(self) -> bool:
        return bool(self._put_off)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle Ctrl-C where the program has no handler of its own: raise KeyboardInterrupt."""
        now = time.monotonic()
        is_new = number not in self._put_off
        if is_new and now - self._last_interrupt < SECOND_INTERRUPT and not self._patient:
            _end_at_once()
        self._last_interrupt = now
        if not self.must_wait(number, frame):
            error = KeyboardInterrupt()
            self.raised(number, error)
            raise error

    def raised(self, number: int, error: BaseException) -> None:
        self._last = number
        if self._is_origin:
            runtime.signal_error = error

    def repeat(self) -> None:
        """Have the last signal come again, in a moment."""
        self._put_off.add(self._last)
        self._repeat_soon()

    def must_wait(self, number: int, frame: FrameType | None) -> bool:
        """Return whether a signal that strikes ``frame`` is put off, or is not wanted any more."""
        self._sent.discard(number)
        if number in self._stale:
            self._stale.discard(number)
            return True
        here = (id(frame), frame.f_lasti if frame is not None else 0)
        self._looks_here = self._looks_here + 1 if here == self._here else 0
        self._looks += 1
        self._here = here
        if is_indivisible(frame):
            wait = self._looks < TUNING.signal_looks_at_most
        else:
            wait = is_ours(frame) and self._looks_here < TUNING.signal_looks_at_one_place
        if wait:
            self._put_off.add(number)
            self._repeat_soon()
        else:
            self._put_off.discard(number)
            self._looks = self._looks_here = 0
            self._here = None
        return wait

    def forget(self, number: int) -> None:
        """The program has stopped the timer that sends a signal: if that was put off, it does not come."""
        with self._sending:
            self._put_off.discard(number)
            if number in self._sent:
                self._stale.add(number)

    def _repeat_soon(self) -> None:
        if not self._repeating:
            self._repeating = True
            start_new_thread(self._repeat, ())  # not threading's: its lock may be held where the signal struck

    def _repeat(self) -> None:
        time.sleep(TUNING.signal_look_after_seconds)
        self._repeating = False
        for number in [*self._put_off]:
            with self._sending:
                if not callable(_get_handler(number)):
                    self._put_off.discard(number)
                if number in self._put_off - self._sent:
                    self._sent.add(number)
                    os.kill(os.getpid(), number)

    # -- in the place of the signal module's functions ----------------------------------------------------------

    def set_handler(self, number: int, handler: Any) -> Any:
        if handler is signal.default_int_handler and number == signal.SIGINT:
            guarded: Any = self.interrupt
        else:
            guarded = _Guarded(self, handler) if callable(handler) else handler
        return self._as_given(_set_handler(number, guarded))

    def get_handler(self, number: int) -> Any:
        return self._as_given(_get_handler(number))

    def set_timer(self, which: int, seconds: float, interval: float = 0.0) -> Any:
        before = _set_timer(which, seconds, interval)
        if not seconds:
            self.forget(_TIMERS.get(which, 0))
        return before

    def set_alarm(self, seconds: int) -> int:
        before = _set_alarm(seconds)
        if not seconds:
            self.forget(signal.SIGALRM)
        return before

    def _as_given(self, handler: Any) -> Any:
        if isinstance(handler, _Guarded):
            return handler.shown
        return signal.default_int_handler if handler == self.interrupt else handler


_guard: _SignalGuard | None = None


def guard_signals(is_origin: bool, patient: bool = False) -> None:
    """Put the handlers of this process behind the guard, those of Ctrl-C included if Python would handle it.

    Parameters:
        is_origin: whether the program runs in this process.
        patient: whether the program may get any number of Ctrl-C, one soon after another, as a session does.
    """
    global _guard
    guard = _guard = _SignalGuard(is_origin, patient)
    handler = _get_handler(signal.SIGINT)
    # Python never starts with the system's default: __main__.py has set that until the program is to run.
    if handler is signal.default_int_handler or (is_origin and handler is signal.SIG_DFL):
        _set_handler(signal.SIGINT, guard.interrupt)
    replaced: dict[str, Any] = {
        "signal": guard.set_handler,
        "getsignal": guard.get_handler,
        "setitimer": guard.set_timer,
        "alarm": guard.set_alarm,
    }
    runtime.repeat_signal = guard.repeat
    for name, function in replaced.items():
        setattr(signal, name, function)


def handle_unless_program_does(number: int, handler: Handler) -> None:
    """Have SCOOP handle a signal, until the program does; the program sees that it has no handler."""
    if _guard is not None and _get_handler(number) is signal.SIG_DFL:
        _set_handler(number, _Guarded(_guard, handler, signal.SIG_DFL))


def await_put_off_signals() -> None:
    """Let a signal that was put off come, now that the program is through: it must not be lost for that."""
    for _ in range(TUNING.signal_looks_at_most):
        if _guard is None or not _guard.any_put_off:
            break
        time.sleep(TUNING.signal_look_after_seconds)


def end_at_next_interrupt() -> None:
    """Let the next Ctrl-C end the program without a word: it has heard one already, and is about to end."""
    _set_handler(signal.SIGINT, signal.SIG_DFL)


def _end_at_once() -> NoReturn:
    end_at_next_interrupt()
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("unreachable: the signal has ended the process")
