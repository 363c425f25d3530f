"""Books some of whose workers are uplinks: what is on the other side of one is another set of books.

An uplink is a worker that is many. It differs from others in four ways:

    parcels    of what it is handed it may pass on a part, and what it hands in may be a part: so to the numbers of
               tasks are added their retries, one each, those that are left; also where tasks are returned
    appetite   it says not only whether its side is hungry, but also whether nothing is left to do there; and it is
               told the same of this side. Like HUNGRY, each word counts what its speaker had seen, and is void if
               it has been sent more since
    constants  are decided at one place of the run, the arbiter: what is set elsewhere is sent on to there
    its end    is the loss of machines, which is seldom the fault of a task: what they held goes out again as it
               was, with one try less, also what had not begun; nobody is left who could tell. What must not run
               twice is lost
"""

from collections.abc import Callable, Sequence
from itertools import count, groupby
from operator import itemgetter, or_

from ..wire.cargo import Cargo
from ..wire.messages import SUSPECT, USUAL, Kind, Message, owner_of
from .instructions import Instruction
from .ledger import Ledger, _Parcel

__all__ = ["CALM", "HUNGER", "Linked"]

HUNGER, CALM = 1, 2
"""What an APPETITE says, added up: somebody here waits for work; nothing is left to do here, nor on its way."""


class Linked(Ledger):
    """Books with uplinks. A subclass says which workers those are, and what they are told.

    Parameters:
        arbiter: the uplink beyond which constants are decided; None: here.
        The others: see Ledger.
    """

    def __init__(
        self, arbiter: int | None, retries: int, report: Callable[[int], str] = str, spare: bool = False
    ) -> None:
        super().__init__(0, retries, report, spare)
        self._arbiter = arbiter
        self._heard: dict[int, int] = {}  # messages from each uplink, words of appetite not counted
        self._told: dict[int, int | None] = {}  # of our appetite, to each uplink; None: it waits for a word
        self._calm: set[int] = set()  # uplinks beyond which nothing is left to do, as of all that we have sent
        self._calls = count(1)
        self._callers: dict[int, tuple[int, int]] = {}  # of constants that are being decided elsewhere

    def _is_uplink(self, worker: int) -> bool:
        raise NotImplementedError

    def _hear_of_broken(self, uplink: int, message: Message) -> None:
        """Beyond an uplink a worker could not start, or nobody is left."""
        raise NotImplementedError

    def _appetite_for(self, uplink: int) -> int:
        """Return what an uplink is to be told of this side."""
        raise NotImplementedError

    # -- events -----------------------------------------------------------------------------------------------

    def joined(self, worker: int, stillborn: int = 0) -> list[Instruction]:
        """See Ledger."""
        if self._is_uplink(worker):
            self._heard[worker], self._told[worker] = 0, 0
        return super().joined(worker, stillborn)

    def received(self, worker: int, message: Message) -> list[Instruction]:
        """See Ledger."""
        if not self._is_uplink(worker):
            return super().received(worker, message)
        kind, parcel, numbers, body, cargo = message
        if kind != Kind.APPETITE:
            self._heard[worker] += 1
            self._told[worker] = None
        if kind == Kind.APPETITE:
            self._hear(worker, parcel, numbers[0])
        elif kind == Kind.PARCEL:
            self._take_in(parcel, numbers, body, cargo)
        elif kind == Kind.LOST:
            self._release(worker, parcel, numbers)
            self._close(parcel, numbers, kind, body)
        elif kind == Kind.VERDICT:
            caller, call = self._callers.pop(parcel)
            self._send(caller, kind, call, body=body)
        elif kind == Kind.RETURN:
            self._take_back(worker, parcel, numbers)
        elif kind == Kind.BROKEN:
            self._hear_of_broken(worker, message)
        else:
            return super().received(worker, message)
        self._match()
        return self._done()

    def left(self, worker: int, taken: int) -> list[Instruction]:
        """See Ledger."""
        if not self._is_uplink(worker):
            return super().left(worker, taken)
        gone = self._workers.pop(worker)
        self._demand.forget(worker)
        self._calm.discard(worker)
        for parcel in [p for p in self._parcels if owner_of(p) == worker]:
            self._forget(parcel)
        for parcel, tasks in groupby([*gone.held], key=itemgetter(0)):
            self._restock(parcel, [number for _, number in tasks if self._survives(worker, parcel, number)])
        self._tidy_up_after(worker)
        self._match()
        return self._done()

    def speak(self) -> list[Instruction]:
        """Tell the uplinks of our appetite, where it has changed. To be called a moment after the last event."""
        for uplink in [worker for worker in self._told if worker in self._workers]:
            appetite = self._appetite_for(uplink)
            if appetite != self._told[uplink]:
                self._told[uplink] = appetite
                self._send(uplink, Kind.APPETITE, self._heard[uplink], (appetite,))
        return self._done()

    # -- what is different with uplinks -----------------------------------------------------------------------

    def _hear(self, uplink: int, seen: int, appetite: int) -> None:
        if appetite & HUNGER:
            self._hunger(uplink, seen, busy=not appetite & CALM)
        else:
            self._workers[uplink].up = True
            self._feed(uplink)
        if appetite & CALM and seen == self._workers[uplink].sent:
            self._calm.add(uplink)
        else:
            self._calm.discard(uplink)

    def _take_in(self, parcel: int, numbers: Sequence[int], body: bytes, cargo: Cargo | None) -> None:
        places, allowed = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
        bare = [n & ~SUSPECT for n in allowed]
        retries = {p: self._retries if n == USUAL else n for p, n in zip(places, bare, strict=True)}
        entry = self._parcels[parcel] = _Parcel(body, cargo, retries)
        entry.tries.update((place, 0) for place, n in zip(places, allowed, strict=True) if n & SUSPECT)
        self._restock(parcel, places)

    def _take_back(self, uplink: int, parcel: int, numbers: Sequence[int]) -> None:
        """What was handed out comes back, and may have been lost with machines meanwhile."""
        places, left = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
        self._release(uplink, parcel, places)
        if entry := self._parcels.get(parcel):
            for place, n in zip(places, left, strict=True):
                entry.losses[place] = entry.retries[place] - entry.tries.get(place, 0) - (n & ~SUSPECT)
        self._restock(parcel, places)

    def _wide(self, parcel: int, numbers: Sequence[int]) -> list[int]:
        """Return tasks, and the retries that each of them has left."""
        entry = self._parcels[parcel]
        left = [max(0, entry.retries[n] - entry.tries.get(n, 0) - entry.losses.get(n, 0)) for n in numbers]
        marks = [SUSPECT * (n in entry.tries) for n in numbers]
        return [*numbers, *map(or_, left, marks)]

    def _survives(self, uplink: int, parcel: int, number: int) -> bool:
        """Take a try from a task that was on a machine which is lost; return whether it may run again."""
        entry = self._parcels.get(parcel)
        if entry is None:
            return False  # its owner has died
        losses = entry.losses[number] = entry.losses.get(number, 0) + 1
        if losses + entry.tries.get(number, 0) <= entry.retries[number]:
            return True
        self._lose(uplink, parcel, number, losses)
        return False

    def _send(
        self,
        worker: int,
        kind: Kind,
        parcel: int = 0,
        numbers: Sequence[int] = (),
        body: bytes = b"",
        cargo: Cargo | None = None,
    ) -> None:
        if self._is_uplink(worker):
            if kind == Kind.STEAL or (kind == Kind.VERDICT and worker == self._arbiter):
                return  # the one it hears as appetite, the other it has said itself
            self._calm.discard(worker)
            if kind == Kind.PARCEL:
                numbers = self._wide(parcel, numbers)
        super()._send(worker, kind, parcel, numbers, body, cargo)

    def _constant(self, worker: int, message: Message) -> None:
        if self._arbiter is None or worker == self._arbiter:
            super()._constant(worker, message)
            return
        call = next(self._calls)
        self._callers[call] = worker, message.parcel
        self._send(self._arbiter, message.kind, call, message.numbers, message.body, message.cargo)

    def _pass_on(self, worker: int, message: Message) -> None:
        if not self._is_uplink(worker):
            super()._pass_on(worker, message)
        elif worker != self._arbiter:
            self._send(worker, message.kind, 0, message.numbers, message.body, message.cargo)
