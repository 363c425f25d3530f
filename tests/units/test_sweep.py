"""What is given of a map: so much that those who get it and those who keep the rest are done at the same time."""

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scoop.engine.costs import Costs
from scoop.engine.limits import Limits
from scoop.engine.mapper import Mapper
from scoop.engine.sweep import (
    AWAY,
    GROWTH,
    HEAVY,
    MOST_HEAVY,
    MOST_ITEMS,
    MOST_PIECES,
    OVERDUE,
    PACKING,
    PIECE,
    SHORT,
    SLICE,
    WORTH,
    Sweep,
)


def sweep_of(rows: int, cost: float | None, spared: bool = False) -> Sweep:
    """Return a map of so many rows, which take so many seconds each."""
    costs = Costs()
    if cost is not None:
        costs.note(abs, cost)
    scheduler: Any = SimpleNamespace(
        limits=Limits(), costs=costs, size=2, clock=lambda: 0.0, ready=OrderedDict(), spared=spared
    )
    return Sweep(scheduler, Mapper(abs), (range(rows),))


def rows_of(sweep: Sweep) -> tuple[int, int]:
    """Split the map; return how many rows were kept, and how many given."""
    pieces = sweep.split()
    given_rows = [row for piece in pieces for row in piece._args[0]]
    assert given_rows == list(range(sweep.hi, sweep.hi + len(given_rows))), "given twice, or out of order"
    return sweep.hi - sweep.lo, len(given_rows)


@given(st.integers(1, 1 << 20), st.floats(1e-8, 100.0))
def test_both_are_done_at_the_same_time(rows: int, cost: float) -> None:
    kept, given_rows = rows_of(sweep_of(rows, cost))
    assert kept + given_rows == rows
    difference = kept * cost - (given_rows * (cost + PACKING) + AWAY)
    assert abs(difference) <= 2 * (cost + PACKING) or given_rows == 1


@given(st.integers(1, 1 << 20))
def test_half_is_given_while_nobody_knows_what_a_row_takes(rows: int) -> None:
    kept, given_rows = rows_of(sweep_of(rows, None))
    assert given_rows - kept in (0, 1)


def gives(rows: int, cost: float | None, age: float, spared: bool = False) -> bool:
    """Return whether anything is given of a map whose last slice was cut so many seconds ago."""
    sweep = sweep_of(rows, cost, spared)
    sweep.scheduler.clock = lambda: age
    return sweep.is_worth_giving()


def test_nothing_is_given_of_an_unknown_map_until_its_first_slice_has_had_time() -> None:
    assert [gives(100, None, age) for age in (0.0, SHORT, SHORT * 1.01, 1.0)] == [False, False, True, True]


def test_of_a_known_map_is_given_what_is_worth_the_journey_or_overdue() -> None:
    assert gives(100, WORTH / 50, 0.0)
    assert [gives(100, WORTH / 200, age) for age in (0.0, OVERDUE, OVERDUE * 1.01)] == [False, False, True]


def test_who_may_not_run_any_of_it_gives_at_once() -> None:
    assert all(gives(1, cost, 0.0, spared=True) for cost in (None, 1e-9))


@given(st.integers(2, 1000), st.floats(0.001, 1.0))
def test_long_rows_are_halved(rows: int, cost: float) -> None:
    kept, given_rows = rows_of(sweep_of(rows, cost))
    assert given_rows - kept in (0, 1)


def test_who_is_at_a_slice_gives_more_of_what_comes_after_it() -> None:
    sweep = sweep_of(100, 0.01)
    sweep._ends_at = 0.2
    assert rows_of(sweep) == (40, 60)


def test_who_is_at_a_slice_that_does_not_end_gives_more_and_more() -> None:
    def given_after(seconds: float) -> int:
        sweep = sweep_of(100, 0.01)
        sweep.scheduler.clock = lambda: seconds  # it should have ended at 0
        return rows_of(sweep)[1]

    assert [given_after(seconds) for seconds in (0.0, 0.2, 0.5, 2.0)] == [50, 60, 75, 100]


def test_who_may_not_run_any_of_it_gives_half_at_a_time() -> None:
    assert rows_of(sweep_of(10_000, 1e-6, spared=True)) == (5000, 5000)


@given(st.integers(1, 1000), st.floats(1e-6, 10.0), st.sampled_from([0, 1000, HEAVY // 2, HEAVY, 8 * HEAVY]))
def test_pieces_are_worth_their_price_and_the_less_rows_the_more_data(rows: int, cost: float, weight: int) -> None:
    sweep = sweep_of(rows, cost)
    sweep.scheduler.costs.weigh(abs, weight)
    pieces = sweep.split()
    lengths = [len(piece._args[0]) for piece in pieces]
    assert max(lengths) - min(lengths) <= 1
    if sum(lengths) * weight < HEAVY:
        assert len(pieces) <= MOST_PIECES
        assert len(pieces) == 1 or min(lengths) * cost >= PIECE / sweep.scheduler.size * 0.49
    elif len(pieces) < MOST_HEAVY:
        assert max(lengths) * weight < 2 * HEAVY or max(lengths) == 1


@given(st.integers(1, 1 << 20), st.floats(1e-9, 1000.0))
def test_slices_grow_step_by_step_to_what_they_are_to_last(count: int, seconds: float) -> None:
    size = sweep_of(10, 1.0)._size_after(count, seconds)
    assert 1 <= size <= min(GROWTH * count, MOST_ITEMS)
    assert size == 1 or size * seconds / count <= SLICE * 1.000001
    assert size in (GROWTH * count, MOST_ITEMS) or (size + 1) * seconds / count > SLICE * 0.999999


@given(st.integers(1, 1000), st.floats(1e-9, 1000.0), st.integers(HEAVY, 100 * HEAVY))
def test_heavy_rows_are_begun_one_by_one(count: int, seconds: float, weight: int) -> None:
    sweep = sweep_of(1000, 0.01)
    sweep.scheduler.costs.weigh(abs, weight)
    assert sweep._size_after(count, seconds) == 1
