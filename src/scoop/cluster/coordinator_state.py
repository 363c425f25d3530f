"""The state of the coordinator, pure: messages in, messages out. Its peers are the machines of the run.

All that travels between machines passes through it. So it knows of each task that is away from its machine where that
task is, notices the loss of a machine in one place, keeps constants and tasks in order without any numbers, and knows
for certain when nothing is left to do anywhere.
"""

from math import inf

from ..broker.peers import NOTHING, Need, Peer, Send
from ..broker.router import Handlers, Router
from ..wire.messages import GiveBack, Message, Offer, StartFailed, StartProblem, owner_of
from .asking import Asking

__all__ = ["HERE", "CoordinatorState"]

HERE = 0  # the number of the origin's machine, which is the coordinator's too; its broker decides on constants


class CoordinatorState:
    """All that the coordinator knows and decides. Each event returns the messages to send.

    Parameters:
        awaits_hosts: whether the run may not end yet, since too few hosts take part.
    """

    def __init__(self, awaits_hosts: bool = False) -> None:
        self.awaits_hosts = awaits_hosts
        self._asking = Asking(HERE)
        self._told = NOTHING, set[int]()  # what most machines were told last, and which were told something else
        self._failure: StartFailed | None = None  # of the last machine none of whose workers could start
        handlers: Handlers = {StartFailed: self._start_failed}
        self._router = Router(lambda batch: owner_of(batch)[0], HERE, 0, handlers, {})
        self._peers = self._router.peers
        self.joined(HERE)

    def joined(self, machine: int) -> list[Send]:
        self._router.joined(machine, Peer(is_link=True))
        self._peers.to_tell.add(machine)
        self._asking.joined(machine)
        return self._to_send()

    def received(self, machine: int, message: Message) -> list[Send]:
        """A machine has sent a message. Raises ValueError or LookupError if it makes no sense."""
        self._router.received(machine, message)
        if isinstance(message, Offer | GiveBack):
            self._asking.gave(machine)
        return self._match()

    def left(self, machine: int, report: str = "") -> list[Send]:
        """A machine has left, or is lost; ``report`` says so to the owners of what it held."""
        self._router.left(machine, 0, report)
        self._asking.left(machine)
        return self._match()

    def tell_demand(self, now: float = inf) -> list[Send]:
        """Tell the machines what the others need, if that has changed. To be called a moment after each event.

        If the caller does not say what time it is, all hear that others want tasks, not only the next to be asked.
        """
        # There may be thousands of machines. What they are told differs for those alone that wait, are the only one
        # at work, or have the most of a resource. So mostly few of them have to be looked at.
        waiting, wanted = self._router.requests.waiting, self._router.requests.wanted
        ask = self._asking.whom(next(iter(waiting), None), now)
        most = self._most_free()
        at_work = (
            {machine for machine, peer in self._peers.items() if not peer.all_done}
            if self.empty and not self.awaits_hosts
            else None
        )

        def of_all_but(machine: int | None) -> Need:
            free = {name: found for name, each in most.items() if (found := _of_others(each, machine))}
            return Need(0, at_work is not None and at_work <= {machine}, free)

        usual, special = of_all_but(None), {each[0][1] for each in most.values()}
        special.update(at_work if at_work is not None and len(at_work) == 1 else ())
        machines = {*self._peers}
        if self._told[0] == usual:  # so most know all that they are to know
            machines = ask | self._peers.to_tell | special | self._told[1]
            if len(waiting) < 2:  # none wants any more, or but one, which does not ask itself
                machines |= self._peers.asked & {*waiting} if waiting else self._peers.asked
        self._told = usual, special
        for machine in machines & self._peers.keys():
            need = of_all_but(machine) if machine in special else usual
            others_want = wanted - waiting.get(machine, 0)
            if machine not in ask and (told := self._peers[machine].told) is not None:
                others_want = min(others_want, told.wanted)
            self._peers.send_demand(machine, need._replace(wanted=others_want))
        return self._to_send()

    @property
    def look_at(self) -> float:
        """When to call tell_demand() again, even if nothing has happened by then."""
        return self._asking.look_at

    def _most_free(self) -> dict[str, list[tuple[int, int]]]:
        """Return the two machines that have the most of each resource free, with the amounts, the largest first."""
        found: dict[str, list[tuple[int, int]]] = {}
        waiting = self._router.requests.waiting if not self._router.table.in_line else {}
        for machine, free in self._peers.free.items():
            for name, amount in free.items() if machine in waiting else ():
                found[name] = sorted([*found.get(name, []), (amount, machine)], reverse=True)[:2]
        return found

    def give_up(self, why: str) -> list[Send]:
        """No other machine can work, nor will any join: tell that of the origin, which may go on alone."""
        failed = self._failure if any(peer.cannot_start for peer in self._peers.values()) else None
        problem, text = (failed.problem, failed.text) if failed else (StartProblem.HOSTS_MISSING, why)
        self._peers.send(HERE, StartFailed(problem, others_can=False, everywhere=True, text=text))
        return self._to_send()

    @property
    def can_go_on(self) -> bool:
        """Whether there is another machine, with workers that can start."""
        return any(not peer.cannot_start for peer in self._peers.but(HERE))

    @property
    def empty(self) -> bool:
        return self._router.table.empty

    def _match(self) -> list[Send]:
        self._router.hand_out(self._may_run_quarantined)
        return self._to_send()

    def _may_run_quarantined(self, machine: int) -> bool:
        """The machine of the origin is the last that may: its only worker may be the one with the program."""
        return machine != HERE or all(peer.cannot_start or peer.retired for peer in self._peers.but(HERE))

    def _start_failed(self, machine: int, message: StartFailed) -> None:
        if not message.others_can:
            self._peers[machine].cannot_start = True
            self._failure = message
        self._peers.send(HERE, message._replace(others_can=True))

    def _to_send(self) -> list[Send]:
        return [each for each in self._peers.take_instructions() if isinstance(each, Send)]


def _of_others(most: list[tuple[int, int]], machine: int | None) -> int:
    """Return the most of a resource that a task could have on another machine."""
    return next((amount for amount, other in most if other != machine), 0)
