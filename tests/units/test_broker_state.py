"""The broker's books under every order of events: each task ends once, and the books end empty."""

from collections import Counter, deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scoop.broker.instructions import Ask, Instruction, Replace, Send, Unask
from scoop.broker.ledger import Ledger
from scoop.wire.messages import USUAL, Kind, Message, parcel_id

RETRIES = 2

Task = tuple[int, int]


class Books(RuleBasedStateMachine):
    """Workers as the ledger may see them: each does, at any moment, anything the protocol allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger(retries=RETRIES)
        self.held: dict[int, dict[Task, bool]] = {}  # what each worker has been given, in order; whether it has begun
        self.taken: dict[int, int] = {}
        self.seen: dict[int, int] = {}
        self.waits: set[int] = set()  # who has said that it is hungry, and has got nothing since
        self.serial = 0
        self.open: dict[Task, int] = {}  # tasks of living owners that have not ended
        self.retries: dict[Task, int] = {}
        self.ends: Counter[Task] = Counter()
        self.runs: Counter[Task] = Counter()
        self.arrivals: Counter[Task] = Counter()  # on workers that died before they had begun anything
        self.orders: deque[Instruction] = deque()
        self.next_worker = 0
        self.broken = False  # no worker can be started: the run is over
        for _ in range(3):
            self._join()

    def _join(self, stillborn: int = 0) -> None:
        worker = self.next_worker
        self.next_worker += 1
        self.held[worker], self.seen[worker], self.taken[worker] = {}, 0, 0
        self._obey(self.ledger.joined(worker, stillborn))

    def _obey(self, instructions: list[Instruction]) -> None:
        self.orders.extend(instructions)
        if len(self.orders) > len(instructions):
            return  # they have their turn: links keep order
        while self.orders:
            instruction = self.orders[0]
            if isinstance(instruction, Send):
                self._deliver(instruction.worker, instruction.message)
            elif isinstance(instruction, Replace):
                self._join(instruction.stillborn)
            elif isinstance(instruction, Unask):
                assert set(instruction.workers) <= self.held.keys()
            else:
                assert isinstance(instruction, Ask)
                assert instruction.worker not in self.waits, "the hungry are not asked for food"
            self.orders.popleft()

    def _deliver(self, worker: int, message: Message) -> None:
        kind, parcel, numbers, body, _ = message
        tasks = [(parcel, number) for number in numbers]
        self.seen[worker] += 1
        self.waits.discard(worker)
        if kind == Kind.PARCEL:
            assert body == b"body %d" % parcel
            for task in tasks:
                assert all(task not in held for held in self.held.values()), "handed out twice"
                suspect = self.runs[task] or self.arrivals[task]
                assert not suspect or (worker and len(tasks) == 1), "suspects go singly, not to the origin"
                self.held[worker][task] = False
        elif kind in (Kind.OUTCOME, Kind.DROPPED, Kind.LOST):
            for task in tasks:
                assert self.open.pop(task) == worker, "told to somebody else than the owner"
                self.ends[task] += 1
                if kind == Kind.LOST:
                    assert self.runs[task] > self.retries[task] or self.arrivals[task] > max(3, self.retries[task])
        elif kind == Kind.BROKEN:
            self.broken = True
        elif kind == Kind.DROP:
            dropped = [task for task in tasks if self.held[worker].get(task) is False]
            if dropped:
                self._send(worker, Kind.DROPPED, dropped)

    def _send(self, worker: int, kind: Kind, tasks: list[tuple[int, int]]) -> None:
        for task in tasks:
            del self.held[worker][task]
        message = Message(kind, tasks[0][0], [number for _, number in tasks], b"outcome")
        self._obey(self.ledger.received(worker, message))

    def _of_one_parcel(self, data: st.DataObject, worker: int, begun: bool) -> list[Task]:
        some = [task for task, has in self.held[worker].items() if has == begun]
        parcel = data.draw(st.sampled_from(sorted({parcel for parcel, _ in some})))
        return [task for task in some if task[0] == parcel]

    def _holders(self, begun: bool) -> list[int]:
        return sorted(worker for worker, held in self.held.items() if begun in held.values())

    @rule(data=st.data(), allowed=st.lists(st.sampled_from([0, 1, USUAL]), min_size=1, max_size=6))
    def give(self, data: st.DataObject, allowed: list[int]) -> None:
        owner = data.draw(st.sampled_from(sorted(self.held.keys() - self.waits) or [0]))
        if owner in self.waits:
            return
        self.serial += 1
        parcel = parcel_id(owner, self.serial)
        for number, retries in enumerate(allowed):
            self.open[parcel, number] = owner
            self.retries[parcel, number] = RETRIES if retries == USUAL else retries
        self._obey(self.ledger.received(owner, Message(Kind.PARCEL, parcel, allowed, b"body %d" % parcel)))

    @precondition(lambda self: self._holders(begun=False))
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self._holders(begun=False)))
        self._begin(worker)

    def _begin(self, worker: int) -> None:
        task = next(task for task, has_begun in self.held[worker].items() if not has_begun)
        self.held[worker][task] = True
        self.taken[worker] += 1
        self.runs[task] += 1
        assert self.retries[task] or self.runs[task] == 1, "ran twice, and must not"

    @rule(data=st.data(), late=st.booleans())
    def hunger(self, data: st.DataObject, late: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held)))
        seen = self.seen[worker] - (late and self.seen[worker] > 0)
        if not late and worker not in self.waits:
            self.waits.add(worker)
        self._obey(self.ledger.received(worker, Message(Kind.HUNGRY, seen)))

    @precondition(lambda self: self.waits)
    @rule(data=st.data())
    def finds_work(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.waits)))
        self.waits.discard(worker)
        self._obey(self.ledger.received(worker, Message(Kind.SATED)))

    @precondition(lambda self: self._holders(begun=True))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self._holders(begun=True)))
        tasks = self._of_one_parcel(data, worker, begun=True)
        self._send(worker, Kind.OUTCOME, tasks[: data.draw(st.integers(1, len(tasks)))])

    @precondition(lambda self: {*self._holders(begun=False)} - self.waits)  # who is hungry has nothing to give
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted({*self._holders(begun=False)} - self.waits)))
        last = next(reversed(self.held[worker]))
        self._send(worker, Kind.RETURN, [last])

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        owners = {parcel: owner for (parcel, _), owner in self.open.items()}
        parcel, owner = data.draw(st.sampled_from(sorted(owners.items())))
        numbers = sorted(number for p, number in self.open if p == parcel)
        self._obey(self.ledger.received(owner, Message(Kind.DROP, parcel, numbers)))

    @precondition(lambda self: len(self.held) > 1)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held.keys() - {0})))
        self._bury(worker)

    def _bury(self, worker: int) -> None:
        if True not in self.held[worker].values():
            self.arrivals.update(self.held[worker])
        del self.held[worker]
        self.waits.discard(worker)
        self.open = {task: owner for task, owner in self.open.items() if owner != worker}
        self._obey(self.ledger.left(worker, self.taken[worker]))

    @precondition(lambda self: len(self.held) > 1)
    @rule(data=st.data())
    def retire(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.held.keys() - {0})))
        if any(self.held[worker].values()) or worker in self.open.values():
            return  # it is not clean
        self.waits.discard(worker)
        self._obey(self.ledger.received(worker, Message(Kind.RETIRE)))
        before = self.arrivals.copy()
        self._bury(worker)
        self.arrivals = before

    @invariant()
    def nothing_ends_twice(self) -> None:
        assert not self.ends or max(self.ends.values()) == 1

    @invariant()
    def the_hungry_are_fed_while_there_is_stock(self) -> None:
        assert not (self.waits and self.ledger._stock)
        assert not (self.waits - {0} and self.ledger._suspects)

    def teardown(self) -> None:
        """Let all that is left be run by whoever holds it; then the books must be empty."""
        for _ in range(1_000):
            holders = [worker for worker, held in self.held.items() if held]
            if (not holders and not self.open) or self.broken:
                assert self.ledger.empty or self.broken
                return
            for worker in holders:
                while False in self.held[worker].values():
                    self._begin(worker)
                parcel = next(iter(self.held[worker]))[0]
                self._send(worker, Kind.OUTCOME, [task for task in self.held[worker] if task[0] == parcel])
            for worker in list(self.held):
                self._obey(self.ledger.received(worker, Message(Kind.HUNGRY, self.seen[worker])))
        raise AssertionError(f"tasks that nobody will ever run: {self.open}")


Books.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestBooks = Books.TestCase


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger(retries=1, report=lambda worker: f"worker {worker} was killed by SIGSEGV")
    for worker in range(3):
        made.joined(worker)
    return made


def sent(instructions: list[Instruction], kind: Kind) -> list[tuple[int, list[int]]]:
    return [
        (i.worker, list(i.message.numbers)) for i in instructions if isinstance(i, Send) and i.message.kind == kind
    ]


def parcel_of(owner: int, count: int) -> Message:
    return Message(Kind.PARCEL, parcel_id(owner, 1), [USUAL] * count, b"body")


def hungry(ledger: Ledger, worker: int) -> list[Instruction]:
    """Let the worker say that it has nothing to do, as of all it has been sent."""
    return ledger.received(worker, Message(Kind.HUNGRY, ledger._workers[worker].sent))


def test_who_found_work_is_asked_like_the_others(ledger: Ledger) -> None:
    hungry(ledger, 1)
    hungry(ledger, 2)
    assert Ask(1) in ledger.received(1, Message(Kind.SATED))
    assert sent(ledger.received(0, parcel_of(0, 1)), Kind.PARCEL) == [(2, [0])]


def test_a_lot_is_shared_among_the_hungry(ledger: Ledger) -> None:
    hungry(ledger, 1)
    hungry(ledger, 2)
    told = ledger.received(0, parcel_of(0, 5))
    assert sent(told, Kind.PARCEL) == [(1, [0, 1, 2]), (2, [3, 4])]


def test_hunger_asks_those_who_are_not_hungry_and_is_taken_back_when_fed(ledger: Ledger) -> None:
    hungry(ledger, 1)
    hungry(ledger, 2)
    assert Ask(2) in ledger.received(2, Message(Kind.SATED))
    told = ledger.received(0, parcel_of(0, 1))
    assert sent(told, Kind.PARCEL) == [(1, [0])]
    assert Unask((2,)) in told  # 0 has given: it counts as asked no more


def test_hunger_that_crossed_a_delivery_is_void(ledger: Ledger) -> None:
    ledger.received(0, parcel_of(0, 1))
    hungry(ledger, 1)
    ledger.received(1, Message(Kind.HUNGRY, 0))  # it had not seen the parcel when it spoke
    assert not sent(ledger.received(2, parcel_of(2, 1)), Kind.PARCEL)


def test_a_task_whose_workers_die_too_often_is_lost_alone_and_its_owner_told_why(ledger: Ledger) -> None:
    ledger.received(0, parcel_of(0, 2))
    hungry(ledger, 1)
    assert Replace(1, 0) in ledger.left(1, taken=1)
    ledger.joined(3)
    assert sent(hungry(ledger, 0), Kind.PARCEL) == [(0, [1])], "it had not begun: no suspicion"
    assert sent(hungry(ledger, 2), Kind.PARCEL) == [(2, [0])]
    told = ledger.left(2, taken=1)
    (lost,) = [i for i in told if isinstance(i, Send) and i.message.kind == Kind.LOST]
    assert (lost.worker, list(lost.message.numbers)) == (0, [0])
    assert lost.message.body == b"2\nworker 2 was killed by SIGSEGV"


def test_a_suspect_waits_for_a_worker_and_is_never_given_to_the_origin(ledger: Ledger) -> None:
    ledger.received(0, parcel_of(0, 1))
    hungry(ledger, 1)
    hungry(ledger, 0)
    assert not sent(ledger.left(1, taken=1), Kind.PARCEL)
    assert sent(hungry(ledger, 2), Kind.PARCEL) == [(2, [0])]


def test_a_task_that_must_not_run_twice_is_lost_with_its_first_worker_and_what_had_not_begun_goes_on() -> None:
    ledger = Ledger(retries=0, report=str)
    ledger.joined(0)
    ledger.joined(1)
    ledger.received(0, parcel_of(0, 3))
    hungry(ledger, 1)
    told = ledger.left(1, taken=1)
    assert sent(told, Kind.LOST) == [(0, [0])]
    ledger.joined(2)
    assert sent(hungry(ledger, 2), Kind.PARCEL) == [(2, [1, 2])]


def test_a_place_where_workers_die_before_they_speak_is_given_up_and_with_the_last_the_run(ledger: Ledger) -> None:
    ledger.left(2, taken=0)
    told: list[Instruction] = []
    for worker in range(1, 5):
        told = ledger.left(worker if worker == 1 else worker + 10, taken=0)
        for stillborn in [i.stillborn for i in told if isinstance(i, Replace)]:
            ledger.joined(worker + 11, stillborn)
    assert [worker for worker, _ in sent(told, Kind.BROKEN)] == [0]


def test_who_retires_is_replaced_and_blamed_for_nothing(ledger: Ledger) -> None:
    ledger.received(0, parcel_of(0, 2))
    hungry(ledger, 1)
    ledger.received(1, Message(Kind.RETIRE))
    assert Replace(1, 0) in ledger.left(1, taken=5)
    assert sent(hungry(ledger, 0), Kind.PARCEL) == [(0, [0, 1])]


def test_what_a_dead_worker_owned_is_not_run_any_more(ledger: Ledger) -> None:
    hungry(ledger, 2)
    ledger.received(1, parcel_of(1, 3))
    assert sent(ledger.left(1, taken=0), Kind.DROP) == [(2, [0, 1, 2])]
    assert ledger.empty


def constant(name: str, value: bytes) -> Message:
    return Message(Kind.CONST, 9, [len(name)], name.encode() + value)


def test_a_constant_reaches_all_once_and_late_comers_too(ledger: Ledger) -> None:
    told = ledger.received(1, constant("a", b"one"))
    assert [worker for worker, _ in sent(told, Kind.CONST)] == [0, 1, 2]
    refused = ledger.received(2, constant("a", b"two"))
    assert sent(refused, Kind.CONST) == []
    assert [i.message.body for i in refused if isinstance(i, Send)] == [b"a"]
    assert [i.message.body for i in ledger.joined(7) if isinstance(i, Send)] == [b"one"]


def test_the_run_ends_when_all_wait_and_nothing_is_left(ledger: Ledger) -> None:
    hungry(ledger, 1)
    ledger.received(2, parcel_of(2, 1))  # which 1 takes
    assert not sent(ledger.received(0, Message(Kind.FINISH, ledger._workers[0].sent)), Kind.FINISH)
    assert not sent(hungry(ledger, 2), Kind.FINISH)
    assert not sent(ledger.received(1, Message(Kind.OUTCOME, parcel_id(2, 1), [0], b"")), Kind.FINISH)
    assert not sent(hungry(ledger, 1), Kind.FINISH), "2 has an outcome to look at"
    assert sent(hungry(ledger, 2), Kind.FINISH) == [(0, [])]


def test_workers_that_are_still_starting_are_waited_for_only_on_request(ledger: Ledger) -> None:
    assert not sent(ledger.received(0, Message(Kind.FINISH, 0, [0])), Kind.FINISH)
    assert not sent(hungry(ledger, 1), Kind.FINISH)
    assert sent(ledger.received(2, Message(Kind.BROKEN, 1, body=b"why")), Kind.BROKEN) == [(0, [1])]


def test_a_prompt_end_does_not_wait_for_workers_that_are_still_starting(ledger: Ledger) -> None:
    assert sent(ledger.received(0, Message(Kind.FINISH, 0)), Kind.FINISH) == [(0, [])]


def names(instructions: list[Instruction], worker: int) -> list[tuple[Kind, bytes]]:
    return [(i.message.kind, i.message.body) for i in instructions if isinstance(i, Send) and i.worker == worker]


def test_a_late_comer_hears_nothing_of_what_was_deleted_and_the_newest_of_what_was_set_again(ledger: Ledger) -> None:
    ledger.received(1, Message(Kind.CONST, 1, [3], b"a\0bboth"))
    ledger.received(1, Message(Kind.UNCONST, 2, [1], b"aa"))
    told = ledger.joined(7)
    assert names(told, 7) == [(Kind.CONST, b"both"), (Kind.UNCONST, b"a")]
    ledger.received(1, Message(Kind.CONST, 3, [1], b"anew"))
    told = ledger.joined(8)
    assert names(told, 8) == [(Kind.CONST, b"both"), (Kind.UNCONST, b"a"), (Kind.CONST, b"new")]
