"""Which tasks go before others: of those that are ready in a process, of an executor's calls, and at the broker."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scoop.broker.peers import Send
from scoop.broker.state import BrokerState
from scoop.engine.offers.ready_table import ReadyTable
from scoop.engine.offers.urgent import Urgent as UrgentTasks
from scoop.engine.results.future import Future, new_task
from scoop.wire.messages import Idle, Offer, Run, Urgent, batch_ids


def table_of(priorities: Sequence[int]) -> tuple[ReadyTable, list[Future]]:
    """Return a table with a future for each priority, submitted in this order."""
    table = ReadyTable()
    tasks = [new_task(abs, (number,), {}) for number in range(len(priorities))]
    for task, priority in zip(tasks, priorities, strict=True):
        if priority:
            table.urgent.add(task, priority)
        table.tasks[task] = True
    return table, tasks


@given(st.lists(st.integers(0, 3)))
def test_a_process_begins_the_most_urgent_and_then_the_newest(priorities: list[int]) -> None:
    table, tasks = table_of(priorities)
    begun = []
    while (task := table.newest(only_kept=False)) is not None:
        assert isinstance(task, Future)
        assert table.claim(task)
        begun.append(tasks.index(task))
    assert begun == sorted(range(len(tasks)), key=lambda n: (-priorities[n], n if priorities[n] else -n))


@given(st.lists(st.integers(0, 3)), st.sets(st.integers(0, 9)))
def test_a_process_gives_away_the_most_urgent_and_then_the_oldest(priorities: list[int], taken: set[int]) -> None:
    table, tasks = table_of(priorities)
    for number in taken & {*range(len(tasks))}:
        table.claim(tasks[number])  # another thread has begun it
    given = []
    while (task := table.oldest(0)) is not None:
        assert isinstance(task, Future)
        assert table.claim(task)
        given.append(tasks.index(task))
    left = [number for number in range(len(tasks)) if number not in taken]
    assert given == sorted(left, key=lambda n: (-priorities[n], n))


@given(st.lists(st.integers(0, 2), max_size=9))
def test_a_look_at_place_after_place_passes_none_over(priorities: list[int]) -> None:
    table, tasks = table_of(priorities)
    found, place = [], 0
    while (task := table.oldest(place)) is not None:
        found.append(task)
        place += 1
    assert {*found} == {*tasks}
    urgent = sorted((n for n, priority in enumerate(priorities) if priority), key=lambda n: (-priorities[n], n))
    assert found[: len(urgent)] == [tasks[n] for n in urgent]


def test_tasks_that_are_gone_are_forgotten() -> None:
    ready = {"a", "b", "c"}
    urgent = UrgentTasks(ready.__contains__)
    for priority, task in enumerate(["a", "b", "c"], 1):
        urgent.add(task, priority)
    assert urgent.first() == "c"
    ready -= {"c", "a"}
    assert urgent.first() == "b"
    assert urgent.in_order(9) == ["b"]
    ready.clear()
    assert urgent.first() is None
    assert not urgent.left


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=4), max_size=6))
def test_the_broker_hands_the_most_urgent_out_first(batches: list[list[int]]) -> None:
    state = BrokerState()
    for worker in range(2):
        state.joined(worker)
    names, expected = batch_ids(0, 0), []
    for priorities in batches:
        batch, numbers = next(names), [*range(len(priorities))]
        urgent = [number for number in numbers if priorities[number]]
        state.received(0, Urgent(batch, urgent, [priorities[number] for number in urgent]))
        state.received(0, Offer(batch, numbers, [2] * len(numbers), [0] * len(numbers), b"body", None))
        expected += [(-priority, batch, number) for number, priority in enumerate(priorities)]
    handed: list[tuple[int, int]] = []
    while state.table.on_offer:
        orders: Any = state.received(1, Idle(state.peers[1].sent, False))
        runs = [order.message for order in orders if isinstance(order, Send) and isinstance(order.message, Run)]
        handed += [(run.batch, number) for run in runs for number in run.tasks]
    assert handed == [(batch, number) for _, batch, number in sorted(expected)]
