"""What calls took lately is known by the code that ran, however it was bound."""

from functools import partial

from scoop.engine.tasks.cost_model import MOST, CostModel


def double(x: int) -> int:
    return 2 * x


class Thing:
    """Something with a method, that can be called too."""

    def method(self, x: int) -> int:
        return x

    def __call__(self, x: int) -> int:
        """Return ``x``."""
        return x


def test_partials_and_methods_are_known_by_the_code_that_they_run() -> None:
    costs = CostModel()
    costs.note_seconds(partial(partial(double, 1)), 0.5)
    costs.note_seconds(Thing().method, 0.25)
    assert costs.seconds(double) == costs.seconds(partial(double)) == 0.5
    assert costs.seconds(Thing().method) == 0.25
    assert costs.seconds(Thing()) is None


def test_lambdas_are_told_apart_and_copies_of_one_are_not() -> None:
    costs = CostModel()
    made = [eval("lambda x: x + 1"), eval("lambda x: x + 1"), eval("lambda x: x + 2")]
    costs.note_seconds(made[0], 1.0)
    assert (costs.seconds(made[1]), costs.seconds(made[2])) == (1.0, None)


def test_callables_without_code_are_known_by_their_type() -> None:
    costs = CostModel()
    costs.note_seconds(Thing(), 2.0)
    assert costs.seconds(Thing()) == 2.0
    assert costs.seconds(abs) is None


def test_the_number_of_functions_that_are_remembered_is_bounded() -> None:
    costs = CostModel()
    for number in range(2 * MOST):
        costs.note_seconds(eval(f"lambda: {number}"), 1.0)
    assert len(costs._seconds) <= MOST


def test_the_heaviest_call_of_a_function_counts() -> None:
    costs = CostModel()
    assert costs.bytes(double) == 0
    for size in (10, 1000, 100):
        costs.note_bytes(double, size)
    assert costs.bytes(partial(double)) == 1000
