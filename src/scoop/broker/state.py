"""The state of a broker, pure: events in, instructions out, no input or output, no clock.

It is composed of the task table, the peers, the steal requests and the constant table (``router.py``), and, where the
run has several machines, of the rules for the uplink. What is here concerns workers: when they are idle, when they
cannot start, when they must be replaced, and when the run has ended.
"""

from collections.abc import Callable
from math import inf
from types import MappingProxyType

from ..wire import messages as m
from .peers import ORIGIN, EndedFor, Instruction, Mark, Need, Peer, Replace
from .resources import Amounts
from .router import Handlers, Router
from .task_watch import Overrun
from .uplink import Uplink

__all__ = ["BrokerState"]

MOST_FAILED_STARTS = 3  # in one place, one after another, before a worker has spoken; then none is put there any more


_ENDED = "was ended, since another task that it ran had reached a limit, or was to end by force"


class BrokerState:
    """All that a broker knows and decides. Its events are methods; each returns what is to be done about it.

    Parameters:
        machine: the number of this machine in the run; 0 is the origin's.
        uplink: the peer that leads to other machines, if the run has several.
        retries: see TaskTable.
        workers: how many are about to be started.
        resources: of this machine, how many of each there are.
        begun: returns how many tasks a worker has begun in all its life.
        clock: seconds.
    """

    def __init__(
        self,
        machine: int = 0,
        uplink: int | None = None,
        retries: int = 2,
        workers: int = 0,
        resources: Amounts = MappingProxyType({}),
        begun: Callable[[int], int] = lambda _: 0,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._machine = machine
        self._program_ended = False  # and waits for the work that is left
        self._await_starts = False  # and for workers and hosts that still start
        self._origin_alone = False
        own_handlers: Handlers = {
            m.Idle: lambda number, message: self.peers.note_idle(number, message.seen, not message.partly),
            m.Busy: lambda number, _: self.peers.note_busy(number),
            m.ProgramEnded: self._end_of_program,
            m.StartFailed: self._start_failed,
        }
        self._router = Router(self._owner, uplink if machine else None, retries, own_handlers, resources)
        self._router.roll_call.to_start = workers
        self.peers, self.table, self.requests = self._router.peers, self._router.table, self._router.requests
        self.watch, self.has_begun = self._router.watch, self._router.has_begun
        self._uplink = None if uplink is None else Uplink(uplink, self._router, begun, clock)

    def _owner(self, batch: int) -> int:
        machine, worker = m.owner_of(batch)
        return worker if machine == self._machine or self._uplink is None else self._uplink.number

    def joined(self, number: int, failed_starts: int = 0) -> list[Instruction]:
        """A peer has been started, in a place where so many before it died in a row before they spoke."""
        is_link = self._uplink is not None and number == self._uplink.number
        self._router.expects_worker = False
        in_turn = not is_link and number != ORIGIN  # the origin runs its own tasks only
        if number == ORIGIN and not is_link:
            self.requests.may_give(number)
        self._router.joined(number, Peer(is_link, in_turn, failed_starts))
        return self.peers.take_instructions()

    def received(self, number: int, message: m.Message) -> list[Instruction]:
        """A peer has sent a message. Raises ValueError or LookupError if it makes no sense."""
        if self._uplink and isinstance(message, m.Offer | m.GiveBack):
            self._uplink.has_given(number)
        self._router.received(number, message)
        if self._uplink and number == self._uplink.number and isinstance(message, m.Offer):
            self._router.hand_out()
            self._uplink.tasks_came(len(message.tasks))
        return self._match()

    def tell_all(self, message: m.Notice) -> list[Instruction]:
        """Have all peers, and all machines beyond a link, hear of something."""
        self._router.tell_all(message)
        return self.peers.take_instructions()

    def left(self, number: int, begun: int, report: str = "") -> list[Instruction]:
        """A peer has died, having begun so many tasks in all its life; ``report`` says how."""
        gone = self._router.left(number, begun, report)
        if self._uplink:
            self._uplink.has_given(number)
        if gone.is_link:
            self._go_on_alone(m.StartProblem.HOSTS_MISSING, f"the link to the other machines is lost: {report}")
        else:
            self._replace(number, gone, report)
        return self._match()

    def starts_fail(self, fail: bool) -> list[Instruction]:
        """The system starts no more workers, or does again. An origin without any is to run its tasks itself."""
        alone = fail and self._uplink is None and self.peers.keys() == {ORIGIN}
        if alone != self._origin_alone:
            self._origin_alone = alone
            self.peers.send(ORIGIN, m.NoWorkers(alone))
        if fail:
            self._router.roll_call.starts_fail()
        if fail and self._router.expects_worker:
            self._router.expects_worker = False
            self._router.hand_out()
        return self.peers.take_instructions()

    def is_to_end(self, overrun: Overrun, report: str) -> bool:
        """A worker, which ``report`` names, is to be ended for a task; return False if that is known."""
        peer = self.peers[overrun.worker]
        known = peer.ended_for is not None
        if not known:
            peer.ended_for = EndedFor(overrun.task, overrun.message(report), f"{report} {_ENDED}.")
        return not known

    def waited(self) -> list[Instruction]:
        """The workers that were asked for work have not given for a while."""
        self._ask(again=True)
        return self.peers.take_instructions()

    def tell_demand(self) -> list[Instruction]:
        """Tell other machines what this one needs, if that has changed. To be called a moment after each event."""
        if self._uplink:
            all_done = self.table.empty and all(map(self._is_done, self.peers.but(self._uplink.number)))
            waits = bool(self.requests.waiting)
            free = self._router.resources.free() if waits and not self.table.in_line else {}
            self.peers.send_demand(self._uplink.number, Need(self._uplink.tasks_wanted(), all_done, free))
        return self.peers.take_instructions()

    def seconds_to_next_look(self) -> float:
        """Return after how many seconds tell_demand() is to be called even if nothing happens."""
        return self._uplink.seconds_to_next_look if self._uplink else inf

    def _match(self) -> list[Instruction]:
        """Hand tasks to idle peers; ask the others if there are too few; see whether all has ended."""
        if self._uplink:
            self._uplink.lose_what_none_can_run()
        self._router.hand_out()
        if self._program_ended and self.table.empty and all(map(self._is_done, self.peers.values())):
            self.peers.send(ORIGIN, m.AllDone())
        elif self.requests.waiting:
            self._ask()
        elif asked := self.requests.withdraw():
            self.peers.instructions += [Mark(worker, False) for worker in asked]
        if self._uplink:
            self._uplink.share()
        return self.peers.take_instructions()

    def _ask(self, again: bool = False) -> None:
        for worker in self.requests.ask(again):
            self.peers.instructions.append(Mark(worker, True))
            self.peers.send(worker, m.Steal(max(1, len(self.requests.waiting)), far=False))

    def _is_done(self, peer: Peer) -> bool:
        if peer.is_link:
            return peer.all_done or not (peer.has_spoken or self._await_starts)
        return peer.all_done or peer.cannot_start or not (peer.has_spoken or self._await_starts)

    def _end_of_program(self, number: int, message: m.ProgramEnded) -> None:
        self._program_ended = True
        self._await_starts |= message.all_started
        self.peers.note_idle(number, message.seen, all_done=True)

    def _start_failed(self, number: int, message: m.StartFailed) -> None:
        peer = self.peers[number]
        if not peer.is_link:
            if peer.has_spoken:
                raise ValueError("a worker that works says that it could not start")
            peer.cannot_start = True
            self._router.roll_call.left(number)
            able = any(each.has_spoken and not each.cannot_start for each in self.peers.but(ORIGIN))
            if message.problem == m.StartProblem.INITIALIZER_FAILED:
                able = False  # what others have been told to be, all must be
            self.peers.send(ORIGIN, message._replace(others_can=able))
        elif message.everywhere:
            peer.cannot_start = True
            self._go_on_alone(message.problem, message.text)
        else:  # unguarded, no worker anywhere can start; with too few hosts, the run cannot
            others_can = message.problem == m.StartProblem.IMPORT_FAILED
            self.peers.send(ORIGIN, message._replace(others_can=others_can))

    def _go_on_alone(self, problem: int, why: str) -> None:
        """No other machine can work any more: go on, if there is a worker here that can."""
        assert self._uplink is not None
        self._uplink.why_alone = why
        if self._uplink.any_able_here():
            self.peers.send_uncounted(ORIGIN, m.Notice(m.NoticeKind.HOSTS, b""))
        else:
            self.peers.send(ORIGIN, m.StartFailed(problem, False, False, why))

    def _replace(self, number: int, gone: Peer, report: str) -> None:
        failed_starts = 0 if gone.has_spoken or gone.retired else gone.failed_starts + 1
        if failed_starts <= MOST_FAILED_STARTS:
            self.peers.instructions.append(Replace(number, failed_starts))
            self._router.expects_worker = True
        elif self.peers.keys() <= {ORIGIN}:
            text = f"workers die while they start, one after another; the last one: {report}"
            self.peers.send(ORIGIN, m.StartFailed(m.StartProblem.IMPORT_FAILED, False, False, text))
