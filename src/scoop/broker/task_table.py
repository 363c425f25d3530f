"""Where each task is that has left its owner: on offer, held by a peer, or quarantined.

README.md draws how tasks move between these places, and says which of them a death is blamed on. The table keeps the
bytes of a batch until the last of its tasks is off the table, so a task can be handed out again without the owner.

A lost machine is seldom the fault of a task. All that it held has one try less, also what had not begun, since no one
is left to say which had; and none of it is quarantined.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby, repeat
from operator import itemgetter

from ..wire.messages import DEFAULT_RETRIES, Cancel, Cancelled, GiveBack, Lost, Offer, Results, Run
from ..wire.shared_buffers import SharedBuffers

__all__ = ["MOST_ARRIVALS", "TaskTable"]

MOST_ARRIVALS = 3
"""Workers that may die as a task arrives, before they have begun anything, even if the task has fewer retries."""

Task = tuple[int, int]
"""A batch, and the number of a task in it."""

Ended = Results | Cancelled | Lost


class _Record:
    """What is known of one task."""

    __slots__ = ("arrivals", "losses", "quarantined", "retries", "tries", "unwanted")

    def __init__(self, retries: int, quarantined: bool) -> None:
        self.retries = retries
        self.quarantined = quarantined  # it may have killed a worker
        self.tries = 0  # workers that it most likely killed
        self.arrivals = 0  # workers that died with it and had begun nothing
        self.losses = 0  # machines that were lost with it
        self.unwanted = False  # its owner has cancelled it

    @property
    def tries_made(self) -> int:
        return self.tries + self.losses

    @property
    def retries_left(self) -> int:
        return self.retries - self.tries_made

    # Each of these returns how often the task was tried if it must not run again; else 0.

    def died_begun(self, is_culprit: bool) -> int:
        self.quarantined = True
        self.tries += is_culprit
        return max(self.tries_made, 1) if self.retries_left < 0 or not self.retries else 0

    def died_on_arrival(self) -> int:
        self.quarantined = True
        self.arrivals += 1
        return self.arrivals if self.arrivals > max(MOST_ARRIVALS, self.retries) else 0

    def lost_with_machine(self) -> int:
        self.losses += 1
        return self.tries_made if self.retries_left < 0 else 0


class _Batch:
    __slots__ = ("body", "buffers", "tasks")

    def __init__(self, body: bytes, buffers: SharedBuffers | None) -> None:
        self.body = body
        self.buffers = buffers
        self.tasks: dict[int, _Record] = {}  # those that are in the table


class TaskTable:
    """All tasks that are on offer, held or quarantined.

    Parameters:
        retries: how often a task is handed out again after a worker died with it, if it has no number of its own.
        tell_owner: sends the end of tasks to the peer that owns them.
    """

    def __init__(self, retries: int, tell_owner: Callable[[Ended], None]) -> None:
        self._retries = retries
        self._tell_owner = tell_owner
        self._batches: dict[int, _Batch] = {}
        self.on_offer: deque[tuple[int, list[int]]] = deque()
        """Lots of tasks that any peer may run, the oldest first."""
        self.quarantine: deque[Task] = deque()
        """Tasks that are to be handed out alone."""
        self._held: dict[int, dict[Task, None]] = {}  # by holder, in the order in which it got them

    @property
    def empty(self) -> bool:
        """Whether no task is in the table."""
        return not self._batches

    def holds_any(self, peer: int) -> bool:
        """Whether a peer holds tasks."""
        return bool(self._held.get(peer))

    def holds(self, peer: int, batch: int, task: int) -> bool:
        """Whether a peer holds this task, and its owner lives."""
        return batch in self._batches and (batch, task) in self._held.get(peer, ())

    # -- in and out -------------------------------------------------------------------------------------------

    def add(self, message: Offer) -> None:
        """Put tasks on offer that their owner, or the machine of their owner, can spare."""
        if not message.tasks:
            return
        batch = self._batches.setdefault(message.batch, _Batch(message.body, message.buffers))
        suspects = message.suspects or repeat(0, len(message.tasks))
        for task, retries, suspect in zip(message.tasks, message.retries, suspects, strict=True):
            batch.tasks[task] = _Record(self._retries if retries == DEFAULT_RETRIES else retries, bool(suspect))
        self._put_on_offer(message.batch, message.tasks)

    def give_back(self, peer: int, message: GiveBack) -> None:
        """Put tasks on offer again that a peer has not begun. A machine says how many retries they have left."""
        self._release(peer, message.batch, message.tasks)
        if message.retries and message.batch in self._batches:
            tasks = self._batches[message.batch].tasks
            for task, left in zip(message.tasks, message.retries, strict=True):
                record = tasks[task]
                record.losses = record.retries - record.tries - left
        self._put_on_offer(message.batch, message.tasks)

    def end(self, peer: int, message: Ended) -> None:
        """Tasks that a peer held have ended."""
        self._release(peer, message.batch, message.tasks)
        if isinstance(message, Lost) and message.batch in self._batches:  # a machine counts its own tries
            before = self._batches[message.batch].tasks[message.tasks[0]].tries_made
            message = message._replace(tries=before + message.tries)
        self._close(message)

    def cancel(self, message: Cancel) -> list[tuple[int, Cancel]]:
        """Drop tasks that no peer holds; return which peers hold others, and must be told."""
        batch = self._batches.get(message.batch)
        if batch is None:
            return []
        unwanted = {task for task in message.tasks if task in batch.tasks}
        for task in unwanted:
            batch.tasks[task].unwanted = True  # its holder may die, or may be giving it back
        if dropped := self._withdraw(message.batch, unwanted):
            self._close(Cancelled(message.batch, dropped))
        return self._holders(message.batch, unwanted)

    def forget(self, is_theirs: Callable[[int], bool]) -> list[tuple[int, Cancel]]:
        """The owner of these batches has died; return which peers hold tasks of them, and must be told."""
        cancels: list[tuple[int, Cancel]] = []
        for batch in [batch for batch in self._batches if is_theirs(batch)]:
            tasks = set(self._batches.pop(batch).tasks)
            self._withdraw(batch, tasks)
            cancels += self._holders(batch, tasks)  # they still hold what they have begun
        return cancels

    # -- handing out ------------------------------------------------------------------------------------------

    def take_share(self, waiting: int) -> tuple[int, list[int]]:
        """Take the oldest lot off offer; if more peers wait than there are lots, only one's share of it."""
        batch, tasks = self.on_offer.popleft()
        peers = max(1, waiting - len(self.on_offer))
        share = -(-len(tasks) // min(len(tasks), peers))
        if share < len(tasks):
            self.on_offer.appendleft((batch, tasks[share:]))
        return batch, tasks[:share]

    def take_quarantined(self, may_go: Callable[[int], bool] = lambda _: True) -> tuple[int, list[int]] | None:
        """Take the oldest quarantined task whose batch may go where it is wanted, if there is one."""
        found = next((task for task in self.quarantine if may_go(task[0])), None)
        if found is None:
            return None
        self.quarantine.remove(found)
        return found[0], [found[1]]

    def run(self, worker: int, batch: int, tasks: list[int]) -> Run:
        """Have a worker hold tasks; return what to send it."""
        self._hold(worker, batch, tasks)
        entry = self._batches[batch]
        return Run(batch, tasks, entry.body, entry.buffers)

    def lend(self, machine: int, batch: int, tasks: list[int]) -> Offer:
        """Have another machine hold tasks; return what to send it."""
        self._hold(machine, batch, tasks)
        entry = self._batches[batch]
        return Offer(batch, tasks, *self._chances(batch, tasks), entry.body, entry.buffers)

    def send_home(self, batch: int, tasks: list[int]) -> GiveBack:
        """Take tasks off the table that go to the machine of their owner; return what to send it."""
        message = GiveBack(batch, tasks, *self._chances(batch, tasks))
        self._remove(batch, tasks)
        return message

    # -- deaths -----------------------------------------------------------------------------------------------

    def worker_died(self, worker: int, begun: int, report: str, retired: bool) -> None:
        """A worker has died that had begun so many of the tasks which it held; ``retired``: none, for it left."""
        held = [*self._held.pop(worker, ())]
        for place, task in enumerate(held[:begun], 1):
            self._try_again([task], partial(_Record.died_begun, is_culprit=place == begun), report)
        blameless = begun or retired
        self._try_again(held[begun:], (lambda _: 0) if blameless else _Record.died_on_arrival, report)

    def machine_lost(self, machine: int, report: str) -> None:
        """A machine is lost, with all that it held."""
        self._try_again(self._held.pop(machine, ()), _Record.lost_with_machine, report)

    def lose_quarantined(self, report: str) -> None:
        """No worker is left that could run the quarantined tasks."""
        while self.quarantine:
            batch, task = self.quarantine.popleft()
            self._close(Lost(batch, [task], 1, report))

    def _try_again(self, tasks: Iterable[Task], note_death: Callable[[_Record], int], report: str) -> None:
        """Put tasks of a dead holder on offer again, if they have retries left and their owner lives."""
        for batch, group in groupby(tasks, key=itemgetter(0)):
            records = self._batches[batch].tasks if batch in self._batches else {}
            survivors = []
            for task in [task for _, task in group if task in records]:
                if tries := note_death(records[task]):
                    self._close(Lost(batch, [task], tries, report))
                else:
                    survivors.append(task)
            self._put_on_offer(batch, survivors)

    # -- places -----------------------------------------------------------------------------------------------

    def _put_on_offer(self, batch: int, tasks: Sequence[int]) -> None:
        """Take in tasks that no peer holds: they are offered, quarantined, or dropped if they are unwanted."""
        entry = self._batches.get(batch)
        if entry is None:
            return  # their owner has died
        offered, dropped = [], []
        for task in tasks:
            record = entry.tasks[task]
            if record.unwanted:
                dropped.append(task)
            elif record.quarantined:
                self.quarantine.append((batch, task))
            else:
                offered.append(task)
        if offered:
            self.on_offer.append((batch, offered))
        if dropped:
            self._close(Cancelled(batch, dropped))

    def _withdraw(self, batch: int, tasks: set[int]) -> list[int]:
        """Take those of these tasks that no peer holds off offer and out of quarantine; return them."""
        withdrawn: list[int] = []
        for _ in range(len(self.on_offer)):
            each, offered = self.on_offer.popleft()
            if each == batch:
                withdrawn += [task for task in offered if task in tasks]
                offered = [task for task in offered if task not in tasks]
            if offered:
                self.on_offer.append((each, offered))
        quarantined = [task for each, task in self.quarantine if each == batch and task in tasks]
        for task in quarantined:
            self.quarantine.remove((batch, task))
        return withdrawn + quarantined

    def _holders(self, batch: int, tasks: set[int]) -> list[tuple[int, Cancel]]:
        held = ((peer, [n for b, n in mine if b == batch and n in tasks]) for peer, mine in self._held.items())
        return [(peer, Cancel(batch, numbers)) for peer, numbers in held if numbers]

    def _hold(self, peer: int, batch: int, tasks: Sequence[int]) -> None:
        self._held.setdefault(peer, {}).update(((batch, task), None) for task in tasks)

    def _release(self, peer: int, batch: int, tasks: Sequence[int]) -> None:
        held = self._held.get(peer, {})
        for task in tasks:
            held.pop((batch, task), None)

    def _close(self, message: Ended) -> None:
        """Tell the owner of tasks how they ended, and take them off the table."""
        if message.batch in self._batches:
            self._tell_owner(message)
            self._remove(message.batch, message.tasks)

    def _remove(self, batch: int, tasks: Sequence[int]) -> None:
        entry = self._batches[batch]
        for task in tasks:
            entry.tasks.pop(task, None)
        if not entry.tasks:
            del self._batches[batch]

    def _chances(self, batch: int, tasks: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return how many retries each task has left, and whether it is quarantined."""
        records = [self._batches[batch].tasks[task] for task in tasks]
        return [max(0, r.retries_left) for r in records], [int(r.quarantined) for r in records]
