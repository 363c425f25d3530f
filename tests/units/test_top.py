"""What `scoop top` shows of a run, and what its keys do."""

import pytest

from scoop.cli.looking.top import Screen
from scoop.cli.looking.top_rows import COLUMNS, Row, cells, chosen, rows_of, summary, table
from scoop.wire.looks import Call, Machine, Process, Snapshot, Stack, Worker, new_snapshot


def worker(number: int, begun: int = 0, seconds: float = 0.0, letter: str = "S", idle: bool = False) -> Worker:
    return Worker(number, 100 + number, letter, seconds, 50 << 20, begun, 0, idle)


def machine(*workers: Worker, number: int = 0, clock: float = 10.0) -> Machine:
    return Machine(number, f"node{number}", 99, clock, 3725.0, 3, 0, [*workers])


def process(place: int, *names: str, seconds: "float | None" = None) -> Process:
    calls = [Call(name, seconds, None, []) for name in names]
    return Process(
        0, place, 100 + place, place == 0, 5, 1, 2, 0, [Stack("MainThread", [], [], calls)] if names else []
    )


def look(*processes: Process, clock: float = 10.0, begun: int = 0, seconds: float = 0.0) -> Snapshot:
    return new_snapshot([machine(worker(0), worker(1, begun, seconds), worker(2, idle=True), clock=clock)], processes)


def test_a_row_says_what_a_worker_runs_and_for_how_long() -> None:
    row = rows_of(look(process(1, "tree", "leaf", seconds=2.0)), None)[1]
    assert (row.name, row.state, row.runs, row.seconds, row.rate) == (
        "worker node0:1",
        "runs",
        "tree > leaf",
        2.0,
        None,
    )


def test_a_deep_stack_is_shown_by_its_ends() -> None:
    assert rows_of(look(process(1, *"abcde")), None)[1].runs == "a > ... 3 more > e"


def test_rates_are_since_the_look_before() -> None:
    row = rows_of(look(clock=12.0, begun=30, seconds=3.0), look(clock=10.0, begun=10, seconds=2.0))[1]
    assert (row.rate, row.cpu) == (10.0, 0.5)


def test_a_worker_in_the_place_of_another_one_has_no_rate_yet() -> None:
    now, before = look(clock=12.0), look()
    now.machines[0].workers[1] = worker(1)._replace(pid=7)
    assert rows_of(now, before)[1].rate is None


@pytest.mark.parametrize(
    ("one", "answer", "state"),
    [
        (worker(1, letter="T"), None, "stopped"),
        (worker(1), None, "no answer"),
        (worker(1), process(1, "leaf"), "runs"),
        (worker(1, idle=True), process(1), "waits"),
        (worker(1)._replace(held=1), process(1), "starts"),
    ],
)
def test_the_state_of_a_worker_is_a_word(one: Worker, answer: "Process | None", state: str) -> None:
    snapshot = new_snapshot([machine(worker(0), one)], [answer] if answer else [])
    assert rows_of(snapshot, None)[1].state == state


def test_the_summary_counts_hosts_workers_and_what_is_to_begin() -> None:
    snapshot = new_snapshot(
        [machine(worker(0), worker(1)), machine(worker(1, idle=True), number=1)], [process(0, "work.py"), process(1)]
    )
    lines = summary(snapshot, rows_of(snapshot, None), "python work.py")
    assert lines[0] == "python work.py, for 1:02:05"
    assert lines[1] == "2 hosts, 2 workers, 1 busy, 22 tasks to begin, 150 MiB in memory"
    assert lines[3] == "  node1: 1 worker, 1 idle, 3 tasks on offer, 50 MiB"


def test_columns_stand_below_each_other() -> None:
    lines = table(rows_of(look(process(1, "tree")), None)).splitlines()
    assert lines[0].split() == [*COLUMNS]
    assert len({line.index("MiB") for line in lines[1:]}) == 1


def rows() -> list[Row]:
    return rows_of(
        look(process(0, "work.py"), process(1, "tree", seconds=1.0), process(2, "leaf", seconds=9.0)), None
    )


def test_rows_are_sorted_and_filtered() -> None:
    assert [row.pid for row in chosen(rows(), "for", "")] == [102, 101, 100]
    assert [row.pid for row in chosen(rows(), "worker", "TREE")] == [101]
    assert [row.pid for row in chosen(rows(), "worker", "node0:2")] == [102]


def test_a_large_memory_is_in_gibibytes() -> None:
    assert "3.0 GiB" in cells(rows()[1]._replace(memory=3 << 30))


def test_keys_sort_filter_and_quit() -> None:
    screen = Screen("python work.py")
    assert screen.press("s")
    assert screen.order == "cpu"
    for key in ("/", "q", "x", "\x7f"):
        assert screen.press(key)
    assert screen.filter == "q"
    assert "filter: q_" in screen.key_line()
    assert screen.press("\r")
    assert not screen.types_filter
    assert screen.press("/")
    assert screen.press("\x1b")
    assert screen.filter == ""
    assert not screen.press("q")
