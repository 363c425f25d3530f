"""Tasks that wait for others, while these end, fail or are cancelled: under every order of lines."""

from collections.abc import Callable

import pytest

from scoop.engine.offers.dependents import Graph
from scoop.engine.offers.ready_table import ReadyTable
from scoop.engine.results import future as f
from scoop.engine.results.callbacks import Deferred
from scoop.engine.results.future import Future, new_task
from scoop.engine.tasks.task import PLAIN

from .interleaver import Interleaver, over_seeds


class Offers:
    """What tasks that wait need of the scheduler."""

    def __init__(self) -> None:
        self.ready = ReadyTable()
        self.graph = Graph(self)
        self.offered: list[Future] = []

    def offer(self, future: Future) -> None:
        """Note what is on offer."""
        self.offered.append(future)
        self.ready.tasks[future] = True

    def offer_late(self, future: Future, _: Deferred | None) -> None:
        """Note what is on offer, now that it has waited."""
        self.offer(future)

    def look_again(self) -> None:
        """Do nothing."""

    def new(self, function: Callable[..., object], *args: object) -> Future:
        """Submit a task."""
        return self.graph.submit(function, args, {}, PLAIN)

    def end_all(self) -> None:
        """Run what is on offer, until there is nothing more."""
        while self.ready.tasks:
            future, _ = self.ready.tasks.popitem()
            assert isinstance(future, Future)
            f.run(future)


def add(*numbers: int) -> int:
    return sum(numbers)


def fail() -> int:
    raise ValueError


def dependencies_end_while_a_task_is_submitted(interleaver: Interleaver) -> None:
    offers, found = Offers(), []
    one, two = new_task(add, (1,), {}), new_task(add, (2,), {})
    interleaver.run(lambda: f.run(one), lambda: f.run(two), lambda: found.append(offers.new(add, one, two, one)))
    assert offers.offered == found
    offers.end_all()
    assert found[0].result() == 4
    assert not offers.ready.waiting


def a_task_is_cancelled_while_the_last_dependency_ends(interleaver: Interleaver) -> None:
    offers = Offers()
    one = new_task(add, (1,), {})
    first = offers.new(add, one)
    second = offers.new(add, first)

    def cancel() -> None:
        if offers.ready.claim_unbegun(first):
            f.cancel_unbegun(first)

    interleaver.run(lambda: f.run(one), cancel)
    offers.end_all()
    assert f.has_ended(first)
    assert f.has_ended(second)
    assert not offers.ready.waiting
    assert first.cancelled() == second.cancelled()


def one_dependency_fails_while_another_ends_and_a_third_is_cancelled(interleaver: Interleaver) -> None:
    offers = Offers()
    good, bad, gone = new_task(add, (1,), {}), new_task(fail, (), {}), new_task(add, (3,), {})
    first = offers.new(add, good, bad, gone)
    second = offers.new(add, first, good)
    interleaver.run(lambda: f.run(good), lambda: f.run(bad), lambda: f.cancel_unbegun(gone))
    assert f.has_ended(first)
    assert f.has_ended(second)
    assert not offers.ready.waiting
    assert not offers.offered
    assert isinstance(f.error_of(second), ValueError) or second.cancelled()
    assert first.cancelled() == second.cancelled()


SCENARIOS = [
    dependencies_end_while_a_task_is_submitted,
    a_task_is_cancelled_while_the_last_dependency_ends,
    one_dependency_fails_while_another_ends_and_a_third_is_cancelled,
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_order_of_lines(scenario: Callable[[Interleaver], None]) -> None:
    over_seeds(scenario, 150)
