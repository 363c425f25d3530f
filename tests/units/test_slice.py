"""A slice that is cut while it runs: every row is computed once, and in order, whoever computes it and whenever."""

import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoop.engine.future import Future
from scoop.engine.mapper import Broken, Mapper, Outcome
from scoop.engine.slice import Slice


def compute(tail: Future) -> Outcome:
    """Run what was cut off."""
    return Slice(tail._fn, tail._args, 0.0).run()  # type: ignore[arg-type]


def in_order(part: Slice, outcome: Outcome) -> list[object]:
    assert isinstance(outcome, list)
    results: list[object] = list(outcome)
    for tail in reversed(part.tails()):
        more = compute(tail)
        assert isinstance(more, list)
        results += more
    return results


@given(st.integers(1, 60), st.lists(st.integers(0, 59), max_size=8))
def test_rows_that_are_cut_off_in_the_midst_of_others_are_computed_once_and_in_order(
    count: int, moments: list[int]
) -> None:
    def double(row: int) -> int:
        for _ in range(moments.count(row)):
            part.cut(mapper)
        return 2 * row

    mapper = Mapper(double)
    part = Slice(mapper, (range(count),), 0.0)
    outcome = part.run()
    moments.clear()
    assert in_order(part, outcome) == [2 * row for row in range(count)]


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_row_that_raises_comes_after_those_before_it_wherever_it_is_cut(wrong: int, moment: int) -> None:
    def careful(row: int) -> int:
        if row == moment:
            part.cut(mapper)
        if row == wrong:
            raise KeyError(row)
        return row

    mapper = Mapper(careful)
    part = Slice(mapper, (range(31),), 0.0)
    outcome = part.run()
    seen = []
    outcomes = [outcome, *(compute(tail) for tail in reversed(part.tails()))]
    for one in outcomes:
        seen += one.before if isinstance(one, Broken) else one
        if isinstance(one, Broken):
            assert isinstance(one.error, KeyError)
            break
    assert seen == list(range(wrong))


@given(
    st.sampled_from([range(5, 25), [*range(20)], (*range(20),), "abcdefghijklmnopqrst", b"ABCDEFGHIJKLMNOPQRST"]),
    st.lists(st.integers(0, 19), max_size=4),
)
def test_all_columns_are_cut_together(column: Sequence[object], moments: list[int]) -> None:
    def pair(value: object, row: int) -> tuple[object, int]:
        for _ in range(moments.count(row)):
            part.cut(mapper)
        return value, row

    mapper = Mapper(pair)
    part = Slice(mapper, (column, range(20)), 0.0)
    outcome = part.run()
    moments.clear()
    assert in_order(part, outcome) == [*zip(column, range(20), strict=True)]


def test_what_is_left_is_told_before_and_after_a_cut() -> None:
    def look(row: int) -> float:
        if row == 3:
            part.cut(mapper)
        return part.rest_seconds()

    mapper = Mapper(look)
    part = Slice(mapper, (range(10),), 0.0, cost=1.0)
    assert part.rest_seconds() == 10
    assert part.run() == [9, 8, 7, 3, 2, 1, 0]
    assert part.count == 7
    assert part.rest_seconds() == 0
    assert part.cut(mapper) is None


@pytest.mark.parametrize("stop", [0, 2, 4, 6])
def test_a_function_that_raises_stop_iteration_after_a_cut_is_found_out(stop: int) -> None:
    def rows(row: int) -> int:
        if row == 1:
            part.cut(mapper)
        if row == stop:
            raise StopIteration
        return row

    mapper = Mapper(rows)
    part = Slice(mapper, (range(10),), 0.0)
    outcome = part.run()
    if stop == 6:  # that row was cut off
        assert outcome == [0, 1, 2, 3, 4, 5]
        outcome = compute(part.tails()[0])
        assert isinstance(outcome, Broken)
        assert outcome.before == []
    else:
        assert isinstance(outcome, Broken)
        assert outcome.before == [*range(stop)]
    assert "raised StopIteration" in str(outcome.error)


def test_a_function_that_raises_stop_iteration_does_not_cut_the_results_short() -> None:
    outcome = Slice(Mapper(next), ([iter([1]), iter([])],), 0.0).run()
    assert isinstance(outcome, Broken)
    assert outcome.before == [1]
    assert "raised StopIteration" in str(outcome.error)


def test_another_thread_may_cut_at_any_moment() -> None:
    for _ in range(30):
        part = Slice(Mapper(abs), (range(-20_000, 0),), 0.0)
        tails: list[Future] = []
        started = threading.Event()

        def thief(part: Slice = part, tails: list[Future] = tails, started: threading.Event = started) -> None:
            started.set()
            while (tail := part.cut(Mapper(abs))) is not None:
                tails.append(tail)
                time.sleep(0)

        thread = threading.Thread(target=thief)
        thread.start()
        started.wait()
        outcome = part.run()
        looked = list(part.tails())
        thread.join()
        assert isinstance(outcome, list)
        results = list(outcome)
        for tail in reversed(looked):
            more = compute(tail)
            assert isinstance(more, list)
            results += more
        assert results == list(range(20_000, 0, -1))
        assert looked == tails
