"""The broker's state under every order of events: each task ends once, and the table ends empty."""

from collections import Counter, deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scoop.broker.peers import Instruction, Replace, Send
from scoop.broker.state import BrokerState
from scoop.broker.task_table import MOST_ARRIVALS
from scoop.wire.messages import (
    DEFAULT_RETRIES,
    Busy,
    Cancel,
    Cancelled,
    GiveBack,
    Idle,
    Lost,
    Message,
    Offer,
    PartialResult,
    Results,
    Retire,
    Run,
    StartFailed,
    batch_ids,
    owner_of,
)

RETRIES = 2

Task = tuple[int, int]


class Workers(RuleBasedStateMachine):
    """Workers as the broker may see them: each does, at any moment, anything the protocol allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.state = BrokerState(retries=RETRIES)
        self.held: dict[int, dict[Task, bool]] = {}  # what each worker has been given, in order; whether it has begun
        self.begun: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.waits: set[int] = set()  # workers that have said that they are idle, and have got nothing since
        self.batches = [batch_ids(0, worker) for worker in range(1_000)]
        self.open: dict[Task, int] = {}  # tasks of living owners that have not ended
        self.retries: dict[Task, int] = {}
        self.ends: Counter[Task] = Counter()
        self.runs: Counter[Task] = Counter()
        self.arrivals: Counter[Task] = Counter()  # on workers that died before they had begun anything
        self.orders: deque[Instruction] = deque()
        self.next_worker = 0
        self.hopeless = False  # no worker can be started: the run is over
        for _ in range(3):
            self._join()

    def _join(self, failed_starts: int = 0) -> None:
        worker = self.next_worker
        self.next_worker += 1
        self.held[worker], self.seen[worker], self.begun[worker] = {}, 0, 0
        self._obey(self.state.joined(worker, failed_starts))

    def _obey(self, instructions: list[Instruction]) -> None:
        self.orders.extend(instructions)
        if len(self.orders) > len(instructions):
            return  # they have their turn: links keep order
        while self.orders:
            instruction = self.orders[0]
            if isinstance(instruction, Send):
                self._deliver(instruction.peer, instruction.message)
            elif isinstance(instruction, Replace):
                self._join(instruction.failed_starts)
            elif instruction.asked:
                assert instruction.worker not in self.waits, "a worker that waits is not asked for work"
            else:
                assert instruction.worker in self.held
            self.orders.popleft()

    def _deliver(self, worker: int, message: Message) -> None:
        self.seen[worker] += 1
        self.waits.discard(worker)
        tasks: list[Task] = []
        if isinstance(message, Run | Results | Cancelled | Lost | Cancel):
            tasks = [(message.batch, task) for task in message.tasks]
        if isinstance(message, Run):
            assert message.body == b"body %d" % message.batch
            for task in tasks:
                assert all(task not in held for held in self.held.values()), "handed out twice"
                suspect = self.runs[task] or self.arrivals[task]
                assert worker, "the origin runs no tasks of others"
                assert not suspect or len(tasks) == 1, "quarantined tasks go alone"
                self.held[worker][task] = False
        elif isinstance(message, Results | Cancelled | Lost):
            for task in tasks:
                assert self.open.pop(task) == worker, "told to another than the owner"
                self.ends[task] += 1
                if isinstance(message, Lost):
                    arrivals = max(MOST_ARRIVALS, self.retries[task])
                    assert self.runs[task] > self.retries[task] or self.arrivals[task] > arrivals
        elif isinstance(message, PartialResult):
            assert self.open[message.batch, message.task] == worker, "told to another than the owner"
        elif isinstance(message, StartFailed):
            self.hopeless = True
        elif isinstance(message, Cancel):
            dropped = [task for task in tasks if self.held[worker].get(task) is False]
            if dropped:
                self._send(worker, Cancelled, dropped)

    def _send(self, worker: int, kind: type, tasks: list[Task]) -> None:
        for task in tasks:
            del self.held[worker][task]
        rest: dict[type, tuple[Any, ...]] = {Results: (b"result", None), GiveBack: ([], []), Cancelled: ()}
        message: Message = kind(tasks[0][0], [number for _, number in tasks], *rest[kind])
        self._obey(self.state.received(worker, message))

    def _of_one_batch(self, data: st.DataObject, worker: int, begun: bool) -> list[Task]:
        some = [task for task, has in self.held[worker].items() if has == begun]
        batch = data.draw(st.sampled_from(sorted({batch for batch, _ in some})))
        return [task for task in some if task[0] == batch]

    def _holders(self, begun: bool) -> list[int]:
        return sorted(worker for worker, held in self.held.items() if begun in held.values())

    @rule(data=st.data(), allowed=st.lists(st.sampled_from([0, 1, DEFAULT_RETRIES]), min_size=1, max_size=6))
    def give(self, data: st.DataObject, allowed: list[int]) -> None:
        owner = data.draw(st.sampled_from(sorted(self.held.keys() - self.waits) or [0]))
        if owner in self.waits:
            return
        batch = next(self.batches[owner])
        for number, retries in enumerate(allowed):
            self.open[batch, number] = owner
            self.retries[batch, number] = RETRIES if retries == DEFAULT_RETRIES else retries
        offer = Offer(batch, range(len(allowed)), allowed, [0] * len(allowed), b"body %d" % batch, None)
        self._obey(self.state.received(owner, offer))

    @precondition(lambda self: self._holders(begun=False))
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self._holders(begun=False)))
        self._begin(worker)

    def _begin(self, worker: int) -> None:
        task = next(task for task, has_begun in self.held[worker].items() if not has_begun)
        self.held[worker][task] = True
        self.begun[worker] += 1
        self.runs[task] += 1
        assert self.retries[task] or self.runs[task] == 1, "ran twice, and must not"

    @rule(data=st.data(), late=st.booleans())
    def is_idle(self, data: st.DataObject, late: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held)))
        seen = self.seen[worker] - (late and self.seen[worker] > 0)
        if not late and worker:  # the origin gets no tasks, so it waits for none
            self.waits.add(worker)
        self._obey(self.state.received(worker, Idle(seen, False)))

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def finds_work(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.waits)))
        self.waits.discard(worker)
        self._obey(self.state.received(worker, Busy()))

    @precondition(lambda self: self._holders(begun=True))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self._holders(begun=True)))
        tasks = self._of_one_batch(data, worker, begun=True)
        self._send(worker, Results, tasks[: data.draw(st.integers(1, len(tasks)))])

    @precondition(lambda self: self._holders(begun=True))
    @rule(data=st.data())
    def send_rows(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self._holders(begun=True)))
        batch, task = data.draw(st.sampled_from(self._of_one_batch(data, worker, begun=True)))
        self._obey(self.state.received(worker, PartialResult(batch, task, b"rows", None)))

    @precondition(lambda self: {*self._holders(begun=False)} - self.waits)  # a worker that waits has nothing to give
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted({*self._holders(begun=False)} - self.waits)))
        last = next(reversed(self.held[worker]))
        self._send(worker, GiveBack, [last])

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        owners = {batch: owner for (batch, _), owner in self.open.items()}
        batch, owner = data.draw(st.sampled_from(sorted(owners.items())))
        numbers = sorted(number for b, number in self.open if b == batch)
        self._obey(self.state.received(owner, Cancel(batch, numbers)))

    @precondition(lambda self: len(self.held) > 1)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held.keys() - {0})))
        self._leave(worker)

    def _leave(self, worker: int, retired: bool = False) -> None:
        if not retired and True not in self.held[worker].values():
            self.arrivals.update(self.held[worker].keys())
        del self.held[worker]
        self.waits.discard(worker)
        self.open = {task: owner for task, owner in self.open.items() if owner != worker}
        self._obey(self.state.left(worker, self.begun[worker]))

    @precondition(lambda self: len(self.held) > 1)
    @rule(data=st.data())
    def retire(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held.keys() - {0})))
        if any(self.held[worker].values()) or worker in self.open.values():
            return  # it is not clean
        self.waits.discard(worker)
        self._obey(self.state.received(worker, Retire()))
        self._leave(worker, retired=True)

    @invariant()
    def nothing_ends_twice(self) -> None:
        assert not self.ends or max(self.ends.values()) == 1

    @invariant()
    def no_worker_waits_while_tasks_are_on_offer(self) -> None:
        assert not (self.waits and self.state.table.on_offer)
        # What may kill its worker is for others than its owner: with that one, all would die.
        assert all(self.waits <= {owner_of(batch)[1]} for batch, _ in self.state.table.quarantine)

    def teardown(self) -> None:
        """Let the holders run all that is left; then the table must be empty."""
        for _ in range(1_000):
            holders = [worker for worker, held in self.held.items() if held]
            if (not holders and not self.open) or self.hopeless:
                assert self.state.table.empty or self.hopeless
                return
            for worker in holders:
                while False in self.held[worker].values():
                    self._begin(worker)
                batch = next(iter(self.held[worker]))[0]
                self._send(worker, Results, [task for task in self.held[worker] if task[0] == batch])
            for worker in list(self.held):
                self._obey(self.state.received(worker, Idle(self.seen[worker], False)))
        raise AssertionError(f"tasks that no worker will ever run: {self.open}")


Workers.TestCase.settings = settings(stateful_step_count=40)
TestWorkers = Workers.TestCase
