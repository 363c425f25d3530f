"""How much of a map is given away: never more than there is, and so much that all are done at the same time."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from scoop.maps.steal_policy import NOTHING, Situation, plan_steal
from scoop.tuning import TUNING

LONG, WORTH = TUNING.long_row_seconds, TUNING.worth_giving_seconds


def situation(rows: int, seconds: float | None, **known: float) -> Situation:
    """Return what is known of a map of so many rows, of which a worker waits for some."""
    plain = Situation(rows, seconds, 0.0, 2, 1, 0.0, 0.0, True, False)
    return plain._replace(**known)  # type: ignore[arg-type]


situations = st.builds(
    Situation,
    rows=st.integers(0, 1 << 20),
    seconds_per_row=st.none() | st.floats(0, 1000.0) | st.floats(1e-9, 1e-3),
    bytes_per_row=st.just(0.0) | st.floats(1, 1e9),
    workers=st.integers(1, 10_000),
    wanted=st.integers(1, 10_000),
    age=st.floats(0, 1000.0),
    overrun=st.floats(0, 1000.0),
    at_hand=st.booleans(),
    left=st.booleans(),
)


@given(situations)
def test_no_more_is_given_than_there_is_and_no_piece_is_empty(now: Situation) -> None:
    plan = plan_steal(now, TUNING)
    assert 0 <= plan.rows <= now.rows
    assert 0 <= plan.pieces <= plan.rows
    assert bool(plan.rows) == bool(plan.pieces)


@given(situations)
def test_nothing_is_given_of_no_rows(now: Situation) -> None:
    assert plan_steal(now._replace(rows=0), TUNING) == NOTHING


@given(situations, st.floats(LONG, 1000.0))
def test_long_rows_go_from_the_front_in_pieces_that_are_soon_done(now: Situation, seconds: float) -> None:
    plan = plan_steal(now._replace(seconds_per_row=seconds), TUNING)
    if now.rows:
        assert plan.rows
        assert plan.from_front
        in_piece = ceil(plan.rows / plan.pieces)
        assert in_piece == 1 or in_piece * seconds <= TUNING.long_piece_seconds * (1 + 1e-9)
        assert in_piece == 1 or in_piece * now.bytes_per_row <= TUNING.heavy_bytes
        assert plan.pieces <= now.wanted * TUNING.most_pieces_ahead


@given(st.integers(2, 10_000), st.floats(LONG, 1.0), st.integers(2, 64))
def test_a_piece_of_long_rows_is_no_more_than_half_a_fair_share(rows: int, seconds: float, workers: int) -> None:
    plan = plan_steal(situation(rows, seconds, workers=workers), TUNING)
    assert ceil(plan.rows / plan.pieces) <= ceil(rows / (2 * workers))


@given(st.integers(1, 1 << 20), st.floats(TUNING.least_row_seconds * 1.01, LONG * 0.999))
def test_both_sides_are_done_with_short_rows_at_the_same_time(rows: int, seconds: float) -> None:
    plan = plan_steal(situation(rows, seconds), TUNING)
    if rows * seconds <= WORTH:
        assert plan == NOTHING
        return
    assert not plan.from_front
    price = seconds + TUNING.pack_row_seconds
    difference = (rows - plan.rows) * seconds - (plan.rows * price + TUNING.journey_seconds)
    assert abs(difference) <= 2 * price or plan.rows == 1


@given(st.integers(2, 1 << 20), st.floats(TUNING.least_row_seconds * 1.01, LONG * 0.999), st.floats(0, 10))
def test_the_longer_the_rows_at_hand_overrun_the_more_is_given(rows: int, seconds: float, overrun: float) -> None:
    in_time, late = (plan_steal(situation(rows, seconds, overrun=each), TUNING) for each in (0.0, overrun))
    assert in_time.rows <= late.rows <= rows


def test_rows_of_which_nothing_is_known_stay_until_one_has_had_time_to_end() -> None:
    stay = TUNING.unknown_rows_stay_seconds
    given = [plan_steal(situation(100, None, age=age, wanted=3), TUNING).rows for age in (0.0, stay, stay * 1.01)]
    assert given == [0, 0, 3]


def test_short_rows_are_given_if_they_are_worth_the_journey_or_overdue() -> None:
    overdue = TUNING.overdue_seconds
    assert plan_steal(situation(100, WORTH / 50), TUNING).rows
    given = [plan_steal(situation(100, WORTH / 200, age=age), TUNING).rows for age in (0.0, overdue, overdue * 1.01)]
    assert [bool(rows) for rows in given] == [False, False, True]


@given(situations)
def test_what_a_process_leaves_is_given_if_it_runs_none_for_a_while(now: Situation) -> None:
    waits = now._replace(left=True, at_hand=False)
    overdue = waits._replace(age=TUNING.overdue_seconds * 1.01)
    assert bool(plan_steal(overdue, TUNING).rows) == bool(now.rows)
    if now.seconds_per_row is None:
        assert plan_steal(waits, TUNING).rows == min(now.rows, now.wanted), "it runs none of which nothing is known"


@given(st.integers(1, 1 << 20), st.floats(1e-9, TUNING.least_row_seconds), st.booleans())
def test_rows_stay_that_cost_more_to_pickle_than_to_run(rows: int, seconds: float, at_hand: bool) -> None:
    assert plan_steal(situation(rows, seconds, at_hand=at_hand, left=True), TUNING) == NOTHING


@given(st.integers(1, 1000), st.floats(1e-6, LONG * 0.999), st.sampled_from([0, 1000, 1 << 19, 1 << 20, 1 << 23]))
def test_pieces_of_short_rows_are_few_unless_rows_are_heavy(rows: int, seconds: float, size: int) -> None:
    plan = plan_steal(situation(rows, seconds, bytes_per_row=float(size)), TUNING)
    if plan.rows * size < TUNING.heavy_bytes:
        assert plan.pieces <= TUNING.most_pieces
    elif plan.pieces < min(plan.rows, TUNING.most_heavy_pieces):
        assert plan.rows / plan.pieces * size < 2 * TUNING.heavy_bytes


@given(situations, st.floats(TUNING.least_row_seconds * 1.01, 1000.0))
def test_what_a_process_leaves_to_others_goes_from_the_front(now: Situation, seconds: float) -> None:
    plan = plan_steal(now._replace(seconds_per_row=seconds, left=True, at_hand=False), TUNING)
    assert plan == NOTHING or plan.from_front
