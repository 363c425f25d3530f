"""What the command line has measured of a run: how far it is, and which functions take the time."""

import argparse
import os
import sys
from collections.abc import Callable

from ...engine import runtime
from ...engine.offers.everywhere import call_everywhere
from ...engine.process.limits import Identity
from ...engine.scheduler import Scheduler
from ...errors import ScoopError
from ...machine.measuring import BY_FUNCTION, COUNTS, PROFILE, count_tasks, start_profiles
from ...machine.program import CannotStart
from ...progress.begin import hear_report, last_report, show_run
from ...trace.recording import Recording
from ...wire.status_page import StatusPage

__all__ = ["finish_instruments", "instruments_of", "start_instruments"]

_file: str | None = None
"""Where the profile is written; None: it is printed."""


def instruments_of(options: argparse.Namespace) -> str:
    """Return what is to measure the tasks, for Limits. Raises CannotStart if a package is missing."""
    global _file
    words = []
    if options.progress and not options.quiet:
        _check_rich()
        words += [COUNTS, BY_FUNCTION] if options.progress == "table" else [COUNTS]
    if options.profile is not None:
        words.append(PROFILE)
        _file = os.path.abspath(options.profile) if options.profile else None
    return " ".join(words)


def start_instruments(scheduler: Scheduler, identity: Identity, page: StatusPage) -> None:
    """Measure the tasks of this process, which is the program's, and show how far the run is."""
    asked = scheduler.limits.instruments
    if COUNTS in asked:
        counter = count_tasks(scheduler, page, identity)
        show_run(identity.size, counter.counts, BY_FUNCTION in asked)
    if PROFILE in asked:
        start_profiles(scheduler)


def finish_instruments(scheduler: Scheduler, recording: Recording) -> None:
    """Hear the last of all workers, now that all tasks have ended. ``recording``: is told of the memory."""
    asked = scheduler.limits.instruments
    if not asked or scheduler.refusal is not None or runtime.ends_with_program:
        return
    if COUNTS in asked:
        for report in _of_workers(scheduler, last_report):
            hear_report(report)
    if PROFILE in asked:
        _finish_profile(scheduler, recording)


def _of_workers(scheduler: Scheduler, function: Callable[[], bytes]) -> list[bytes]:
    return call_everywhere(scheduler, function, (), later=False) if scheduler.has_other_workers else []


def _finish_profile(scheduler: Scheduler, recording: Recording) -> None:
    import json

    from ...machine.memory_peaks import last_peaks, merged
    from ...machine.profiling import last_profile
    from .profile import show_peaks, show_profile

    own, own_peaks = last_profile(), last_peaks()
    profiles = [own, *_of_workers(scheduler, last_profile)]
    peaks = merged(json.loads(each) for each in [own_peaks, *_of_workers(scheduler, last_peaks)])
    recording.note({"name": "memory", "functions": peaks})
    try:
        show_profile(profiles, _file)
        if _file is None:
            show_peaks(peaks)
    except OSError as problem:
        print(f"scoop: the profile cannot be written to {_file}: {problem.strerror}", file=sys.stderr)


def _check_rich() -> None:
    from ...progress.picture import need_rich

    try:
        need_rich("--progress")
    except ScoopError as problem:
        raise CannotStart(str(problem)) from None
