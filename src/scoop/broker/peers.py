"""The peers of a broker or of the coordinator: workers, and links to other machines; which are idle, and which asked.

What a peer says of its idleness counts the messages that it had seen by then. It is void if more have been sent
since: the peer will look at those, and speak again. So here "idle" means exactly: the peer waits for us. A link says
in Demand how many tasks its side could take; it is idle until it was handed as many. Demand itself is not counted.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from ..tuning import TUNING
from ..wire.messages import Demand, Message, Stopped
from .credit import Credit
from .resources import Amounts, amounts_of

__all__ = [
    "NOTHING",
    "ORIGIN",
    "EndedFor",
    "Instruction",
    "Mark",
    "Need",
    "Peer",
    "Peers",
    "Replace",
    "Send",
    "StealRequests",
]


ORIGIN = 0  # the peer that the broker serves: the worker with the program, or on other machines the uplink


class Need(NamedTuple):
    """What a side of a link was told in Demand."""

    wanted: int  # tasks; less those that have come since
    all_done: bool
    free: Amounts


NOTHING = Need(0, False, {})


class Send(NamedTuple):
    peer: int
    message: Message


class Mark(NamedTuple):
    """Mark a worker on the status page as asked for work, or no more; Steal follows, for one that does not spawn."""

    worker: int
    asked: bool
    far: bool = False  # other machines want the work: only the worker's I/O thread looks at that mark


class Replace(NamedTuple):
    """Start a worker in the place of ``worker``, where the last ``failed_starts`` workers died while they started."""

    worker: int
    failed_starts: int


Instruction = Send | Mark | Replace  # for the process around the state to do


class EndedFor(NamedTuple):
    """The task for which the broker has ended a worker. ``stopped``: a message to its owner, if there is one."""

    task: tuple[int, int]
    stopped: Stopped | None
    report: str  # for the owners of its other tasks


class Peer:
    """What is known of one peer.

    Parameters:
        is_link: other machines are behind it.
        in_turn: it gets tasks in the order in which peers became idle.
        failed_starts: workers before it, in its place, that died before they spoke.
    """

    def __init__(self, is_link: bool = False, in_turn: bool = True, failed_starts: int = 0) -> None:
        self.is_link = is_link
        self.in_turn = in_turn
        self.failed_starts = failed_starts
        self.has_spoken = False
        self.idle = False  # as of all messages that it was sent
        self.all_done = False  # the same, and no thread or machine behind it is at work
        self.cannot_start = False  # it will never take work
        self.retired = False  # it leaves by itself, and takes no work any more
        self.ended_for: EndedFor | None = None
        self.answered = 0  # tasks whose results it has sent
        self.sent = 0  # messages to it that count
        self.heard = 0  # messages from a link that count
        self.credit = Credit()  # of a link
        self.told: Need | None = NOTHING  # in Demand; None: it is owed a new one

    @property
    def is_able(self) -> bool:
        """Whether it is a worker that takes work, or will."""
        return not (self.is_link or self.cannot_start or self.retired)


class StealRequests:
    """Which peers wait for work, and which workers are asked to give some.

        waiting ──gets work──> busy ──is asked──> asked ──gives──> busy, and the first to be asked next time
           ^                     │                  │
           └───────is idle───────┴──────────────────┘

    At first the broker asks a few workers, those that gave last: they are the likeliest to have more. While they do
    not give, it asks as many more, again and again. So one idle worker among thousands neither disturbs all the
    others, nor waits for long.
    """

    def __init__(self) -> None:
        self.waiting: OrderedDict[int, int] = OrderedDict()  # for so many tasks, the longest-waiting first
        self.wanted = 0  # tasks, by all that wait
        self._busy: OrderedDict[int, None] = OrderedDict()  # workers to ask next, in this order
        self._asked: dict[int, bool] = {}

    @property
    def can_ask_more(self) -> bool:
        """Whether a peer waits, and some worker has not been asked yet."""
        return bool(self.waiting and self._busy)

    def wait(self, peer: int, tasks: int = 1) -> bool:
        """A peer wants so many tasks, and so has nothing to give; return whether it was asked."""
        self.wanted += tasks - self.waiting.get(peer, 0)
        self.waiting[peer] = tasks
        self._busy.pop(peer, None)
        return self._asked.pop(peer, False)

    def stop_waiting(self, peer: int) -> None:
        self.wanted -= self.waiting.pop(peer)
        self._busy[peer] = None

    def may_give(self, worker: int) -> None:
        """A worker is to be asked before all others: it has given, or runs the program."""
        self._asked.pop(worker, None)
        self._busy[worker] = None
        self._busy.move_to_end(worker, last=False)

    def forget(self, peer: int) -> None:
        self.wanted -= self.waiting.pop(peer, 0)
        self._busy.pop(peer, None)
        self._asked.pop(peer, None)

    def ask(self, again: bool = False) -> list[int]:
        """Return the workers to ask in addition; ``again``: those that were asked have not given for a while."""
        number = max(TUNING.workers_asked_first, len(self.waiting)) - len(self._asked)
        if again:
            number = max(number, len(self._asked))
        chosen = [self._busy.popitem(last=False)[0] for _ in range(min(number, len(self._busy)))]
        self._asked.update(dict.fromkeys(chosen, True))
        return chosen

    def withdraw(self) -> tuple[int, ...]:
        """No peer waits any more: return the workers that were asked, and need not give."""
        asked = tuple(self._asked)
        for worker in reversed(asked):
            self.may_give(worker)
        return asked


class Peers(dict[int, Peer]):
    """All peers by their numbers, and what is to be done. Those that are idle wait in ``requests``."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = StealRequests()
        self.instructions: list[Instruction] = []
        self.to_tell: set[int] = set()  # links that no longer believe what they were told last
        self.asked: set[int] = set()  # links that were told that tasks are wanted
        self.free: dict[int, Amounts] = {}  # resources behind links, as these have said last; none while that is void

    def but(self, *excluded: int) -> Iterator[Peer]:
        return (peer for number, peer in self.items() if number not in excluded)

    def retire(self, number: int) -> None:
        self.requests.forget(number)
        self[number].idle = False
        self[number].retired = True

    def note_idle(self, number: int, seen: int, all_done: bool) -> None:
        """A peer has nothing to do, as of so many messages."""
        peer = self[number]
        peer.has_spoken = True
        is_valid = seen == peer.sent
        if is_valid:
            self._note_waiting(number)
        peer.all_done = all_done and is_valid

    def _note_waiting(self, number: int) -> None:
        peer = self[number]
        if not peer.retired:
            peer.idle = True
            if peer.in_turn and self.requests.wait(number, peer.credit.left if peer.is_link else 1):
                self.instructions.append(Mark(number, False))

    def note_busy(self, number: int) -> None:
        peer = self[number]
        peer.all_done = False
        if peer.idle:
            peer.idle = False
            if peer.in_turn:
                self.requests.stop_waiting(number)

    def note_demand(self, number: int, demand: Demand) -> None:
        peer = self[number]
        peer.has_spoken = True
        is_valid = demand.seen == peer.sent
        self.free.pop(number, None)
        if is_valid and demand.free:
            self.free[number] = amounts_of(demand.free, demand.amounts)
        peer.cannot_start &= not demand.wanted  # else workers have started there meanwhile
        peer.credit.demanded(demand.wanted, demand.seen)
        if peer.credit.left:
            self._note_waiting(number)
        else:
            self.note_busy(number)
        peer.all_done = demand.all_done and is_valid

    def note_handed(self, number: int, tasks: int) -> None:
        """A link was handed so many tasks in the last message to it. Others that wait are next."""
        peer = self[number]
        peer.credit.handed(peer.sent, tasks)
        self.note_busy(number)
        if peer.credit.left:
            self._note_waiting(number)

    def note_came(self, number: int, tasks: int) -> None:
        """So many tasks have come from a link: what it was told that we want is less by that."""
        peer = self[number]
        if peer.told is not None:
            peer.told = peer.told._replace(wanted=max(0, peer.told.wanted - tasks))

    def note_heard(self, number: int) -> None:
        """A message that counts has come from a link: it believes of what it was told only how many tasks we want."""
        peer = self[number]
        peer.heard += 1
        believed = None if peer.retired or peer.told is None else Need(peer.told.wanted, all_done=False, free={})
        if believed is None or believed != peer.told:
            peer.told = believed
            self.to_tell.add(number)

    def send(self, number: int, message: Message) -> None:
        """Send a message, if the peer is still there. What it has said of its idleness is void then."""
        if (peer := self.get(number)) is not None:
            peer.sent += 1
            peer.all_done = False
            self.free.pop(number, None)
            if peer.idle and not peer.is_link:
                self.note_busy(number)
            self.instructions.append(Send(number, message))

    def send_uncounted(self, number: int, message: Message) -> None:
        """Send what changes nothing of what there is to do: a peer that is idle remains so."""
        if number in self:
            self.instructions.append(Send(number, message))

    def send_demand(self, number: int, need: Need) -> None:
        """Tell a link what this side needs, if it does not know that."""
        peer = self.get(number)
        if peer is not None and not (peer.told and _is_near(peer.told, need)):
            peer.told = need
            demand = Demand(peer.heard, *need[:2], tuple(need.free), tuple(need.free.values()))
            self.instructions.append(Send(number, demand))
            (self.asked.add if need.wanted else self.asked.discard)(number)
        self.to_tell.discard(number)

    def take_instructions(self) -> list[Instruction]:
        instructions, self.instructions = self.instructions, []
        return instructions


def _is_near(told: Need, need: Need) -> bool:
    """Return whether a link need not hear of a need: it knows the rest, and at least half of the tasks."""
    if told[1:] != need[1:]:
        return False
    return not told.wanted if not need.wanted else need.wanted < 2 * told.wanted
