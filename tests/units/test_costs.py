"""What calls took lately is known by the code that ran, however it was bound."""

from functools import partial

from scoop.engine.costs import MOST, Costs


def double(x: int) -> int:
    return 2 * x


class Thing:
    """Something with a method, that can be called too."""

    def method(self, x: int) -> int:
        return x

    def __call__(self, x: int) -> int:
        """Return ``x``."""
        return x


def test_partials_and_methods_are_known_by_what_they_run() -> None:
    costs = Costs()
    costs.note(partial(partial(double, 1)), 0.5)
    costs.note(Thing().method, 0.25)
    assert costs.of(double) == costs.of(partial(double)) == 0.5
    assert costs.of(Thing().method) == 0.25
    assert costs.of(Thing()) is None


def test_lambdas_are_told_apart_and_copies_are_not() -> None:
    costs = Costs()
    made = [eval("lambda x: x + 1"), eval("lambda x: x + 1"), eval("lambda x: x + 2")]
    costs.note(made[0], 1.0)
    assert (costs.of(made[1]), costs.of(made[2])) == (1.0, None)


def test_what_has_no_code_is_known_by_its_type() -> None:
    costs = Costs()
    costs.note(Thing(), 2.0)
    assert costs.of(Thing()) == 2.0
    assert costs.of(abs) is None


def test_not_more_is_remembered_than_may_be() -> None:
    costs = Costs()
    for number in range(2 * MOST):
        costs.note(eval(f"lambda: {number}"), 1.0)
    assert len(costs._seconds) <= MOST


def test_the_heaviest_call_is_what_a_function_is_known_for() -> None:
    costs = Costs()
    assert costs.weight(double) == 0
    for size in (10, 1000, 100):
        costs.weigh(double, size)
    assert costs.weight(partial(double)) == 1000
