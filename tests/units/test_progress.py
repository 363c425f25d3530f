"""How long something will yet take, and how that is said."""

from hypothesis import given
from hypothesis import strategies as st

from scoop.progress import words
from scoop.progress.estimate import Estimate
from scoop.progress.loops import Loop, LoopState, merged
from scoop.progress.run_counts import OTHERS, FunctionCounts, ProcessCounts, add_up, total_of
from scoop.progress.run_view import work
from scoop.progress.shown import Shown


def test_nothing_is_estimated_before_something_is_done() -> None:
    estimate = Estimate(100.0)
    estimate.note(110.0, 0)
    assert estimate.rate() is None
    assert estimate.seconds_left(110.0, 50) is None


def test_what_goes_on_evenly_is_estimated_exactly() -> None:
    estimate = Estimate(0.0)
    for second in range(1, 41):
        estimate.note(float(second), 5 * second)
    assert estimate.rate() == 5
    assert estimate.seconds_left(40.0, 400) == 40


def test_an_estimate_counts_down_while_nothing_ends() -> None:
    estimate = Estimate(0.0)
    estimate.note(60.0, 4)  # four long tasks at a time
    assert [estimate.seconds_left(now, 8) for now in (60.0, 90.0, 130.0)] == [60, 30, 0]


def test_an_estimate_follows_what_has_become_slower() -> None:
    estimate = Estimate(0.0)
    for second in range(1, 11):
        estimate.note(float(second), 100 * second)
    for second in range(11, 41):
        estimate.note(float(second), 1000 + (second - 10))
    assert estimate.rate() == 1


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 1000)), max_size=20))
def test_no_estimate_is_negative(steps: list[tuple[float, int]]) -> None:
    estimate, now, done = Estimate(0.0), 0.0, 0
    for seconds, more in steps:
        now, done = now + seconds, done + more
        estimate.note(now, done)
        left = estimate.seconds_left(now, done)
        assert left is None or left >= 0


def test_what_is_left_is_said_no_more_exactly_than_it_is_known() -> None:
    found = [words.left(seconds) for seconds in (None, 0.0, 2.2, 21.0, 61.0, 700.0, 7000.0, 200_000.0)]
    assert found == [
        *("", "about 1 s left", "about 3 s left", "about 25 s left", "about 1 min 30 s left"),
        *("about 12 min left", "about 1 h 57 min left", "about 2 d 8 h left"),
    ]


def test_rates_have_the_unit_that_suits_them() -> None:
    found = [words.rate(rate) for rate in (None, 12_345.6, 3.21, 0.5, 0.001)]
    assert found == ["", "12,346/s", "3.2/s", "30.0/min", "3.6/h"]


def test_loops_of_one_label_are_added_up() -> None:
    states = [LoopState("a", 1, 5), LoopState("b", 2, None), LoopState("a", 3, 6), LoopState("b", 1, 4)]
    assert merged(states) == [LoopState("a", 4, 11, 2), LoopState("b", 3, None, 2)]


def test_only_the_outer_of_two_loops_leaves_a_line() -> None:
    shown, outer, inner = Shown(), Loop("outer", 2), Loop("inner", 1)
    for loop in outer, inner:
        shown.add(loop)
        loop.add(1)
    assert [line.state.label for line in shown.lines(0.0)] == ["outer", "inner"]
    assert not shown.take_ended()
    inner.end()
    outer.end()
    assert [state for state, _ in shown.take_ended()] == [LoopState("outer", 1, 2)]
    assert shown.is_empty()


def test_all_tasks_take_what_those_of_their_function_took() -> None:
    assert work({"a": FunctionCounts(10, 4, 0, 8.0), "b": FunctionCounts(3, 1, 0, 5.0)}) == 20 + 15
    assert work({"a": FunctionCounts(10, 4, 0, 8.0), "new": FunctionCounts(5)}) == 20 + 5 * 2


def test_tasks_that_were_told_apart_only_as_they_ended_are_counted_once() -> None:
    found = add_up([ProcessCounts({"a": FunctionCounts(1, 6, 0, 12.0), OTHERS: FunctionCounts(15, 2, 0, 2.0)})])
    assert total_of(found.values()) == FunctionCounts(16, 8, 0, 14.0)
    assert work(found) == 14 + 8 * 1, "eight are left, and are taken for short ones"
