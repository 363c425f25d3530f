"""What measures the tasks of a process, as the command line asks: see Limits.instruments.

counts       how many tasks there are, and have ended: for --progress
by function  shown in a table
profile      which functions take the time, and the memory: for --profile
"""

from collections.abc import Callable

from ..engine.listening import listen
from ..engine.process.limits import Identity, Limits
from ..engine.scheduler import Scheduler
from ..progress.begin import report_to
from ..wire.messages import Message, Notice, NoticeKind
from ..wire.status_page import StatusPage
from .counting import TaskCounter
from .many_tasks import ManyTasks

__all__ = ["BY_FUNCTION", "COUNTS", "PROFILE", "count_tasks", "measure", "start_profiles"]

COUNTS, BY_FUNCTION, PROFILE = "counts", "by function", "profile"


def measure(
    scheduler: Scheduler, identity: Identity, limits: Limits, page: StatusPage, send: Callable[[Message], None]
) -> None:
    """Have this process, which is a worker, measure what is asked, and tell the program of loops."""
    who = identity.machine, identity.worker
    counts = count_tasks(scheduler, page, identity).counts if COUNTS in limits.instruments else None
    if PROFILE in limits.instruments:
        start_profiles(scheduler)
    report_to(who, lambda body: send(Notice(NoticeKind.PROGRESS, body)), counts)


def start_profiles(scheduler: Scheduler) -> None:
    """Have it known from now on which functions of this process take the time, and the memory."""
    from .memory_peaks import start_peaks
    from .profiling import start_profile  # with cProfile, which other runs do not need

    start_peaks(scheduler)
    start_profile()


def count_tasks(scheduler: Scheduler, page: StatusPage, identity: Identity) -> TaskCounter:
    """Count the tasks of this process from now on."""
    many = None if BY_FUNCTION in scheduler.limits.instruments else ManyTasks(scheduler, page, identity.worker)
    counter = TaskCounter(page, identity.worker, many)
    listen(scheduler, counter)
    return counter
