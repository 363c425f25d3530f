"""The state of a broker, pure: events in, instructions out, no input or output, no clock.

It is composed of the task table, the peers, the steal requests and the constant table (``router.py``), and, where the
run has several machines, of the rules for the uplink. What is here concerns workers: when they are idle, when they
cannot start, when they must be replaced, and when the run has ended.
"""

from ..wire.messages import (
    AllDone,
    Busy,
    GiveBack,
    Idle,
    Message,
    NoWorkers,
    Offer,
    ProgramEnded,
    StartFailed,
    StartProblem,
    Steal,
    owner_of,
)
from .instructions import Ask, Instruction, Replace, Unask
from .peers import Peer, Peers
from .router import Handlers, Router
from .uplink import Uplink

__all__ = ["ORIGIN", "BrokerState"]

ORIGIN = 0
"""The number of the peer that the broker serves: the worker with the program, or on other machines the uplink."""

MOST_FAILED_STARTS = 3
"""Workers that may die in one place, one after another, before they have spoken; after that none is put there."""


class BrokerState:
    """All that a broker knows and decides.

    Parameters:
        machine: the number of this machine in the run; 0 is the origin's.
        uplink: the peer that leads to other machines, if the run has several.
        retries: see TaskTable.
        spare: whether the origin gets no tasks.
    """

    def __init__(self, machine: int = 0, uplink: int | None = None, retries: int = 2, spare: bool = False) -> None:
        self._machine = machine
        self._spare = spare
        self._program_ended = False  # and waits for the work that is left
        self._await_starts = False  # and for workers that still start
        self._origin_alone = False
        own_handlers: Handlers = {
            Idle: lambda number, message: self._peers.note_idle(number, message.seen, not message.partly),
            Busy: lambda number, _: self._peers.note_busy(number),
            ProgramEnded: self._end_of_program,
            StartFailed: self._start_failed,
        }
        self._router = Router(self._owner, uplink if machine else None, retries, own_handlers)
        self._peers: Peers = self._router.peers
        self._table, self._requests = self._router.table, self._router.requests
        self._uplink = None if uplink is None else Uplink(uplink, ORIGIN, self._router)

    def _owner(self, batch: int) -> int:
        machine, worker = owner_of(batch)
        return worker if machine == self._machine or self._uplink is None else self._uplink.number

    # -- events: each returns what is to be done about it -----------------------------------------------------

    def joined(self, number: int, failed_starts: int = 0) -> list[Instruction]:
        """A peer has been started, in a place where so many before it died in a row before they spoke."""
        is_link = self._uplink is not None and number == self._uplink.number
        in_turn = not is_link and not (self._spare and number == ORIGIN)
        if number == ORIGIN and not is_link:
            self._requests.may_give(number)
        self._router.joined(number, Peer(is_link, in_turn, failed_starts))
        return self._peers.take_instructions()

    def received(self, number: int, message: Message) -> list[Instruction]:
        """A peer has sent a message. Raises ValueError or LookupError if it makes no sense."""
        if self._uplink and isinstance(message, Offer | GiveBack):
            self._uplink.has_given(number)
        self._router.received(number, message)
        self._match()
        return self._peers.take_instructions()

    def left(self, number: int, begun: int, report: str = "") -> list[Instruction]:
        """A peer has died, having begun so many tasks in all its life; ``report`` says how."""
        gone = self._router.left(number, begun, report)
        if self._uplink:
            self._uplink.has_given(number)
        if gone.is_link:
            self._go_on_alone(StartProblem.HOSTS_MISSING, f"the link to the other machines is lost: {report}")
        else:
            self._replace(number, gone, report)
        self._match()
        return self._peers.take_instructions()

    def starts_fail(self, fail: bool) -> list[Instruction]:
        """The system starts no more workers, or does again. An origin without any is to run its tasks itself."""
        alone = fail and self._uplink is None and self._peers.keys() == {ORIGIN}
        if alone != self._origin_alone:
            self._origin_alone = alone
            self._peers.send(ORIGIN, NoWorkers(alone))
        return self._peers.take_instructions()

    def waited(self) -> list[Instruction]:
        """The workers that were asked for work have not given for a while."""
        self._ask(again=True)
        return self._peers.take_instructions()

    def tell_demand(self) -> list[Instruction]:
        """Tell other machines what this one needs, if that has changed. To be called a moment after each event."""
        if self._uplink:
            here = self._peers.but(self._uplink.number)
            all_done = self.empty and all(map(self._is_done, here))
            self._peers.send_demand(self._uplink.number, bool(self._requests.waiting), all_done)
        return self._peers.take_instructions()

    @property
    def can_ask_more(self) -> bool:
        """Whether a worker waits for work, and not all others have been asked for it."""
        return self._requests.can_ask_more

    @property
    def empty(self) -> bool:
        """Whether no task is in the table."""
        return self._table.empty

    # -- work and idle peers ----------------------------------------------------------------------------------

    def _match(self) -> None:
        """Hand tasks to idle peers; ask the others if there are too few; see whether all has ended."""
        if self._uplink:
            self._uplink.lose_what_none_can_run()
        self._router.hand_out(lambda worker: worker != ORIGIN)
        if self._program_ended and self.empty and all(map(self._is_done, self._peers.values())):
            self._peers.send(ORIGIN, AllDone())
        elif self._requests.waiting:
            self._ask()
        elif asked := self._requests.withdraw():
            self._peers.instruct(Unask(asked))
        if self._uplink:
            self._uplink.share()

    def _ask(self, again: bool = False) -> None:
        for worker in self._requests.ask(again):
            self._peers.instruct(Ask(worker))
            self._peers.send(worker, Steal(max(1, len(self._requests.waiting)), far=False))

    def _is_done(self, peer: Peer) -> bool:
        if peer.is_link:
            return peer.all_done or not peer.has_spoken
        return peer.all_done or peer.cannot_start or not (peer.has_spoken or self._await_starts)

    def _end_of_program(self, number: int, message: ProgramEnded) -> None:
        self._program_ended = True
        self._await_starts |= message.all_started
        self._peers.note_idle(number, message.seen, all_done=True)

    # -- starts -----------------------------------------------------------------------------------------------

    def _start_failed(self, number: int, message: StartFailed) -> None:
        """A worker here, or on another machine, could not start."""
        peer = self._peers[number]
        if not peer.is_link:
            if peer.has_spoken:
                raise ValueError("a worker that works says that it could not start")
            peer.cannot_start = True
            able = any(each.has_spoken and not each.cannot_start for each in self._peers.but(ORIGIN))
            self._peers.send(ORIGIN, message._replace(others_can=able))
        elif message.everywhere:
            peer.cannot_start = True
            self._go_on_alone(message.problem, message.text)
        else:  # unguarded, no worker anywhere can start; with too few hosts, the run cannot
            others_can = message.problem == StartProblem.IMPORT_FAILED
            self._peers.send(ORIGIN, message._replace(others_can=others_can))

    def _go_on_alone(self, problem: int, why: str) -> None:
        """No other machine can work any more: go on, if there is a worker here that can."""
        assert self._uplink is not None
        self._uplink.why_alone = why
        if self._spare and not self._uplink.any_able_here():
            self._peers.send(ORIGIN, StartFailed(problem, False, False, why))

    def _replace(self, number: int, gone: Peer, report: str) -> None:
        failed_starts = 0 if gone.has_spoken or gone.retired else gone.failed_starts + 1
        if failed_starts <= MOST_FAILED_STARTS:
            self._peers.instruct(Replace(number, failed_starts))
        elif self._peers.keys() <= {ORIGIN}:
            text = f"workers die while they start, one after another; the last one: {report}"
            self._peers.send(ORIGIN, StartFailed(StartProblem.IMPORT_FAILED, False, False, text))
