"""The books of one machine of several.

Its uplink comes last: it is handed only what no worker of the machine waits for. While other machines are hungry, the
workers are asked a second time, *far*: to give what is worth a journey that costs ten times as much as one within the
machine.

    own workers hungry     they are fed, and all asked, as ever; and the uplink is told, so that other machines give
    only others hungry     what is in stock goes to the uplink, a lot for each of its words; workers are asked far

Suspects are never given to the origin: so where it is the only worker left to ask, the uplink has them.
"""

from collections.abc import Callable

from ..wire.messages import TOO_FEW, UNGUARDED, Kind, Message, owner_of
from .instructions import Ask, Instruction, Unask
from .ledger import _Worker
from .linked import CALM, HUNGER, Linked

__all__ = ["Branch"]


class Branch(Linked):
    """The books of one machine.

    Parameters:
        uplink: the worker that is the uplink.
        decides: whether constants are decided on this machine: it has the origin.
        The others: see Ledger.
    """

    def __init__(
        self, uplink: int, decides: bool, retries: int, report: Callable[[int], str] = str, spare: bool = False
    ) -> None:
        super().__init__(None if decides else uplink, retries, report, spare)
        self._uplink = uplink
        self._wanted = False  # other machines are hungry
        self._alone = b""  # why nobody beyond the uplink can work any more
        self._asked_far: set[int] = set()

    def received(self, worker: int, message: Message) -> list[Instruction]:
        """See Ledger."""
        if message.kind in (Kind.PARCEL, Kind.RETURN):
            self._asked_far.discard(worker)
        return super().received(worker, message)

    def left(self, worker: int, taken: int) -> list[Instruction]:
        """See Ledger."""
        self._asked_far.discard(worker)
        if worker == self._uplink:
            self._wanted = False
            why = f"the link to the other machines is lost: {self._report(worker)}"
            self._go_on_alone(TOO_FEW, why.encode())
        return super().left(worker, taken)

    def _is_uplink(self, worker: int) -> bool:
        return worker == self._uplink

    def _is_spared(self, worker: int) -> bool:
        return worker == self._uplink or super()._is_spared(worker)

    def _is_done(self, state: _Worker) -> bool:
        if state is not self._workers.get(self._uplink):
            return super()._is_done(state)
        return self._uplink in self._calm or not state.up

    def _appetite_for(self, uplink: int) -> int:
        others = (state for worker, state in self._workers.items() if worker != uplink)
        calm = self.empty and all(map(self._is_done, others))
        return (HUNGER if self._demand.hungry else 0) | (CALM if calm else 0)

    def _hear(self, uplink: int, seen: int, appetite: int) -> None:
        self._wanted = bool(appetite & HUNGER)
        super()._hear(uplink, seen, appetite)

    def _hear_of_broken(self, uplink: int, message: Message) -> None:
        kind, parcel, numbers, body, _ = message
        if 0 in numbers:
            self._workers[uplink].broken = True
            self._go_on_alone(parcel, body)
        else:
            # Without the guard none can start; nor can the run if too few hosts take part. Else others can work.
            self._send(self._origin, kind, parcel, () if parcel in (UNGUARDED, TOO_FEW) else (1,), body)

    def _go_on_alone(self, problem: int, why: bytes) -> None:
        """Nobody beyond the uplink can work any more: go on, if there is anybody here who can."""
        self._alone = why
        if self._spare and not self._any_able_here():
            self._send(self._origin, Kind.BROKEN, problem, body=why)

    def _any_able_here(self) -> bool:
        others = (state for worker, state in self._workers.items() if worker not in (self._origin, self._uplink))
        return any(not state.broken for state in others)

    def _match(self) -> None:
        if self._alone and self._suspects and not self._any_able_here():
            for parcel, number in [*self._suspects]:  # nobody is left but the program itself, which they may kill
                self._close(parcel, [number], Kind.LOST, b"1\n" + self._alone)
            self._suspects.clear()
        super()._match()
        state = self._workers.get(self._uplink)
        if state is not None and state.hungry and not self._demand.hungry:
            self._hand_a_lot()
        elif state is not None and state.hungry and self._brave() is None:
            self._hand_a_suspect()
        self._ask_far()

    def _hand_a_lot(self) -> None:
        if self._stock:
            self._hand(self._uplink, *self._stock.popleft())
        else:
            self._hand_a_suspect()

    def _hand_a_suspect(self) -> None:
        # What has killed workers here may go elsewhere, but not back whence it came: that would go on for ever.
        task = next((task for task in self._suspects if owner_of(task[0]) != self._uplink), None)
        if task is not None:
            self._suspects.remove(task)
            self._hand(self._uplink, task[0], [task[1]])

    def _ask_far(self) -> None:
        if not self._wanted:
            if self._asked_far:
                self._out.append(Unask(tuple(self._asked_far), far=True))
                self._asked_far.clear()
        elif not self._demand.hungry and len(self._asked_far) < len(self._workers) - 1:
            for worker, state in self._workers.items():
                able = (state.up or worker == self._origin) and not state.retired and worker != self._uplink
                if able and worker not in self._asked_far:
                    self._asked_far.add(worker)
                    self._out.append(Ask(worker, far=True))
                    self._send(worker, Kind.STEAL, numbers=(1,))
