# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""A program of a user's, as type checkers see it: it is checked, and never run.

``assert_type`` says which type a checker must find. A line that ends in ``type: ignore`` is wrong, and a checker must
say so: it also complains of each comment of this kind that hides nothing.
"""

import asyncio
import operator
from collections.abc import AsyncIterator, Iterator
from concurrent import futures as standard
from functools import partial
from typing import Any, assert_type

import scoop
from scoop import Executor, futures, shared
from scoop.executor import CallFuture
from scoop.futures import Future


def half(number: int) -> float:
    return number / 2


def add(one: int, other: int = 1) -> int:
    return one + other


def total(numbers: list[int]) -> int:
    return sum(numbers)


def count(numbers: dict[str, int]) -> int:
    return len(numbers)


def begin(number: int) -> Future[float]:
    return futures.submit(half, number)


async def fetch(address: str) -> bytes:
    return address.encode()


class Scale:
    def __call__(self, number: int) -> str:
        return str(number)

    def weigh(self, number: int) -> str:
        return str(number)


def tasks() -> None:
    assert_type(futures.submit(half, 3), Future[float])
    assert_type(futures.submit(half, 3).result(), float)
    assert_type(futures.submit(add, 3, other=4), Future[int])
    assert_type(futures.submit(add, *(3, 4)), Future[int])
    assert_type(futures.submit(lambda: 3), Future[int])
    assert_type(futures.submit(partial(add, 3), 4), Future[int])
    assert_type(futures.submit(sorted, [2, 1], reverse=True), Future[list[int]])
    assert_type(futures.submit(int, "3"), Future[int])
    assert_type(futures.submit(Scale), Future[Scale])
    assert_type(futures.submit(Scale(), 3), Future[str])
    assert_type(futures.submit(Scale().weigh, 3), Future[str])
    assert_type(futures.submit(fetch, "here"), Future[bytes])
    assert_type(futures.submit(begin, 3), Future[float])
    assert_type(Future(None, half, 3), Future[float])
    futures.submit(half, "3")  # type: ignore
    futures.submit(half)  # type: ignore
    futures.submit(half, 3, 4)  # type: ignore
    futures.submit(add, 3, another=4)  # type: ignore
    futures.submit(fetch, 3)  # type: ignore
    futures.submit(3)  # type: ignore


def futures_as_arguments() -> None:
    three = futures.submit(add, 1, 2)
    assert_type(futures.submit(add, three), Future[int])
    assert_type(futures.submit(add, 1, three), Future[int])
    assert_type(futures.submit(add, three, three), Future[int])
    assert_type(futures.submit(half, standard.Future[int]()), Future[float])
    assert_type(futures.submit(total, [three, three]), Future[int])
    assert_type(futures.submit(total, (three, three)), Future[int])
    assert_type(futures.submit(count, {"three": three}), Future[int])
    assert_type(futures.submit(fetch, futures.submit(str, 3)), Future[bytes])
    futures.submit(add, futures.submit(half, 3))  # type: ignore
    futures.submit(fetch, three)  # type: ignore


def generic_futures(numbers: list[Future[int]], any_future: Future) -> None:
    some: Future[float] = numbers[0]  # what gives an int gives a float
    some.add_done_callback(lambda future: print(future.result()))
    assert_type(futures.wait(numbers).done, set[Future[int]])
    assert_type(futures.as_completed(numbers), Iterator[Future[int]])
    assert_type([future.result() for future in futures.as_completed(numbers)], list[int])
    text: Future[str] = numbers[0]  # type: ignore
    futures.wait([1, 2])  # type: ignore
    print(text, any_future)


def maps() -> None:
    assert_type(futures.map(half, [1, 2]), Iterator[float])
    assert_type(futures.map(half, range(3), timeout=3, chunksize=4, errors="skip"), Iterator[float])
    assert_type(futures.map(half, [1], errors="return"), Iterator[float | Exception])
    assert_type(futures.map(add, [1], [2]), Iterator[int])
    assert_type(futures.map(fetch, ["here"]), Iterator[bytes])
    assert_type(list(futures.map(lambda number: number + 1, range(3))), list[int])
    assert_type(futures.map_as_completed(half, [1]), Iterator[float])
    assert_type(futures.map_as_completed(half, [1], indexed=True), Iterator[tuple[int, float]])
    assert_type(futures.map_as_completed(fetch, ["here"], errors="return"), Iterator[bytes | Exception])
    assert_type(futures.mapReduce(half, max, [1, 2]), float)
    assert_type(futures.mapReduce(add, add, [1], [2], timeout=3), int)
    assert_type(futures.mapScan(half, max, [1, 2]), list[float])
    assert_type(futures.amap(half, [1]), AsyncIterator[float])
    futures.map(half, ["1"])  # type: ignore
    futures.map(half, 3)  # type: ignore
    futures.map(half, [1], time_out=3)  # type: ignore
    futures.map(half)  # type: ignore
    futures.mapReduce(half, len, [1, 2])  # type: ignore


def functions_with_options() -> None:
    limited = futures.options(add, seconds=3, memory="2 GB")
    assert_type(limited(3, other=4), int)
    assert_type(futures.submit(limited, 3, other=4), Future[int])
    assert_type(list(futures.map(futures.with_retries(half, 0), [1])), list[float])
    assert_type(futures.submit(futures.with_own_thread(fetch), "here"), Future[bytes])
    assert_type(futures.run_on_workers(add, 1, 2, later=True), list[int])
    limited("3")  # type: ignore
    futures.options(add, second=3)  # type: ignore
    Executor(workers=3)  # type: ignore
    futures.submit(limited, "3")  # type: ignore
    futures.run_on_workers(add, "1")  # type: ignore


def constants() -> None:
    table: dict[str, int] = shared.getConst("table", timeout=3)
    assert_type(shared.getConst("table"), Any)
    assert_type(scoop.SIZE, int)
    print(table)


def executors() -> None:
    with scoop.Executor(2, seed=3) as executor:
        assert_type(executor, Executor)
        assert_type(executor.submit(half, 3), CallFuture[float])
        assert_type(executor.submit(half, 3).cancel(force=True), bool)
        plain: standard.Future[float] = executor.submit(half, 3)
        futures_of_the_library: list[standard.Future[float]] = [executor.submit(half, 3), plain]
        print(futures_of_the_library)
        assert_type(executor.submit(fetch, "here"), CallFuture[bytes])
        assert_type(executor.submit(add, executor.submit(add, 1), futures.submit(add, 1)), CallFuture[int])
        assert_type(executor.map(half, [1], timeout=3), Iterator[float])
        assert_type(executor.map(fetch, ["here"]), Iterator[bytes])
        assert_type(executor.map_as_completed(half, [1]), Iterator[float])
        executor.submit(half, "3")  # type: ignore
        executor.submit(half, executor.submit(str, 3))  # type: ignore
    scoop.Executor("two")  # type: ignore
    any_executor: standard.Executor = scoop.Executor()
    print(any_executor)


async def coroutines() -> None:
    assert_type(await futures.submit(half, 3), float)
    assert_type(await futures.submit(fetch, "here"), bytes)
    assert_type([result async for result in futures.amap(fetch, ["here"], ordered=False)], list[bytes])
    assert_type(await asyncio.gather(futures.submit(half, 3), futures.submit(add, 3)), tuple[float, int])
    assert_type(await asyncio.wrap_future(Executor().submit(operator.not_, 3)), bool)
