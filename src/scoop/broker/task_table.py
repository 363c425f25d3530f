"""Where each task is that has left its owner: on offer, held by a peer, quarantined, or in line for resources.

README.md draws how tasks move between these places, and says which of them a death is blamed on. The table keeps the
bytes of a batch until the last of its tasks is off the table, so a task can be handed out again without the owner.

A lost machine is seldom the fault of a task, so none of its tasks is quarantined. Each of them has one try less, also
if it had not begun: only the lost machine knew which had.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby, repeat, takewhile
from operator import itemgetter

from ..wire import messages as m
from ..wire.shared_buffers import SharedBuffers
from .resources import Amounts, amounts_of, in_turn

__all__ = ["MOST_ARRIVALS", "MOST_INTERRUPTIONS", "TaskTable"]

MOST_ARRIVALS = 3  # workers that may die with a task, having begun nothing, even if the task has fewer retries
MOST_INTERRUPTIONS = 10  # beside tasks for which workers were ended; then each counts as a try, or it might never end
Task = tuple[int, int]  # a batch, and the number of a task in it


class _Record:
    __slots__ = (
        *("arrivals", "deaths", "interruptions", "losses", "needs"),
        *("priority", "quarantined", "retries", "tries", "unwanted"),
    )

    def __init__(self, retries: int, quarantined: bool) -> None:
        self.retries = retries
        self.quarantined = quarantined  # it may have killed a worker
        self.tries = 0  # workers that it most likely killed
        self.deaths = 0  # workers that died when they had begun it, these included
        self.arrivals = 0  # workers that died with it and had begun nothing
        self.interruptions = 0  # workers of these that were ended for another task
        self.losses = 0  # machines that were lost with it
        self.unwanted = False  # its owner has cancelled it
        self.needs: Amounts = {}  # resources
        self.priority = 0

    def runs(self) -> int:
        return self.deaths + self.losses

    def retries_left(self) -> int:
        return self.retries - self.tries - self.losses

    # Each of these returns how often the task was tried if it must not run again; else 0.

    def died_begun(self, is_culprit: bool) -> int:
        self.quarantined = True
        self.deaths += 1
        self.tries += is_culprit
        return self.runs() if self.retries_left() < 0 or not self.retries else 0

    def died_on_arrival(self) -> int:
        self.quarantined = True
        self.arrivals += 1
        return self.arrivals if self.arrivals > max(MOST_ARRIVALS, self.retries) else 0

    def interrupted(self) -> int:
        if self.unwanted:
            return 0  # it is dropped
        self.deaths += 1
        self.interruptions += 1
        self.tries += self.interruptions > MOST_INTERRUPTIONS
        if not self.retries:
            return m.BLAMELESS
        return self.runs() if self.retries_left() < 0 else 0

    def lost_with_machine(self) -> int:
        self.losses += 1
        return self.runs() if self.retries_left() < 0 else 0


class _Batch:
    def __init__(self, body: bytes, buffers: SharedBuffers | None) -> None:
        self.body = body
        self.buffers = buffers
        self.tasks: dict[int, _Record] = {}  # those that are in the table


class TaskTable:
    """All tasks that are on offer, held or quarantined.

    ``retries`` says how often a task is handed out again after a worker died with it, if it has no number of its own;
    ``owner`` returns the peer that owns a batch, or through which its owner is reached.
    """

    def __init__(self, retries: int, owner: Callable[[int], int], send: Callable[[int, m.Message], None]) -> None:
        self._retries = retries
        self._owner = owner
        self._send = send
        self._batches: dict[int, _Batch] = {}
        self.held: dict[int, dict[Task, None]] = {}  # by holder, in the order in which it got them
        self.on_offer: deque[tuple[int, list[int]]] = deque()  # lots that any peer may run, the oldest first
        self.quarantine: deque[Task] = deque()  # to be handed out alone
        self.in_line: deque[Task] = deque()  # for resources; to be handed out alone, too
        self._needs: dict[Task, Amounts] = {}  # of tasks that come next
        self._priorities: dict[Task, int] = {}  # the same
        self.interrupted = 0  # tasks, or parts of maps, that a worker had begun when it died

    @property
    def empty(self) -> bool:
        return not self._batches

    def add(self, peer: int, message: m.Offer) -> None:
        """Put tasks on offer that their owner, or the machine of their owner, can spare."""
        if self._owner(message.batch) != peer:
            raise ValueError("a peer offers tasks that are not its own")
        if not message.tasks:
            return
        batch = self._batches.setdefault(message.batch, _Batch(message.body, message.buffers))
        suspects = message.suspects or repeat(0, len(message.tasks))
        for task, retries, suspect in zip(message.tasks, message.retries, suspects, strict=True):
            batch.tasks[task] = _Record(self._retries if retries == m.DEFAULT_RETRIES else retries, bool(suspect))
        if self._needs or self._priorities:
            self._take_notes(message.batch, batch.tasks)
        self._put_on_offer(message.batch, message.tasks)

    def note_needs(self, message: m.Needs) -> None:
        """Hear what a task needs that comes next."""
        self._needs[message.batch, message.task] = amounts_of(message.names, message.amounts)

    def note_priorities(self, message: m.Urgent) -> None:
        """Hear that tasks come next that go before others."""
        for task, priority in zip(message.tasks, message.priorities, strict=True):
            self._priorities[message.batch, task] = priority

    def _take_notes(self, batch: int, tasks: dict[int, _Record]) -> None:
        for number, record in tasks.items():
            record.needs = self._needs.pop((batch, number), record.needs)
            record.priority = self._priorities.pop((batch, number), record.priority)

    def give_back(self, peer: int, message: m.GiveBack) -> None:
        """Put tasks on offer again that a peer has not begun. A machine says how many retries they have left."""
        self._release(peer, message.batch, message.tasks)
        if message.retries and message.batch in self._batches:
            tasks = self._batches[message.batch].tasks
            for task, left in zip(message.tasks, message.retries, strict=True):
                record = tasks[task]
                record.losses = record.retries - record.tries - left
        self._put_on_offer(message.batch, message.tasks)

    def end(self, peer: int, message: m.Results | m.Cancelled | m.Lost | m.Stopped) -> None:
        self._release(peer, message.batch, message.tasks)
        if isinstance(message, m.Lost) and message.batch in self._batches:  # a machine counts its own tries
            before = self._batches[message.batch].tasks[message.tasks[0]].runs()
            message = message._replace(tries=before + message.tries)
        self._close(message)

    def pass_on(self, peer: int, message: m.PartialResult) -> None:
        """Part of a task has ended, which changes nothing here; ignored if the peer does not hold that task."""
        if message.batch in self._batches and (message.batch, message.task) in self.held.get(peer, ()):
            self._send(self._owner(message.batch), message)

    def cancel(self, message: m.Cancel) -> None:
        """Drop tasks that no peer holds; tell the peers that hold others."""
        self._tell_holders(message.batch, self._drop(message))

    def stop(self, message: m.Stop, is_link: Callable[[int], bool]) -> list[tuple[int, Task]]:
        """Do as cancel(), but have brokers elsewhere stop what they hold; return what workers here hold."""
        unwanted = self._drop(message)
        held = [(peer, task) for peer, mine in self.held.items() for task in mine if task[0] == message.batch]
        found = [(peer, task) for peer, task in held if task[1] in unwanted]
        for peer, (batch, number) in found:
            self._send(peer, m.Stop(batch, [number]) if is_link(peer) else m.Cancel(batch, [number]))
        # The owner itself must not be ended: it would go on from the start.
        return [(peer, task) for peer, task in found if not is_link(peer) and peer != self._owner(message.batch)]

    def _drop(self, message: m.Cancel | m.Stop) -> set[int]:
        """Want these tasks no more, and drop those that no peer holds; return those of them that were here."""
        if batch := self._batches.get(message.batch):
            unwanted = {task for task in message.tasks if task in batch.tasks}
            for task in unwanted:
                batch.tasks[task].unwanted = True  # its holder may die, or may be giving it back
            if dropped := self._withdraw(message.batch, unwanted):
                self._close(m.Cancelled(message.batch, dropped))
            return unwanted
        return set()

    def tasks_on_offer(self) -> int:
        return sum(len(tasks) for _, tasks in self.on_offer)

    def tasks_in_first_lot(self) -> int:
        return len(self.on_offer[0][1])

    def take_share(self, waiting: int, most: int | None = None) -> tuple[int, list[int]]:
        """Take the oldest lot off offer, or so many of its tasks at most.

        If more peers wait than there are lots, take only one's share of it.
        """
        batch, tasks = self.on_offer.popleft()
        peers = max(1, waiting - len(self.on_offer))
        share = -(-len(tasks) // min(len(tasks), peers))
        share = share if most is None else min(share, most)
        if share < len(tasks):
            self.on_offer.appendleft((batch, tasks[share:]))
        return batch, tasks[:share]

    def take_quarantined(self, may_go: Callable[[int], bool] = lambda _: True) -> tuple[int, list[int]] | None:
        """Take the oldest quarantined task whose batch may go where it is wanted, if there is one."""
        for batch, task in self.quarantine:
            if may_go(batch):
                self.quarantine.remove((batch, task))
                return batch, [task]
        return None

    def take_from_line(self, free: Amounts, may_go: Callable[[int], bool]) -> tuple[int, list[int]] | None:
        """Take the first task in line for which that is enough, and whose batch may go where it is wanted."""
        for batch, task in in_turn(((task, self.needs_of(task)) for task in self.in_line), free):
            if may_go(batch):
                self.in_line.remove((batch, task))
                return batch, [task]
        return None

    def needs_of(self, task: Task) -> Amounts:
        """Return the resources that a task in the table needs."""
        return self._batches[task[0]].tasks[task[1]].needs

    def hand(self, peer: int, is_link: bool, batch: int, tasks: list[int]) -> None:
        """Hand tasks to a peer, which holds them then; through a link they go home if their owner is there."""
        entry = self._batches[batch]
        message: m.Message = m.Run(batch, tasks, entry.body, entry.buffers)
        if is_link:
            records = [entry.tasks[task] for task in tasks]
            chances = [max(0, each.retries_left()) for each in records], [int(each.quarantined) for each in records]
            if self._owner(batch) == peer:
                self._remove(batch, tasks)
                self._send(peer, m.GiveBack(batch, tasks, *chances))
                return
            self._tell_notes(peer, batch, tasks)
            message = m.Offer(batch, tasks, *chances, entry.body, entry.buffers)
        self.held.setdefault(peer, {}).update(((batch, task), None) for task in tasks)
        self._send(peer, message)

    def _tell_notes(self, peer: int, batch: int, tasks: Sequence[int]) -> None:
        records = self._batches[batch].tasks
        for task in tasks:
            if needs := records[task].needs:
                self._send(peer, m.Needs(batch, task, tuple(needs), [*needs.values()]))
        if priorities := [records[task].priority for task in tasks if records[task].priority]:
            self._send(peer, m.Urgent(batch, [task for task in tasks if records[task].priority], priorities))

    def owner_died(self, peer: int) -> None:
        """A peer has died that owned tasks: drop them, and tell the peers that hold some of them."""
        self._needs = {task: needs for task, needs in self._needs.items() if self._owner(task[0]) != peer}
        self._priorities = {task: each for task, each in self._priorities.items() if self._owner(task[0]) != peer}
        for batch in [batch for batch in self._batches if self._owner(batch) == peer]:
            tasks = set(self._batches.pop(batch).tasks)
            self._withdraw(batch, tasks)
            self._tell_holders(batch, tasks)  # they still hold what they have begun

    def worker_died(self, worker: int, begun: int, report: str, retired: bool) -> None:
        """A worker has died that had begun so many of the tasks which it held; ``retired``: none, for it left."""
        held = [*self.held.pop(worker, ())]
        for place, task in enumerate(held[:begun], 1):
            self._try_again([task], partial(_Record.died_begun, is_culprit=place == begun), report)
        self.interrupted += len(held[:begun])
        blameless = begun or retired
        self._try_again(held[begun:], (lambda _: 0) if blameless else _Record.died_on_arrival, report)

    def worker_ended(self, worker: int, begun: int, culprit: Task, stopped: m.Stopped | None, report: str) -> None:
        """A worker was ended for one task, of whose owner ``stopped`` is to tell: no other is blamed."""
        held = [*self.held.pop(worker, ())]
        if stopped is not None and culprit in held and culprit[1] in self._tasks(culprit[0]):
            self._close(stopped)
        self._try_again(held[:begun], _Record.interrupted, report)
        self.interrupted += len(held[:begun])
        self._try_again(held[begun:], lambda _: 0, report)

    def machine_lost(self, machine: int, report: str) -> None:
        self._try_again(self.held.pop(machine, ()), _Record.lost_with_machine, report)

    def lose_quarantined(self, report: str) -> None:
        """No worker is left that could run the quarantined tasks, nor those in line."""
        while left := self.quarantine or self.in_line:
            batch, task = left.popleft()
            runs = self._batches[batch].tasks[task].runs()
            self._close(m.Lost(batch, [task], max(1, runs), report))

    def _try_again(self, tasks: Iterable[Task], note_death: Callable[[_Record], int], report: str) -> None:
        """Put tasks of a dead holder on offer again, if they have retries left and their owner lives."""
        for batch, group in groupby(tasks, key=itemgetter(0)):
            records = self._tasks(batch)
            survivors = []
            for task in [task for _, task in group if task in records]:
                if tries := note_death(records[task]):
                    self._close(m.Lost(batch, [task], tries, report))
                else:
                    survivors.append(task)
            self._put_on_offer(batch, survivors)

    def _tasks(self, batch: int) -> dict[int, _Record]:
        return self._batches[batch].tasks if batch in self._batches else {}

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
            elif record.needs:
                self._put_in_line((batch, task), record.priority)
            elif record.quarantined:
                self.quarantine.append((batch, task))
            else:
                offered.append(task)
        if offered:
            self._put_lots(batch, offered)
        if dropped:
            self._close(m.Cancelled(batch, dropped))

    def _put_in_line(self, task: Task, priority: int) -> None:
        self.in_line.insert(_place(map(self._priority, self.in_line), priority), task)

    def _put_lots(self, batch: int, tasks: list[int]) -> None:
        """Put tasks on offer behind all that are as urgent."""
        by_priority = itemgetter(0)
        records = self._batches[batch].tasks
        ranked = [(records[task].priority, task) for task in tasks]
        for priority, group in groupby(sorted(ranked, key=by_priority, reverse=True), key=by_priority):
            lot = batch, [task for _, task in group]
            if priority:
                before = ((each, numbers[0]) for each, numbers in self.on_offer)
                self.on_offer.insert(_place(map(self._priority, before), priority), lot)
            else:
                self.on_offer.append(lot)

    def _priority(self, task: Task) -> int:
        return self._batches[task[0]].tasks[task[1]].priority

    def _withdraw(self, batch: int, tasks: set[int]) -> list[int]:
        """Take those of these tasks that no peer holds off offer and out of quarantine; return them."""
        offered = [task for each, lot in self.on_offer if each == batch for task in lot if task in tasks]
        left = [(each, [n for n in lot if n not in tasks] if each == batch else lot) for each, lot in self.on_offer]
        self.on_offer = deque((each, lot) for each, lot in left if lot)
        quarantined = [task for each, task in self.quarantine if each == batch and task in tasks]
        self.quarantine = deque(task for task in self.quarantine if task[0] != batch or task[1] not in tasks)
        in_line = [task for each, task in self.in_line if each == batch and task in tasks]
        self.in_line = deque(task for task in self.in_line if task[0] != batch or task[1] not in tasks)
        return offered + quarantined + in_line

    def _tell_holders(self, batch: int, tasks: set[int]) -> None:
        for peer, mine in self.held.items():
            if numbers := [number for each, number in mine if each == batch and number in tasks]:
                self._send(peer, m.Cancel(batch, numbers))

    def _release(self, peer: int, batch: int, tasks: Sequence[int]) -> None:
        held = self.held.get(peer, {})
        for task in tasks:
            held.pop((batch, task), None)

    def _close(self, message: m.Results | m.Cancelled | m.Lost | m.Stopped) -> None:
        if message.batch in self._batches:
            self._send(self._owner(message.batch), message)
            self._remove(message.batch, message.tasks)

    def _remove(self, batch: int, tasks: Sequence[int]) -> None:
        entry = self._batches[batch]
        for task in tasks:
            entry.tasks.pop(task, None)
        if not entry.tasks:
            del self._batches[batch]


def _place(before: Iterable[int], priority: int) -> int:
    """Return the place of a new one among priorities in order: behind those that are as high."""
    return sum(1 for _ in takewhile(lambda each: each >= priority, before))
