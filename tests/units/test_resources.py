"""Tasks in line for resources: never more are given than there are, each task has its turn, and all come back."""

from collections import deque
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scoop.broker.peers import Instruction, Replace, Send
from scoop.broker.resources import Resources, in_turn
from scoop.broker.state import BrokerState
from scoop.wire.messages import (
    DEFAULT_RETRIES,
    Cancel,
    Cancelled,
    GiveBack,
    Granted,
    Idle,
    Lost,
    Message,
    Needs,
    Offer,
    Results,
    Run,
    Urgent,
    batch_ids,
)

TOTAL = {"gpu": 3, "licence": 1}
Task = tuple[int, int]

needs_of_one = st.dictionaries(st.sampled_from([*TOTAL]), st.integers(1, 3), min_size=1).map(
    lambda needs: {name: min(amount, TOTAL[name]) for name, amount in needs.items()}
)


# -- the line -----------------------------------------------------------------------------------------------------


@given(st.lists(needs_of_one), st.fixed_dictionaries({name: st.integers(0, most) for name, most in TOTAL.items()}))
def test_none_overtakes_an_earlier_one_that_waits_for_the_same(
    line: list[dict[str, int]], free: dict[str, int]
) -> None:
    chosen = [number for _, number in in_turn((((0, n), needs) for n, needs in enumerate(line)), free)]
    for number in chosen:
        assert all(free[name] >= amount for name, amount in line[number].items())
        waiting = [needs for before, needs in enumerate(line[:number]) if before not in chosen]
        assert not any(needs.keys() & line[number].keys() for needs in waiting)


@given(st.lists(needs_of_one, max_size=12), st.data())
def test_a_task_that_needs_much_has_its_turn_among_many_that_need_little(
    line: list[dict[str, int]], data: st.DataObject
) -> None:
    running: dict[Task, dict[str, int]] = {}
    resources = Resources(TOTAL, lambda _, task: task in running)
    big, numbers = (0, 0), count(1)
    waiting = {(0, next(numbers)): needs for needs in line} | {big: TOTAL}
    for _ in range(100):
        waiting |= {(0, next(numbers)): {"gpu": 1}}  # there are always more that need little
        while (task := next(in_turn(waiting.items(), resources.free()), None)) is not None:
            running[task] = waiting.pop(task)
            resources.take(1, task, running[task])
        if big in running:
            return
        del running[data.draw(st.sampled_from(sorted(running)))]
    raise AssertionError("it never had its turn")


def test_a_worker_gets_the_same_again_while_that_is_free() -> None:
    running: set[Task] = set()
    resources = Resources({"gpu": 3}, lambda _, task: task in running)
    for number in range(3):
        running.add((0, number))
        assert resources.take(number, (0, number), {"gpu": 1}) == [("gpu", number)]
    running -= {(0, 1), (0, 2)}
    assert [resources.rank(worker) for worker in (0, 1, 2, 9)] == [2, 0, 0, 1]
    running.add((1, 0))
    assert resources.take(2, (1, 0), {"gpu": 1}) == [("gpu", 2)]
    assert resources.any_for(2)
    resources.forget(1)
    assert resources.rank(1) == 1


# -- with the state of a broker: worker 0 is the origin -------------------------------------------------------------


class Line(RuleBasedStateMachine):
    """Tasks of the origin's that need resources, and workers that run them, die, and give them back."""

    def __init__(self) -> None:
        super().__init__()
        self.state = BrokerState(retries=50, resources=TOTAL)
        self.batches = batch_ids(0, 0)
        self.needs: dict[Task, dict[str, int]] = {}  # of those that have not ended
        self.granted: dict[Task, list[tuple[str, int]]] = {}  # to tasks that workers hold, or will
        self.held: dict[int, dict[Task, bool]] = {}  # whether it has begun
        self.begun: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.orders: deque[Instruction] = deque()
        self.next_worker = 0
        for _ in range(4):
            self._join()

    def _join(self) -> None:
        worker, self.next_worker = self.next_worker, self.next_worker + 1
        self.held[worker], self.begun[worker], self.seen[worker] = {}, 0, 0
        self._obey(self.state.joined(worker))

    def _obey(self, instructions: list[Instruction]) -> None:
        self.orders.extend(instructions)
        if len(self.orders) > len(instructions):
            return
        while self.orders:
            order = self.orders[0]
            if isinstance(order, Send):
                self._deliver(order.peer, order.message)
            elif isinstance(order, Replace):
                self._join()
            self.orders.popleft()

    def _deliver(self, worker: int, message: Message) -> None:
        self.seen[worker] += 1
        if isinstance(message, Granted):
            pairs = [*zip(message.names, message.numbers, strict=True)]
            assert all(0 <= number < TOTAL[name] for name, number in pairs)
            self.granted[message.batch, message.task] = pairs
        elif isinstance(message, Run):
            (number,) = message.tasks
            task = message.batch, number
            amounts = {name: sum(each == name for each, _ in self.granted[task]) for name, _ in self.granted[task]}
            assert worker, "none runs where it is from"
            assert not self.held[worker], "a worker has no two of them"
            assert amounts == self.needs[task], "it has what it needs, no more and no less"
            self.held[worker][task] = False
        elif isinstance(message, Results | Cancelled | Lost):
            assert not isinstance(message, Lost)
            for number in message.tasks:
                del self.needs[message.batch, number]
        elif isinstance(message, Cancel):
            for task in [task for task, has_begun in self.held[worker].items() if not has_begun]:
                if task[0] == message.batch and task[1] in message.tasks:
                    self._let_go(worker, task, Cancelled(task[0], [task[1]]))

    def _let_go(self, worker: int, task: Task, message: Message) -> None:
        del self.held[worker][task], self.granted[task]
        self._obey(self.state.received(worker, message))

    def _holding(self) -> list[tuple[int, Task]]:
        return sorted((worker, task) for worker, held in self.held.items() for task in held)

    @rule(several=st.lists(needs_of_one, min_size=1, max_size=3), priority=st.integers(0, 2))
    def submit(self, several: list[dict[str, int]], priority: int) -> None:
        batch, numbers = next(self.batches), range(len(several))
        for number, needs in enumerate(several):
            self.needs[batch, number] = needs
            self._obey(self.state.received(0, Needs(batch, number, (*needs,), [*needs.values()])))
        self._obey(self.state.received(0, Urgent(batch, numbers, [priority] * len(several))))
        retries, suspects = [DEFAULT_RETRIES] * len(several), [1] * len(several)
        self._obey(self.state.received(0, Offer(batch, numbers, retries, suspects, b"body", None)))

    @rule(data=st.data())
    def is_idle(self, data: st.DataObject) -> None:
        self._be_idle(data.draw(st.sampled_from(sorted(self.held.keys() - {0}))))

    def _be_idle(self, worker: int) -> None:
        """Say so, as a worker does whose only task waits for others, too."""
        if False not in self.held[worker].values():
            self._obey(self.state.received(worker, Idle(self.seen[worker], bool(self.held[worker]))))

    @precondition(lambda self: self._holding())
    @rule(data=st.data(), kind=st.sampled_from([Results, Results, GiveBack, None]))
    def go_on(self, data: st.DataObject, kind: Any) -> None:
        """End a task, or begin it, or give it back."""
        worker, task = data.draw(st.sampled_from(self._holding()))
        if kind is GiveBack and not self.held[worker][task]:
            self._let_go(worker, task, GiveBack(task[0], [task[1]], (), ()))
        else:
            self._begin(worker, task)
            if kind is Results:
                self._let_go(worker, task, Results(task[0], [task[1]], b"result", None))

    @precondition(lambda self: self.needs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        batch, number = data.draw(st.sampled_from(sorted(self.needs)))
        self._obey(self.state.received(0, Cancel(batch, [number])))

    def _begin(self, worker: int, task: Task) -> None:
        self.begun[worker] += not self.held[worker][task]
        self.held[worker][task] = True

    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held.keys() - {0})))
        for task in self.held.pop(worker):
            del self.granted[task]
        self._obey(self.state.left(worker, self.begun[worker], "killed"))

    @invariant()
    def no_resource_has_two_tasks(self) -> None:
        given = [pair for pairs in self.granted.values() for pair in pairs]
        assert len(given) == len({*given})

    def teardown(self) -> None:
        """Let all go on that is left: each task has its turn, and all that there was is free."""
        for _ in range(1000):
            for worker, task in self._holding():
                self._begin(worker, task)
                self._let_go(worker, task, Results(task[0], [task[1]], b"result", None))
            if not self.needs:
                break
            for worker in sorted(self.held.keys() - {0}):
                self._be_idle(worker)
        assert not self.needs, f"tasks that never run: {self.needs}"
        assert self.state.table.empty
        assert not self.state.table.in_line
        assert self.granted == {}


Line.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLine = Line.TestCase
