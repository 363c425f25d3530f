"""Functions within a cache, or that dispatch by type, travel as plain functions do."""

from pathlib import Path

import pytest

from running import RunScoop, run_python
from scripts import program
from transport.guarded import run_fine

DEFINITIONS = """
def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return "traced", function(*args)
    return wrapper

@functools.cache
def cached(x):
    return x * scale

@functools.lru_cache(maxsize=3, typed=True)
def bounded(x):
    return x + scale

@functools.cache
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

@functools.singledispatch
def kind(x):
    return "any"

@kind.register
def _(x: int):
    return "int"

@kind.register
def _(x: list):
    return [kind(each) for each in x]

@traced
@functools.cache
def around_a_cache(x):
    return x

@functools.cache
@traced
def within_a_cache(x):
    return x

class Shape:
    @functools.singledispatchmethod
    def kind(self, x):
        return "any"

    @kind.register
    def _(self, x: int):
        return "int"

    @functools.cached_property
    def area(self):
        return scale

    @functools.cache
    def method(self, x):
        return x

    @staticmethod
    @functools.cache
    def static(x):
        return x

def closure():
    inner_scale = 7
    @functools.cache
    def inner(x):
        return inner_scale * x
    return inner
"""

USES = """
same(cached, 3), same(bounded, 3), same(fibonacci, 60), same(kind, 3), same(kind, [1, "a"])
same(around_a_cache, 3), same(within_a_cache, 3), same(closure(), 3)
same(Shape.static, 3), same(Shape().kind, 3), same(Shape().method, 3), same(lambda shape: shape.area, Shape())
same(lambda: (kind(3), cached(4))), same(functools.partial(cached, 5)), same(lambda f: f(2), kind)
kind.register(float, lambda x: "float")
same(kind, 2.0), same(lambda: kind(2.0))
assert far(bounded.cache_parameters) == {"maxsize": 3, "typed": True}
assert [*futures.map(cached, range(9))] == [cached(x) for x in range(9)]
"""

SAME = """
import functools
scale = 2

def same(function, *args):
    assert far(function, *args) == function(*args), (function, far(function, *args), function(*args))
"""


def test_those_of_the_import_follow_what_the_program_changes(scoop_run: RunScoop) -> None:
    changes = "scale = 3\nsame(cached, 17), same(lambda: cached(18)), same(bounded, 17)\n"
    run_fine(scoop_run, SAME + DEFINITIONS, USES + changes)


def test_those_that_stand_under_the_guard_travel_by_value(scoop_run: RunScoop) -> None:
    run_fine(scoop_run, SAME, DEFINITIONS + USES)


@pytest.mark.thorough
def test_those_of_a_program_that_workers_cannot_import_travel_by_value(tmp_path: Path) -> None:
    source = program(SAME + DEFINITIONS + USES) + 'print("fine")'
    run = run_python("-m", "scoop", "-n2", "-c", source, cwd=tmp_path)
    assert (run.status, run.out, run.err) == (0, "fine\n", "")


def test_a_cache_that_travels_by_value_keeps_its_entries_from_task_to_task(scoop_run: RunScoop) -> None:
    run_fine(
        scoop_run,
        "import functools\n\n",
        """
        @functools.cache
        def where(x):
            return os.getpid(), time.monotonic_ns()
        def with_entries(function):
            seen = {}
            for pid, moment in (left_alone(futures.submit(function, 1)).result() for _ in range(9)):
                assert pid != os.getpid() and seen.setdefault(pid, moment) == moment, (pid, moment, seen)
        with_entries(where)
        """,
    )
