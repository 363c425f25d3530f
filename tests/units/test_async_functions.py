"""Which functions are taken for async, and what is made of them."""

import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from scoop.engine.loops.loop_calls import LoopCalls
from scoop.engine.tasks.async_function import AsyncFunction, from_async, is_async
from scoop.maps.coroutine_map import fair_share


async def double(x: int) -> int:
    return 2 * x


class Both:
    async def wait(self) -> None: ...
    def go(self) -> None: ...


class Async:
    async def __call__(self) -> None: ...


@pytest.mark.parametrize("function", [double, partial(partial(double), 1), Both().wait, Async(), partial(Async())])
def test_these_are_async(function: Callable[..., Any]) -> None:
    assert is_async(function)


@pytest.mark.parametrize("function", [abs, lambda x: double(x), Both().go, Both, Async, partial(abs), "text", None])
def test_these_are_not(function: Any) -> None:
    assert not is_async(function)


def test_one_object_stands_for_a_function_that_is_submitted_again() -> None:
    made = from_async(double)
    assert from_async(double) is made
    assert from_async(abs) is abs
    assert from_async(made) is made


def test_an_async_function_travels_and_runs_without_workers() -> None:
    copy = pickle.loads(pickle.dumps(AsyncFunction(double)))
    assert copy(3) == 6
    assert copy.__name__ == "double"


def test_a_loop_is_woken_once_for_calls_that_come_together() -> None:
    loop = Loop()
    calls = LoopCalls(loop)
    made: list[int] = []
    for x in range(3):
        calls.add(partial(made.append, x))
    assert len(loop.callbacks) == 1
    loop.callbacks.pop()()
    assert made == [0, 1, 2]
    calls.add(partial(made.append, 3))
    assert len(loop.callbacks) == 1


class Loop:
    def __init__(self) -> None:
        self.callbacks: list[Callable[[], object]] = []

    def call_soon_threadsafe(self, callback: Callable[[], object]) -> None:
        self.callbacks.append(callback)


def test_a_share_is_what_workers_can_run_and_leaves_some_for_others() -> None:
    assert fair_share(0, 1, 2) == 0
    assert fair_share(1, 2, 2) == 1
    assert fair_share(100, 1, 2) == 50
    assert fair_share(10000, 1, 2) == 100
    assert fair_share(10000, 2, 2) == 200
