"""The broker's books, pure: events in, instructions out, no I/O.

Every task that has left its owner is in exactly one place:

    owner ──parcel──> stock ──assigned──> held by a worker ──outcome──> owner, and off the books
                        ^                    │
                        ├──────returned──────┤    it had not begun, whether its worker lives or not
                     suspects <──worker died─┘    it had begun, and has tries left; else ──lost──> owner

The bytes of a parcel are kept until the last of its tasks is off the books, so a task can be handed out again
without asking anybody. The books never look into bytes.

Blame. A worker takes up its errands in the order they came, and counts them where its death cannot wipe it out: so of
what a dead worker held, as many as it had taken and not answered for, counted from the first, had begun. The last of
them most likely killed it, and has one try less. All of them are handed out again singly, so that the one that kills
its workers takes no other with it, and never to the origin, whose death would end the run. What must not run twice is
lost if it had begun. Where nothing had begun, what the worker held may have been too much for it: it is suspect too.

Hunger. A worker that has nothing to do says so, once, and says how many messages it had seen by then. If the
books have sent it more since, the word is void: the worker will look at those and speak again. So "hungry" here
means exactly: it waits for us. While there are hungry workers and no stock, others are *asked* (``demand.py``); one
that is asked gives as soon as it has something to spare, and counts as asked until it has given or hunger is over.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter

from ..wire.cargo import Cargo
from ..wire.messages import SUSPECT, USUAL, Kind, Message, owner_of
from .demand import Demand
from .instructions import Ask, Instruction, Replace, Send, Unask
from .register import Register

__all__ = ["Ledger"]


MOST_STILLBORN = 3
"""Workers that may die in one place, one after another, before they have spoken; after that none is put there."""

MOST_ARRIVALS = 3
"""Workers that may die as a task arrives, before they have begun anything, even if the task has fewer retries."""


class _Parcel:
    __slots__ = ("arrivals", "body", "cargo", "losses", "open", "retries", "tries", "unwanted")

    def __init__(self, body: bytes, cargo: Cargo | None, retries: Sequence[int] | Mapping[int, int]) -> None:
        self.body = body
        self.cargo = cargo
        self.open = len(retries)  # tasks that have not ended
        self.retries = retries  # of each task
        self.tries: dict[int, int] = {}  # deaths, by task, of those that saw any
        self.arrivals: dict[int, int] = {}  # deaths, by task, on workers where nothing had begun
        self.losses: dict[int, int] = {}  # machines that were lost, by task, of those that were on any
        self.unwanted: set[int] = set()  # tasks that their owner does not want any more


class _Worker:
    __slots__ = ("answered", "broken", "busy", "held", "hungry", "retired", "sent", "stillborn", "up")

    def __init__(self, stillborn: int) -> None:
        self.held: dict[tuple[int, int], None] = {}  # tasks, in the order they were handed to it
        self.answered = 0  # tasks whose outcomes it has sent
        self.sent = 0  # messages we have sent it
        self.stillborn = stillborn  # workers before it, in its place, that died before they spoke
        self.retired = False  # it leaves of its own will
        self.up = False  # it has spoken
        self.hungry = False
        self.busy = False  # hungry or not, threads of it are at work
        self.broken = False  # it will never take work


class Ledger:
    """Who owns, who holds, who hungers.

    Parameters:
        origin: the worker that runs the program; it is up from the start.
        spare: whether the origin gets no tasks.
        retries: how often a task is handed out again after a worker died with it.
        report: tells what happened to the worker that died last, for the owners of what it held.
    """

    def __init__(
        self, origin: int = 0, retries: int = 2, report: Callable[[int], str] = str, spare: bool = False
    ) -> None:
        self._origin = origin
        self._spare = spare
        self._retries = retries
        self._report = report
        self._workers: dict[int, _Worker] = {}
        self._parcels: dict[int, _Parcel] = {}
        self._stock: deque[tuple[int, list[int]]] = deque()
        self._suspects: deque[tuple[int, int]] = deque()  # tasks that have begun on workers which died
        self._demand = Demand()
        self._finishing = False  # the program has ended, and waits for the work that is left
        self._patient = False  # and for workers that are still starting
        self._register = Register()
        self._out: list[Instruction] = []

    # -- events: each returns what is to be done about it -----------------------------------------------------

    def joined(self, worker: int, stillborn: int = 0) -> list[Instruction]:
        """A worker has been started, in a place where so many before it died in a row before they spoke."""
        self._workers[worker] = _Worker(stillborn)
        if worker == self._origin:
            self._demand.may_give(worker)
        for message in self._register.so_far():
            self._pass_on(worker, message)
        return self._done()

    def received(self, worker: int, message: Message) -> list[Instruction]:
        """A worker has sent ``message``."""
        kind, parcel, numbers, body, cargo = message
        if kind in (Kind.HUNGRY, Kind.FINISH):
            self._finishing |= kind == Kind.FINISH
            self._patient |= kind == Kind.FINISH and bool(numbers)
            self._hunger(worker, seen=parcel, busy=kind == Kind.HUNGRY and bool(numbers))
        elif kind == Kind.SATED:
            self._feed(worker)
        elif kind == Kind.PARCEL:
            allowed = [n & ~SUSPECT for n in numbers]
            retries = [self._retries if n == USUAL else n for n in allowed]
            entry = self._parcels[parcel] = _Parcel(body, cargo, retries)
            entry.tries.update((place, 0) for place, n in enumerate(numbers) if n & SUSPECT)
            self._demand.may_give(worker)
            self._restock(parcel, range(len(numbers)))
        elif kind == Kind.RETURN:
            self._release(worker, parcel, numbers)
            self._demand.may_give(worker)
            self._restock(parcel, numbers)
        elif kind in (Kind.OUTCOME, Kind.DROPPED):
            self._release(worker, parcel, numbers)
            self._workers[worker].answered += len(numbers) if kind == Kind.OUTCOME else 0
            self._close(parcel, numbers, kind, body, cargo)
        elif kind == Kind.DROP:
            self._drop(parcel, set(numbers))
        elif kind in (Kind.CONST, Kind.UNCONST):
            self._own_constant(worker, message)
        elif kind == Kind.BROKEN:
            if self._workers[worker].up:
                raise ValueError("a worker that works says that it could not start")
            self._workers[worker].broken = True
            able = any(w.up and not w.broken for number, w in self._workers.items() if number != self._origin)
            self._send(self._origin, kind, parcel, [1] if able else [], body)
        elif kind == Kind.RETIRE:
            self._demand.forget(worker)
            self._workers[worker].hungry = False
            self._workers[worker].retired = True
        self._match()
        return self._done()

    def left(self, worker: int, taken: int) -> list[Instruction]:
        """A worker has died, having taken up so many tasks in all its life."""
        gone = self._workers.pop(worker)
        self._demand.forget(worker)
        # What it owned has no one to go to. What it was working on is run again, and will spawn its own anew.
        for parcel in [p for p in self._parcels if owner_of(p) == worker]:
            self._forget(parcel)
        begun = 0 if gone.retired else max(0, taken - gone.answered)
        held = iter([*gone.held])
        suspects = [*islice(held, begun)]
        for place, task in enumerate(suspects, 1):
            self._suspect(worker, *task, culprit=place == begun)
        for parcel, tasks in groupby(held, key=itemgetter(0)):
            numbers = [number for _, number in tasks]
            blameless = begun or gone.retired
            self._restock(parcel, numbers if blameless else self._survive_arrival(worker, parcel, numbers))
        self._tidy_up_after(worker)
        self._replace(worker, gone)
        self._match()
        return self._done()

    def waited(self) -> list[Instruction]:
        """Those who were asked have not given for a while."""
        self._ask(again=True)
        return self._done()

    @property
    def waits(self) -> bool:
        """Whether somebody waits for work, and not all others have been asked for it."""
        return self._demand.waits

    @property
    def empty(self) -> bool:
        """Whether no task is on the books."""
        return not (self._parcels or self._stock or self._suspects)

    # -- parcels ----------------------------------------------------------------------------------------------

    def _release(self, worker: int, parcel: int, numbers: Sequence[int]) -> None:
        held = self._workers[worker].held
        for number in numbers:
            held.pop((parcel, number), None)

    def _survive_arrival(self, worker: int, parcel: int, numbers: list[int]) -> list[int]:
        """Suspect what a worker held that died before anything had begun: it may be too large to take in."""
        entry = self._parcels.get(parcel)
        if entry is None:
            return []  # their owner has died
        alive = []
        for number in numbers:
            entry.tries.setdefault(number, 0)
            arrivals = entry.arrivals[number] = entry.arrivals.get(number, 0) + 1
            if arrivals <= max(MOST_ARRIVALS, entry.retries[number]):
                alive.append(number)
            else:
                self._lose(worker, parcel, number, arrivals)
        return alive

    def _lose(self, worker: int, parcel: int, number: int, tries: int) -> None:
        self._close(parcel, [number], Kind.LOST, f"{tries}\n{self._report(worker)}".encode())

    def _restock(self, parcel: int, numbers: Sequence[int]) -> None:
        """Take in tasks that have not begun where they were."""
        entry = self._parcels.get(parcel)
        if entry is None:
            return  # their owner has died
        if unwanted := [number for number in numbers if number in entry.unwanted]:
            self._close(parcel, unwanted, Kind.DROPPED, b"")
            numbers = [number for number in numbers if number not in entry.unwanted]
        self._suspects.extend((parcel, number) for number in numbers if number in entry.tries)
        if innocent := [number for number in numbers if number not in entry.tries]:
            self._stock.append((parcel, innocent))

    def _close(
        self, parcel: int, numbers: Sequence[int], kind: Kind, body: bytes, cargo: Cargo | None = None
    ) -> None:
        """Take tasks off the books, and tell their owner how they ended."""
        entry = self._parcels.get(parcel)
        if entry is None:
            return
        self._send(owner_of(parcel), kind, parcel, numbers, body, cargo)
        entry.open -= len(numbers)
        if not entry.open:
            del self._parcels[parcel]

    def _drop(self, parcel: int, unwanted: set[int]) -> None:
        """Take tasks off the books that nobody has; ask whoever has others of them to drop those."""
        dropped: list[int] = []
        if parcel in self._parcels:
            self._parcels[parcel].unwanted |= unwanted  # who has them may die, or be giving them back
        for _ in range(len(self._stock)):
            stocked, numbers = self._stock.popleft()
            if stocked == parcel:
                dropped += [n for n in numbers if n in unwanted]
                numbers = [n for n in numbers if n not in unwanted]
            if numbers:
                self._stock.append((stocked, numbers))
        suspects = [n for p, n in self._suspects if p == parcel and n in unwanted]
        for number in suspects:
            self._suspects.remove((parcel, number))
        if dropped or suspects:
            self._close(parcel, dropped + suspects, Kind.DROPPED, b"")
        for worker, state in self._workers.items():
            held = [n for p, n in state.held if p == parcel and n in unwanted]
            if held:
                self._send(worker, Kind.DROP, parcel, held)

    def _forget(self, parcel: int) -> None:
        del self._parcels[parcel]
        self._stock = deque(lot for lot in self._stock if lot[0] != parcel)
        self._suspects = deque(task for task in self._suspects if task[0] != parcel)
        for worker, state in self._workers.items():  # they go on holding what they have begun
            numbers = [n for p, n in state.held if p == parcel]
            if numbers:
                self._send(worker, Kind.DROP, parcel, numbers)

    def _suspect(self, worker: int, parcel: int, number: int, culprit: bool) -> None:
        """Hand out again what had begun on a worker that died; ``culprit`` is what had begun last."""
        entry = self._parcels.get(parcel)
        if entry is None:
            return  # its owner has died
        tries = entry.tries[number] = entry.tries.get(number, 0) + culprit
        if tries + entry.losses.get(number, 0) > entry.retries[number] or not entry.retries[number]:
            self._lose(worker, parcel, number, max(tries, 1))
        elif number in entry.unwanted:
            self._close(parcel, [number], Kind.DROPPED, b"")
        else:
            self._suspects.append((parcel, number))

    def _replace(self, worker: int, gone: _Worker) -> None:
        stillborn = 0 if gone.up or gone.retired else gone.stillborn + 1
        if stillborn <= MOST_STILLBORN:
            self._out.append(Replace(worker, stillborn))
        elif self._workers.keys() <= {self._origin}:
            body = f"workers die while they start, one after another; the last one: {self._report(worker)}".encode()
            self._send(self._origin, Kind.BROKEN, body=body)

    # -- hunger -----------------------------------------------------------------------------------------------

    def _hunger(self, worker: int, seen: int, busy: bool) -> None:
        state = self._workers[worker]
        state.up = True
        state.busy = busy
        if seen == state.sent and not (state.hungry or state.retired):
            state.hungry = True
            if not self._is_spared(worker) and self._demand.hungers(worker):
                self._out.append(Unask((worker,)))

    def _match(self) -> None:
        """Hand stock to the hungry; ask the others while that does not do; see whether all has ended."""
        hungry = self._demand.hungry
        while hungry:
            if self._suspects and (brave := self._brave()) is not None:
                parcel, number = self._suspects.popleft()
                self._hand(brave, parcel, [number])
            elif self._stock:
                parcel, numbers = self._stock.popleft()
                # Several hungry and one lot: each gets a share.
                share = -(-len(numbers) // min(len(numbers), max(1, len(hungry) - len(self._stock))))
                if share < len(numbers):
                    self._stock.appendleft((parcel, numbers[share:]))
                self._hand(hungry[0], parcel, numbers[:share])
            else:
                break
        if self._finishing and self.empty and all(map(self._is_done, self._workers.values())):
            self._send(self._origin, Kind.FINISH)
        elif hungry:
            self._ask()
        elif asked := self._demand.calm():
            self._out.append(Unask(asked))

    def _brave(self) -> int | None:
        """Return a hungry worker for a suspect: not the origin; one that it takes nobody with it, if there is one."""
        able = [worker for worker in self._demand.hungry if worker != self._origin]
        return next((worker for worker in able if not self._workers[worker].held), able[0] if able else None)

    def _hand(self, worker: int, parcel: int, numbers: list[int]) -> None:
        self._workers[worker].held.update(((parcel, number), None) for number in numbers)
        entry = self._parcels[parcel]
        self._send(worker, Kind.PARCEL, parcel, numbers, entry.body, entry.cargo)

    def _feed(self, worker: int) -> None:
        if self._workers[worker].hungry:
            self._workers[worker].hungry = False
            if not self._is_spared(worker):
                self._demand.feed(worker)

    def _is_spared(self, worker: int) -> bool:
        return self._spare and worker == self._origin

    def _is_done(self, state: _Worker) -> bool:
        return (state.hungry and not state.busy) or state.broken or not (state.up or self._patient)

    def _ask(self, again: bool = False) -> None:
        for worker in self._demand.ask(again):
            self._out.append(Ask(worker))
            self._send(worker, Kind.STEAL)

    # -- the rest ---------------------------------------------------------------------------------------------

    def _own_constant(self, worker: int, message: Message) -> None:
        """A worker of ours sets or deletes constants."""
        self._register.claim(worker, message)
        self._constant(worker, message)

    def _constant(self, worker: int, message: Message) -> None:
        taken = self._register.enter(message)
        if not taken:
            for everyone in self._workers:
                self._pass_on(everyone, message)
        self._send(worker, Kind.VERDICT, message.parcel, body="\0".join(taken).encode())

    def _tidy_up_after(self, worker: int) -> None:
        """Delete the constants that nobody needs, since the worker has died that has set them."""
        if useless := self._register.useless_without(worker):
            self._own_constant(worker, useless)

    def _pass_on(self, worker: int, message: Message) -> None:
        """Tell a worker of a constant that was set or deleted."""
        kind, _, (length,), body, cargo = message
        self._send(worker, kind, body=body[length:], cargo=cargo)

    def _send(
        self,
        worker: int,
        kind: Kind,
        parcel: int = 0,
        numbers: Sequence[int] = (),
        body: bytes = b"",
        cargo: Cargo | None = None,
    ) -> None:
        state = self._workers.get(worker)
        if state is None:
            return
        state.sent += 1
        self._feed(worker)  # it has something to look at now, and will speak again if that is no food
        self._out.append(Send(worker, Message(kind, parcel, numbers, body, cargo)))

    def _done(self) -> list[Instruction]:
        out, self._out = self._out, []
        return out
