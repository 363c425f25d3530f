"""What the command line has measured of a run: how far it is."""

import argparse

from ..engine.offers.everywhere import call_everywhere
from ..engine.process import runtime
from ..engine.process.limits import Identity
from ..engine.scheduler import Scheduler
from ..errors import ScoopError
from ..machine.measuring import BY_FUNCTION, COUNTS, count_tasks
from ..machine.program import CannotStart
from ..progress.begin import hear_report, last_report, show_run
from ..progress.picture import need_rich
from ..wire.status_page import StatusPage

__all__ = ["finish_instruments", "instruments_of", "start_instruments"]


def instruments_of(options: argparse.Namespace) -> str:
    """Return what is to measure the tasks, for Limits. Raises CannotStart if a package is missing."""
    if not options.progress or options.quiet:
        return ""
    try:
        need_rich("--progress")
    except ScoopError as problem:
        raise CannotStart(str(problem)) from None
    return f"{COUNTS} {BY_FUNCTION}" if options.progress == "table" else COUNTS


def start_instruments(scheduler: Scheduler, identity: Identity, page: StatusPage) -> None:
    """Measure the tasks of this process, which is the program's, and show how far the run is."""
    asked = scheduler.limits.instruments
    if COUNTS in asked:
        counter = count_tasks(scheduler, page, identity)
        show_run(identity.size, counter.counts, BY_FUNCTION in asked)


def finish_instruments(scheduler: Scheduler) -> None:
    """Hear the last of all workers, now that all tasks have ended."""
    if COUNTS not in scheduler.limits.instruments or scheduler.refusal is not None or runtime.ends_with_program:
        return
    for report in call_everywhere(scheduler, last_report, (), later=False):
        if report:
            hear_report(report)
