"""``--trace FILE`` and ``--otel``: the file is opened before anything starts, and closed at the end of the run."""

import argparse
import atexit

from ...engine.scheduler import Scheduler
from ...errors import ScoopError
from ...machine.program import CannotStart
from ...trace.recording import Recording
from ...trace.settings import NOTHING, TraceOptions

__all__ = ["begin_record", "recording_of"]


def recording_of(options: argparse.Namespace) -> Recording:
    """Return the record that the options ask for. Raises CannotStart if it cannot be."""
    wanted = TraceOptions(options.trace, options.otel, options.trace_args)
    try:
        return Recording(NOTHING if options.dry_run else wanted)
    except ScoopError as problem:
        raise CannotStart(str(problem)) from None
    except OSError as problem:
        raise CannotStart(f"the trace {options.trace} cannot be written: {problem.strerror}") from None


def begin_record(recording: Recording, scheduler: Scheduler) -> None:
    """Have the program recorded, which has started."""
    recording.begin(scheduler)
    # Registered after the end of the run, so called before that, and after the program's own exit handlers.
    atexit.register(recording.end)
