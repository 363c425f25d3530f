"""What is on offer: the newest for this process, the oldest for others, each future had by one."""

from scoop.engine.offers.ready_table import ReadyTable
from scoop.engine.results.future import new_task


def table_of(count: int) -> tuple[ReadyTable, list[object]]:
    """Return a table with so many futures, the oldest first."""
    table = ReadyTable()
    tasks = [new_task(abs, (number,), {}) for number in range(count)]
    for task in tasks:
        table.tasks[task] = True
    return table, [*tasks]


def test_a_future_is_claimed_once() -> None:
    table, (task,) = table_of(1)
    assert table.claim(task)  # type: ignore[arg-type]
    assert not table.claim(task)  # type: ignore[arg-type]
    assert len(table) == 0


def test_this_process_takes_the_newest_and_others_the_oldest() -> None:
    table, tasks = table_of(3)
    assert table.newest(only_kept=False) is tasks[2]
    assert [table.oldest(place) for place in range(4)] == [*tasks, None]
    assert [*table] == tasks


def test_what_cannot_travel_comes_last_and_is_not_for_others() -> None:
    table, tasks = table_of(2)
    local = new_task(abs, (-1,), {})
    table.keep(local)
    assert local in table
    assert table.newest(only_kept=False) is tasks[1]
    assert table.newest(only_kept=True) is local
    for task in tasks:
        table.claim(task)  # type: ignore[arg-type]
    assert table.oldest(0) is None
    assert table.newest(only_kept=False) is local
    assert table.futures() == [local]
    assert table.claim(local)
    assert table.newest(only_kept=False) is None
