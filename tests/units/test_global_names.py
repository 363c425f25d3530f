"""Which global variables functions use, by their code."""

import functools
import os.path
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from scoop.engine.travel.global_names import GlobalsUsed, names_of_code

SOURCE = """
import functools
data, other, third, unused, default = 1, 2, 3, 4, 5

def plain():
    return data

def calls():
    return plain() + other

def circle():
    return back()

def back():
    return circle() + third

def comprehension():
    return [data + x for x in range(3)], {other: x for x in "ab"}, (third for _ in ())

def inner():
    def innermost():
        return data
    return innermost

def lambdas():
    return lambda: (lambda: data)

def attribute(module):
    return module.data, module.plain.other

def local(data):
    other = data
    return other

def with_default(x=default, *, y=plain):
    return x, y

def annotated(x: "data") -> None:
    y: "other" = x

def within_a_class():
    class Local:
        field = data
        def method(self):
            return other
    return Local

def sets():
    global third
    third = data

def calls_sets():
    sets()

def wrapping(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@wrapping
def wrapped():
    return data

@functools.lru_cache
def cached():
    return data

class Base:
    def base_method(self):
        return other

class Thing(Base):
    field = third
    def method(self):
        return data
    @property
    def value(self):
        return third
    @classmethod
    def made(cls):
        return unused
    @staticmethod
    def static():
        return calls()

def makes_things():
    return Thing()

bound = functools.partial(plain, x=calls)
method = Thing().method

def uses_missing():
    return no_such_name, len

def nested_many_times():
    return [[lambda: [data for _ in range(2)] for _ in range(2)] for _ in range(2)]
"""


@pytest.fixture(scope="module")
def space() -> dict[str, Any]:
    """The globals of a main script."""
    found: dict[str, Any] = {"__name__": "__main__"}
    exec(SOURCE, found)
    return found


def _is_callable(_: str, value: Any) -> bool:
    return isinstance(value, FunctionType | type)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("plain", "data"),
        ("calls", "data other"),
        ("circle", "third"),
        ("back", "third"),
        ("comprehension", "data other third"),
        ("inner", "data"),
        ("lambdas", "data"),
        ("attribute", ""),
        ("local", ""),
        ("with_default", "data"),
        ("annotated", ""),
        ("within_a_class", "data other"),
        ("calls_sets", "data"),
        ("wrapped", "data"),
        ("cached", "data"),
        ("Thing", "data other third unused"),
        ("makes_things", "data other third unused"),
        ("bound", "data other"),
        ("method", "data"),
        ("uses_missing", ""),
        ("nested_many_times", "data"),
    ],
)
def test_the_globals_that_a_function_reads(space: dict[str, Any], name: str, wanted: str) -> None:
    used = GlobalsUsed(space, _is_callable)
    used.add([space[name]])
    assert {*used.read} - {"functools"} == {*wanted.split()}


def test_a_global_that_a_function_sets_is_known(space: dict[str, Any]) -> None:
    used = GlobalsUsed(space, _is_callable)
    used.add([space["calls_sets"]])
    assert used.bound == {"third"}


def test_the_reader_of_a_global_is_named(space: dict[str, Any]) -> None:
    used = GlobalsUsed(space, _is_callable)
    used.add([space["calls"]])
    assert used.read == {"data": "plain", "other": "calls"}


def test_names_of_more_than_256_globals_are_found() -> None:
    names = [f"name_{number}" for number in range(700)]
    space: dict[str, Any] = {}
    exec(f"def many(): return ({', '.join(names)})", space)
    assert names_of_code(space["many"].__code__).read == {*names}


def test_functions_of_other_modules_are_looked_through(space: dict[str, Any]) -> None:
    def outside(function: Callable[[], object]) -> Callable[[], object]:
        return lambda: (os.path, function())

    used = GlobalsUsed(space, _is_callable)
    used.add([functools.partial(outside(space["plain"]))])
    assert {*used.read} == {"data"}


def test_an_empty_cell_is_passed_over(space: dict[str, Any]) -> None:
    exec("def empty():\n    def inner():\n        return later, data\n    return inner\n    later = 1", space)
    used = GlobalsUsed(space, _is_callable)
    used.add([space["empty"]()])
    assert {*used.read} == {"data"}
