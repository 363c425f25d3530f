"""A slice that is split, looked at and stopped while it runs: every row is computed once, and in order."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.maps.row_functions import MapRows, ReduceRows
from scoop.maps.running_slice import RunningSlice
from scoop.maps.segment import Segment

FIRST = 100
"""The first row of the slices here, which are somewhere in the midst of a map."""


def slice_of(function: Any, *columns: Sequence[Any], seconds: float = 0.0) -> RunningSlice:
    """Return a slice over all but the first rows of a map, whose columns end with these."""
    count = len(columns[0])
    padded = tuple([None] * FIRST + [*column] for column in columns)
    return RunningSlice(MapRows(function), padded, range(FIRST, FIRST + count), 0.0, seconds)


def finish(running: RunningSlice) -> Segment:
    """Run a slice; return what was not reported before."""
    return running.last_segment(running.run())


@given(st.integers(1, 60), st.lists(st.integers(0, 59), max_size=8))
def test_rows_split_off_in_the_midst_of_others_are_had_once(count: int, moments: list[int]) -> None:
    given_away: list[range] = []

    def double(row: int) -> int:
        given_away.extend(running.split() for _ in range(moments.count(row)))
        return 2 * row

    running = slice_of(double, range(count))
    segment = finish(running)
    assert segment.values == [2 * row for row in range(len(segment.values))]
    rest = sorted(row - FIRST for rows in given_away for row in rows)
    assert [*range(len(segment.values)), *rest] == [*range(count)]
    assert running.count == len(segment.values)


@given(st.integers(0, 30), st.integers(0, 30))
def test_an_error_comes_after_the_rows_before_it_wherever_it_is_split(wrong: int, moment: int) -> None:
    given_away: list[range] = []

    def careful(row: int) -> int:
        if row == moment:
            given_away.append(running.split())
        if row == wrong:
            raise KeyError(row)
        return row

    running = slice_of(careful, range(31))
    segment = finish(running)
    if any(wrong + FIRST in rows for rows in given_away):
        assert segment == Segment(FIRST, given_away[0].start - FIRST, [*range(given_away[0].start - FIRST)])
    else:
        assert segment[:3] == (FIRST, wrong + 1, [*range(wrong)])
        assert isinstance(segment.error, KeyError)


@given(st.integers(1, 40), st.lists(st.integers(0, 39), max_size=6), st.lists(st.integers(0, 39), max_size=3))
def test_results_that_are_looked_at_are_reported_once(count: int, looks: list[int], splits: list[int]) -> None:
    reported: list[Segment] = []

    def row_of(row: int) -> int:
        if row in splits:
            running.split()
        if row in looks:
            had_news = running.has_news()
            segment = running.take_results()
            assert (segment is not None) == had_news
            reported.extend([segment] if segment else [])
        return row

    running = slice_of(row_of, range(count))
    reported.append(finish(running))
    assert running.take_results() is None
    start = FIRST
    for segment in reported:
        assert segment.start == start
        assert segment.values == [*range(start - FIRST, start - FIRST + segment.rows)]
        start += segment.rows
    assert start - FIRST == running.count


@given(
    st.sampled_from([range(5, 25), [*range(20)], (*range(20),), "abcdefghijklmnopqrst", b"ABCDEFGHIJKLMNOPQRST"]),
    st.lists(st.integers(0, 19), max_size=4),
)
def test_all_columns_are_split_together(column: Sequence[object], moments: list[int]) -> None:
    def pair(value: object, row: int) -> tuple[object, int]:
        for _ in range(moments.count(row)):
            running.split()
        return value, row

    running = RunningSlice(MapRows(pair), (column, range(20)), range(20), 0.0, 0.0)
    values = finish(running).values
    assert values == [*zip(column, range(20), strict=True)][: len(values)]


def test_the_seconds_left_are_told_before_and_after_a_split() -> None:
    def look(row: int) -> float:
        if row == 3:
            running.split()
        return running.seconds_left()

    running = slice_of(look, range(10), seconds=1.0)
    assert running.seconds_left() == 10
    assert finish(running).values == [9, 8, 7, 3, 2, 1, 0]
    assert running.count == 7
    assert running.seconds_left() == 0
    assert not running.split()


@given(st.integers(0, 19), st.none() | st.integers(0, 19))
def test_no_row_begins_after_a_stop(moment: int, split: int | None) -> None:
    def row_of(row: int) -> int:
        if row == split:
            running.split()
        if row == moment:
            running.stop()
        return row

    running = slice_of(row_of, range(20))
    segment = finish(running)
    assert segment.error is None
    last = moment if split is None or split > moment else max(moment, -1)
    assert segment.values == [*range(min(len(segment.values), last + 1))]


def test_a_slice_that_is_stopped_before_it_runs_runs_nothing() -> None:
    running = slice_of(pytest.fail, range(20))
    running.stop()
    assert finish(running) == Segment(FIRST, 0, [])


@pytest.mark.parametrize("stop", [0, 2, 4])
def test_a_stop_iteration_after_a_split_is_told_from_the_end(stop: int) -> None:
    def rows(row: int) -> int:
        if row == 1:
            running.split()
        if row == stop:
            raise StopIteration
        return row

    running = slice_of(rows, range(10))
    segment = finish(running)
    assert segment.values == [*range(stop)]
    assert segment.rows == stop + 1
    assert "raised StopIteration" in str(segment.error)


def test_what_is_reduced_is_not_reported_in_part() -> None:
    running = RunningSlice(ReduceRows(abs, max), (range(-5, 0),), range(5), 0.0, 0.0)
    assert not running.has_news()
    assert finish(running) == Segment(0, 5, [5])
    assert not running.has_news()


def test_an_operation_that_raises_fails_the_slice() -> None:
    def wrong(*_: int) -> int:
        raise ValueError("wrong")

    segment = finish(RunningSlice(ReduceRows(abs, wrong), (range(5),), range(5), 0.0, 0.0))
    assert segment[:3] == (0, 5, [])
    assert isinstance(segment.error, ValueError)


def test_another_thread_may_split_at_any_moment() -> None:
    for _ in range(20):
        running = RunningSlice(MapRows(abs), (range(-20_000, 0),), range(20_000), 0.0, 0.0)
        given_away: list[range] = []
        started = threading.Event()

        def steal(
            running: RunningSlice = running,
            given_away: list[range] = given_away,
            started: threading.Event = started,
        ) -> None:
            started.set()
            while rows := running.split():
                given_away.append(rows)
                time.sleep(0)

        thread = threading.Thread(target=steal)
        thread.start()
        started.wait()
        values = finish(running).values
        thread.join()
        values += [20_000 - row for rows in reversed(given_away) for row in rows]
        assert values == list(range(20_000, 0, -1))
