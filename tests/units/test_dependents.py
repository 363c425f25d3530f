"""Random graphs of tasks beside a serial model, without any process."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scoop.engine.offers.dependents import Graph
from scoop.engine.offers.ready_table import ReadyTable
from scoop.engine.results import future as f
from scoop.engine.results.callbacks import Deferred
from scoop.engine.results.future import Future
from scoop.engine.tasks.task import PLAIN

Drawn = list[tuple[str, bool, list[int]]]
"""Of each task: in what its dependencies are given, whether it fails, and which they are."""


class Offers:
    """What tasks that wait need of the scheduler."""

    def __init__(self) -> None:
        self.ready = ReadyTable()
        self.graph = Graph(self)

    def offer(self, future: Future) -> None:
        """Put it into the table."""
        self.ready.tasks[future] = True

    def offer_late(self, future: Future, _: Deferred | None) -> None:
        """Note what is on offer, now that it has waited."""
        self.offer(future)

    def look_again(self) -> None:
        """Do nothing."""


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    """Draw tasks, each of which depends on some of those before it."""
    size = draw(st.integers(1, 12))
    places = st.sampled_from(["apart", "list", "dict", "tuple", "keyword"])
    return [
        (
            draw(places),
            draw(st.integers(0, 5)) == 0,
            draw(st.lists(st.integers(0, number - 1), max_size=4)) if number else [],
        )
        for number in range(size)
    ]


def work(number: int, fails: bool, *given: Any, **named: Any) -> int:
    """Be a task: return its number and all that is given, added up."""
    if fails:
        raise ValueError(number)
    flat: list[int] = []
    for each in [*given, *named.values()]:
        flat += each.values() if isinstance(each, dict) else each if isinstance(each, list | tuple) else [each]
    return (number + sum(flat)) % 1009


def call(place: str, before: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return arguments and keywords in which dependencies are given."""
    ways: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "apart": (tuple(before), {}),
        "list": ((before,), {}),
        "tuple": ((tuple(before),), {}),
        "dict": ((dict(enumerate(before)),), {}),
        "keyword": ((), {"named": before}),
    }
    return ways[place]


def model(graph: Drawn) -> list[int | None]:
    """Return what comes of each task: None if it fails."""
    values: list[int | None] = []
    for number, (place, fails, before) in enumerate(graph):
        known = [values[each] for each in before]
        args, kwargs = call(place, known)
        values.append(None if fails or None in known else work(number, False, *args, **kwargs))
    return values


@given(graphs(), st.randoms(use_true_random=False), st.integers(0, 12))
def test_results_are_those_of_a_serial_run(graph: Drawn, random: Any, early: int) -> None:
    offers, tasks = Offers(), list[Future]()
    for number, (place, fails, before) in enumerate(graph):
        args, kwargs = call(place, [tasks[each] for each in before])
        tasks.append(offers.graph.submit(work, (number, fails, *args), kwargs, PLAIN))
        if number == early:
            run_all(offers, random)
    run_all(offers, random)
    for task, value in zip(tasks, model(graph), strict=True):
        assert f.has_ended(task)
        error = f.error_of(task)
        assert isinstance(error, ValueError) if value is None else task.result() == value
        assert len(getattr(error, "__notes__", [])) <= 1
    assert not offers.ready.waiting


@given(graphs(), st.randoms(use_true_random=False), st.integers(0, 11))
def test_what_depends_on_a_cancelled_task_is_cancelled(graph: Drawn, random: Any, which: int) -> None:
    offers, tasks = Offers(), list[Future]()
    for number, (place, _, before) in enumerate(graph):
        args, kwargs = call(place, [tasks[each] for each in before])
        tasks.append(offers.graph.submit(work, (number, False, *args), kwargs, PLAIN))
    which %= len(tasks)
    assert offers.ready.claim_unbegun(tasks[which])
    f.cancel_unbegun(tasks[which])
    gone = {which}
    for number, (_, _, before) in enumerate(graph):
        if gone.intersection(before):
            gone.add(number)
    assert {number for number, task in enumerate(tasks) if task.cancelled()} == gone, "at once"
    run_all(offers, random)
    assert {number for number, task in enumerate(tasks) if f.has_succeeded(task)} == {*range(len(tasks))} - gone


def run_all(offers: Offers, random: Any) -> None:
    """Run what is on offer, in any order."""
    while offers.ready.tasks:
        future = random.choice([*offers.ready.tasks])
        assert offers.ready.claim(future)
        f.run(future)
