"""``--trace FILE``: the file is opened before anything starts, and closed at the end of the run."""

import argparse
import atexit
from collections.abc import Callable

from ...engine.process.limits import Limits
from ...engine.scheduler import Scheduler
from ...machine.program import CannotStart

__all__ = ["with_trace"]

Record = Callable[[Scheduler], None]


def with_trace(options: argparse.Namespace, limits: Limits) -> tuple[Limits, Record]:
    """Return the limits with what workers are to record, and what has the program recorded, once it has started.

    Raises CannotStart if the file cannot be opened.
    """
    if options.trace is None or options.dry_run:
        return limits, _nothing
    from ...trace.file import TraceFile
    from ...trace.settings import begin
    from ...trace.start import record_program

    try:
        file = TraceFile(options.trace)
    except OSError as problem:
        raise CannotStart(f"the trace {options.trace} cannot be written: {problem.strerror}") from None
    settings = begin(options.trace_args).pack()

    def record(scheduler: Scheduler) -> None:
        # Registered after the end of the run, so called before that, and after the program's own exit handlers.
        atexit.register(record_program(scheduler, file, settings))

    return limits._replace(trace=settings), record


def _nothing(scheduler: Scheduler) -> None:
    """Record nothing."""
