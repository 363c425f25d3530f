"""SIGUSR1 to a program that has no handler for it: the stacks of all processes of its run, on standard error."""

import os
import signal
from collections.abc import Callable

from ...wire.look import Look, look_notice
from ...wire.messages import Message
from .signal_guard import handle_unless_program_does

__all__ = ["tell_stacks_when_asked"]


def tell_stacks_when_asked(send: Callable[[Message], None]) -> None:
    """Ask the broker for the stacks whenever the signal comes. Called once the guard stands: see signal_guard.py."""
    program = os.getpid()

    def ask(*_: object) -> None:
        if os.getpid() == program:
            send(look_notice(Look(0, True)))
        else:  # a child of the program's, which the signal ends as it would without SCOOP
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGUSR1)

    handle_unless_program_does(signal.SIGUSR1, ask)
