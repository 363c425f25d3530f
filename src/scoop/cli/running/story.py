"""What ``-v`` tells of the program itself, in sentences."""

import os
import time

from ... import log
from ...machine.program import Program

__all__ = ["tell_begin", "tell_end"]

_began: list[float] = []


def tell_begin(program: Program, workers: int) -> None:
    """Tell that the run begins, with so many workers on this machine."""
    _began.append(time.monotonic())
    log.own.info("scoop: %s begins, with %d worker%s on this machine", _title(program), workers, "s"[: workers != 1])


def tell_end(how: str) -> None:
    """Tell how the program has ended, though not yet its tasks."""
    log.own.info("scoop: the program %s, after %.1f s", how, time.monotonic() - _began[-1])


def _title(program: Program) -> str:
    if program.kind == "script":
        return os.path.basename(program.name)
    return {"module": f"module {program.name}", "code": "the code of -c", "input": "the code of standard input"}.get(
        program.kind, "a session"
    )
