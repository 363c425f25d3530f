"""How the I/O thread handles messages. It runs no code of the program. Work that may do so it hands out as a job.

Between messages it looks now and then whether others want work, and whether results wait for too long.
"""

import logging
from collections.abc import Callable
from functools import partial

from ..errors import BrokenExecutor, HostsMissing, MainImportError, ScoopError, UnguardedMainError
from ..tuning import TUNING
from ..wire import messages as m
from ..wire.look import Look, read_look
from ..wire.messages import Message, StartProblem
from .constants import Constants
from .offers.everywhere import hear
from .offers.host_table import hear_of_hosts
from .process import instruments
from .process.notices import note
from .scheduler import Scheduler
from .threads.program_waits import ProgramWaits

__all__ = ["Receiver"]

_log = logging.getLogger("scoop.run")

_ERRORS: dict[int, type[ScoopError]] = {
    StartProblem.IMPORT_FAILED: MainImportError,
    StartProblem.UNGUARDED: UnguardedMainError,
    StartProblem.HOSTS_MISSING: HostsMissing,
    StartProblem.INITIALIZER_FAILED: BrokenExecutor,
}

Job = Callable[[], object]


def _nothing() -> None:
    """Stand in for what looks at the main thread."""


class Receiver:
    """Where the messages to one worker go.

    Parameters:
        scheduler: of this process.
        constants: that it knows of.
        look: returns what is to be told of the main thread, if anything is; called now and then.
        program_waits: looks whether the program waits outside of SCOOP, if no other process may run its tasks.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        constants: Constants,
        look: Callable[[], Job | None] = _nothing,
        program_waits: ProgramWaits | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._constants = constants
        self._look = look
        self._program_waits = program_waits
        self._asked = False  # the broker wants work, as far as the last look tells
        self._tick = TUNING.shortest_tick_seconds

    def deliver(self, message: Message) -> Job | None:
        """Take in a message; return what is to be run outside of the I/O thread's role."""
        self._tick = TUNING.shortest_tick_seconds
        if instruments.listener is not None:
            _tell(instruments.listener, message)
        job = self._take(message)
        if type(message) is not m.Notice:  # not counted: else workers that log would keep the run from ending
            self._scheduler.message_arrived()
        return job

    def _take(self, message: Message) -> Job | None:
        scheduler = self._scheduler
        if isinstance(message, m.Results):
            scheduler.outbox.arrived(message)
        elif isinstance(message, m.PartialResult):
            scheduler.outbox.arrived_in_part(message)
        elif isinstance(message, m.Run):
            scheduler.inbox.accept(message)
        elif isinstance(message, m.Granted):
            scheduler.inbox.grant(message)
        elif isinstance(message, m.Cancel):
            scheduler.inbox.cancel(message.batch, message.tasks)
        elif isinstance(message, m.Cancelled):
            scheduler.outbox.dropped(message.batch, message.tasks)
        elif isinstance(message, m.Lost):
            scheduler.outbox.lost(message.batch, message.tasks, message.tries, message.report)
        elif isinstance(message, m.Stopped):
            scheduler.outbox.stopped(message)
        elif isinstance(message, m.SetConstants | m.DeleteConstants | m.ConstantReply):
            self._constants.deliver(message, scheduler)
        elif isinstance(message, m.Notice) and message.kind == m.NoticeKind.HOSTS:
            hear_of_hosts(scheduler, message)
        elif isinstance(message, m.Notice):
            if message.kind == m.NoticeKind.LOOK:
                return partial(_report_process, scheduler, read_look(message))
            (hear if message.kind in (m.NoticeKind.ANSWER, m.NoticeKind.ALL_ANSWERED) else note)(message)
        elif isinstance(message, m.AllDone):
            scheduler.idle.finish()
        elif isinstance(message, m.Steal):
            self._asked = True
            scheduler.stealing.steal_requested(message.wanted)
            return self._give_far if message.far else self._give
        elif isinstance(message, m.NoWorkers):
            scheduler.note_no_workers(message.none)
        elif isinstance(message, m.StartFailed):
            return self._start_failed(message)
        return None

    def tick(self) -> Job | None:
        """Look whether others want work, or results wait."""
        self._tick = min(self._tick * 2, TUNING.longest_tick_seconds)
        scheduler = self._scheduler
        scheduler.results.flush()
        scheduler.ready.end_overdue_slices()
        if self._program_waits is not None:
            self._program_waits.look()
        if self._asked and scheduler.has_something_to_give():
            return self._give if scheduler.others_wait() else self._give_far
        if any(chunk.has_news() for chunk in scheduler.inbox.chunks()):
            return self._report
        return scheduler.discarded.drop if scheduler.discarded else self._look()

    def seconds_to_next_tick(self) -> float | None:
        """Return after how many seconds without a message ``tick`` is to be called; None: not at all."""
        self._asked = self._asked and self._scheduler.stealing.is_wanted()
        if self._asked:
            return self._tick
        # While no worker waits, nothing is owed, runs or is to be dropped, there is nothing to see between messages.
        scheduler = self._scheduler
        looks = None if self._program_waits is None or scheduler.leaves_tasks else TUNING.program_look_seconds
        soon = scheduler.inbox.any_unanswered() or scheduler.discarded or scheduler.ready.running
        return TUNING.deliver_after_seconds if soon else looks

    def _give(self) -> None:
        self._scheduler.stealing.give()
        self._report()
        self._scheduler.results.flush()  # it may be one of these that the idle worker waits for

    def _give_far(self) -> None:
        self._scheduler.stealing.give_far()
        self._scheduler.results.flush()

    def _report(self) -> None:
        for chunk in self._scheduler.inbox.chunks():
            if chunk.has_news():
                chunk.report()

    def _start_failed(self, message: m.StartFailed) -> Job | None:
        if message.others_can:
            return lambda: _log.warning("scoop: the run goes on without one worker: %s", message.text)
        self._scheduler.refuse(_ERRORS[message.problem](message.text))
        return None


def _report_process(scheduler: Scheduler, look: Look) -> None:
    from .process_report import report  # with what it needs, which no run is to load where no user looks in

    report(scheduler, look)


def _tell(listener: instruments.Instrument, message: Message) -> None:
    """Tell who listens of tasks that come and go."""
    if isinstance(message, m.Run | m.Results):
        size = len(message.body) + (message.buffers.size if message.buffers else 0)
        tell = listener.received if isinstance(message, m.Run) else listener.returned
        tell(message.batch, message.tasks, size)
    elif isinstance(message, m.Lost):
        listener.lost(message.batch, message.tasks)
