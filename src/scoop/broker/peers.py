"""The peers of a broker or of the coordinator: workers, and links to other machines; and which of them are idle.

What a peer says of its idleness counts the messages that it had seen by then. It is void if more have been sent
since: the peer will look at those, and speak again. So here "idle" means exactly: the peer waits for us. Links say in
Demand what their side needs; Demand itself is not counted.
"""

from dataclasses import dataclass

from ..wire.messages import Demand, Message
from .instructions import Instruction, Send, Unask
from .steal_requests import StealRequests

__all__ = ["Peer", "Peers"]


@dataclass(slots=True)
class Peer:
    """What is known of one peer."""

    is_link: bool = False  # other machines are behind it
    in_turn: bool = True  # it gets tasks in the order in which peers became idle
    failed_starts: int = 0  # workers before it, in its place, that died before they spoke
    has_spoken: bool = False
    idle: bool = False  # as of all messages that it was sent
    all_done: bool = False  # the same, and no thread or machine behind it is at work
    cannot_start: bool = False  # it will never take work
    retired: bool = False  # it leaves by itself, and takes no work any more
    answered: int = 0  # tasks whose results it has sent
    sent: int = 0  # messages to it that count
    heard: int = 0  # messages from a link that count
    wants_work: bool = False  # what a link has said last, void or not
    told: tuple[bool, bool] | None = False, False  # in Demand; None: it is owed a new one


class Peers(dict[int, Peer]):
    """All peers by their numbers, and the instructions that concern them.

    Parameters:
        requests: where peers wait that are idle.
    """

    def __init__(self, requests: StealRequests) -> None:
        super().__init__()
        self._requests = requests
        self._instructions: list[Instruction] = []

    def but(self, *excluded: int) -> list[Peer]:
        """Return all other peers."""
        return [peer for number, peer in self.items() if number not in excluded]

    # -- coming and going -------------------------------------------------------------------------------------

    def retire(self, number: int) -> None:
        """A peer is about to leave by itself."""
        self._requests.forget(number)
        self[number].idle = False
        self[number].retired = True

    def leave(self, number: int) -> Peer:
        """A peer has died or left; return what was known of it."""
        self._requests.forget(number)
        return self.pop(number)

    # -- idleness ---------------------------------------------------------------------------------------------

    def note_idle(self, number: int, seen: int, all_done: bool, wants_work: bool = True) -> None:
        """A peer has nothing to do, as of so many messages; a link may want no work all the same."""
        peer = self[number]
        peer.has_spoken = True
        is_valid = seen == peer.sent
        if not wants_work:
            self.note_busy(number)
        elif is_valid and not (peer.idle or peer.retired):
            peer.idle = True
            if peer.in_turn and self._requests.wait(number):
                self.instruct(Unask((number,)))
        peer.all_done = all_done and is_valid

    def note_busy(self, number: int) -> None:
        """A peer has found work, or will look for some."""
        peer = self[number]
        peer.all_done = False
        if peer.idle:
            peer.idle = False
            if peer.in_turn:
                self._requests.stop_waiting(number)

    def note_demand(self, number: int, demand: Demand) -> None:
        """A link has said what its side needs."""
        peer = self[number]
        peer.wants_work = demand.wants_work
        peer.cannot_start &= not demand.wants_work  # else workers have started there meanwhile
        self.note_idle(number, demand.seen, demand.all_done, demand.wants_work)

    def note_message(self, number: int) -> None:
        """A link has sent anything but Demand: it counts, and a new Demand is owed."""
        self[number].heard += 1
        self[number].told = None

    # -- sending ----------------------------------------------------------------------------------------------

    def send(self, number: int, message: Message) -> None:
        """Send a message, if the peer is still there. What it has said of its idleness is void then."""
        peer = self.get(number)
        if peer is not None:
            peer.sent += 1
            peer.all_done = False
            if peer.idle:
                self.note_busy(number)
            self._instructions.append(Send(number, message))

    def send_demand(self, number: int, wants_work: bool, all_done: bool) -> None:
        """Tell a link what this side needs, if that is news to it."""
        peer = self.get(number)
        if peer is not None and peer.told != (wants_work, all_done):
            peer.told = wants_work, all_done
            self.instruct(Send(number, Demand(peer.heard, wants_work, all_done)))

    def instruct(self, instruction: Instruction) -> None:
        """Have something done."""
        self._instructions.append(instruction)

    def take_instructions(self) -> list[Instruction]:
        """Return all that is to be done, in this order."""
        instructions, self._instructions = self._instructions, []
        return instructions
