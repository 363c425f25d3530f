"""A slice that is cut while it runs: every row is computed once, and in order, whoever computes it and whenever."""

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from scoop.engine.future import Future
from scoop.engine.mapper import Broken, Mapper, Outcome
from scoop.engine.slice import Slice


def compute(tail: Future) -> Outcome:
    """Run what was cut off."""
    assert tail._fn is not None
    if not tail._args:
        return []
    columns = tail._args
    return Slice(tail._fn, columns, 0.0).run()  # type: ignore[arg-type]


def in_order(part: Slice, outcome: Outcome) -> list[int]:
    assert isinstance(outcome, list)
    results = list(outcome)
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
            more = compute(tail) if tail._args else []
            assert isinstance(more, list)
            results += more
        assert results == list(range(20_000, 0, -1))
        assert all(tail in looked or not tail._args for tail in tails)
