"""scoop.Pool does what multiprocessing.Pool does, in programs and in runs."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import scoop
from executors.programs import check, fail, give, pid, wait_for_file
from running import RunScoop
from scoop.errors import RemoteTraceback
from scripts import check as check_in_run
from scripts import everywhere

SQUARES = [x * x for x in range(200)]


def square(x: int) -> int:
    return x * x


def add(a: int, b: int = 0) -> int:
    return a + b


def fail_at_three(x: int) -> int:
    if x == 3:
        raise KeyError("three")
    return x


def test_maps_and_single_calls_return_what_the_serial_ones_do() -> None:
    with scoop.Pool(2) as pool:
        assert pool.size == 2
        assert pool.map(square, range(200)) == SQUARES
        assert pool.map(square, iter(range(200)), chunksize=7) == SQUARES
        assert pool.map(square, []) == []
        assert pool.starmap(add, ((x, x) if x % 2 else (x,) for x in range(5))) == [0, 2, 2, 6, 4]
        assert pool.apply(add, (1,), {"b": 2}) == pool.apply(add, [3]) == 3
        assert [*pool.imap(square, range(200))] == SQUARES
        assert sorted(pool.imap_unordered(square, range(200), chunksize=7)) == SQUARES
        assert pool.map_async(square, range(200)).get() == SQUARES
        assert pool.starmap_async(add, [(1, 2)]).get(60) == [3]


def test_callbacks_are_called_before_the_result_is_ready() -> None:
    heard: list[Any] = []
    with scoop.Pool(1) as pool:
        assert pool.apply_async(add, (1, 2), {}, heard.append, fail).get() == 3
        assert pool.map_async(give, [4, 5], callback=heard.append, error_callback=fail).get() == [4, 5]
        for result in (
            pool.apply_async(fail, ("of mine",), {}, fail, heard.append),
            pool.map_async(fail, ["of mine"], callback=fail, error_callback=heard.append),
        ):
            result.wait()
            assert result.ready()
            assert not result.successful()
            with pytest.raises(ValueError, match="of mine"):
                result.get()
    assert heard[:2] == [3, [4, 5]]
    assert [type(error) for error in heard[2:]] == [ValueError, ValueError]


def test_a_result_that_is_not_ready_says_so(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with scoop.Pool(1) as pool:
        result = pool.apply_async(wait_for_file, (str(gate),))
        assert not result.ready()
        result.wait(0.01)
        with pytest.raises(multiprocessing.TimeoutError):
            result.get(timeout=0.01)
        with pytest.raises(ValueError, match="not ready"):
            result.successful()
        gate.touch()
        assert result.get() == str(gate)
        assert result.successful()


def test_an_iterator_of_results_goes_on_after_an_exception() -> None:
    with scoop.Pool(2) as pool:
        results = pool.imap(fail_at_three, range(6))
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(KeyError, match="three") as raised:
            next(results)
        assert isinstance(raised.value.__cause__, RemoteTraceback)
        assert "in fail_at_three" in str(raised.value.__cause__)
        assert [*results] == [4, 5]
        with pytest.raises(KeyError):
            pool.map(fail_at_three, range(6))
        assert pool.map(fail_at_three, range(3)) == [0, 1, 2]


def test_an_iterator_of_results_may_be_asked_with_a_time_limit(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with scoop.Pool(1) as pool:
        results = pool.imap(wait_for_file, [str(gate)] * 3)
        for _ in range(2):
            with pytest.raises(multiprocessing.TimeoutError):
                results.next(timeout=0.01)
        gate.touch()
        assert results.next(timeout=60) == str(gate)
        assert [*results] == [str(gate)] * 2
        with pytest.raises(StopIteration):
            results.next(timeout=60)


def failing_inputs() -> Iterator[int]:
    yield from range(3)
    raise LookupError("of the inputs")


def test_an_exception_of_the_inputs_comes_in_its_turn() -> None:
    with scoop.Pool(1) as pool:
        for call in (pool.imap, pool.imap_unordered):
            results = call(square, failing_inputs())
            assert sorted(next(results) for _ in range(3)) == [0, 1, 4]
            with pytest.raises(LookupError, match="of the inputs"):
                next(results)
        for call_at_once in (pool.map, pool.map_async):
            with pytest.raises(LookupError, match="of the inputs"):
                call_at_once(square, failing_inputs())


def test_endless_inputs_are_read_as_far_ahead_as_needed() -> None:
    with scoop.Pool(1) as pool:
        results = pool.imap(square, iter(int, 1))
        assert [next(results) for _ in range(5)] == [0] * 5


def test_a_closed_pool_ends_what_it_has_and_takes_no_more() -> None:
    heard: list[int] = []
    pool = scoop.Pool(2)
    with pytest.raises(ValueError, match="still running"):
        pool.join()
    pool.apply_async(add, (1, 2), callback=heard.append)
    result = pool.map_async(square, range(200))
    results = pool.imap(square, iter(range(200)))
    pool.close()
    for call in (pool.apply, pool.apply_async):
        with pytest.raises(ValueError, match="not running"):
            call(pid)
    for map_call in (pool.map, pool.map_async, pool.imap, pool.imap_unordered):
        with pytest.raises(ValueError, match="not running"):
            map_call(square, [1])
    with pytest.raises(ValueError, match="not running"), pool:
        pass
    pool.join()
    assert heard == [3]
    assert result.ready()
    assert result.get() == [*results] == SQUARES


def test_a_terminated_pool_ends_though_a_call_does_not() -> None:
    with scoop.Pool(2) as pool:
        assert pool.apply(pid) != os.getpid()
        result = pool.apply_async(time.sleep, (10_000,))
        also = pool.map_async(time.sleep, [10_000] * 3)
    pool.join()
    for each in (result, also):
        with pytest.raises(scoop.errors.BrokenExecutor):
            each.get()


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        scoop.Pool(0)
    with pytest.raises(TypeError, match="callable"):
        scoop.Pool(1, initializer=3)  # type: ignore[arg-type]
    with scoop.Pool(1) as pool, pytest.raises(NotImplementedError, match="pickled"):
        pool.__reduce__()


def test_the_initializer_is_called_in_each_worker_first(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        """
        table = []

        def fill(x):
            table.append(x)

        def look(_):
            return [*table]

        def main():
            with scoop.Pool(2, fill, [3]) as pool:
                assert pool.map(look, range(20)) == [[3]] * 20
                assert pool.apply(look, (0,)) == [3]
        """,
    )


@everywhere
def test_within_a_run_a_pool_has_the_workers_of_the_run(scoop_run: RunScoop, n: int) -> None:
    check_in_run(
        scoop_run,
        n,
        """
        def add(a, b=0):
            return a + b

        def nested(depth):
            if depth == 0:
                return 1
            with scoop.Pool(7) as pool:
                found = pool.map_async(nested, [depth - 1] * 2).get() + [*pool.imap(nested, [depth - 1])]
                return sum(found) + pool.apply(nested, (0,)) - 1

        def main():
            with scoop.Pool(7) as pool:
                assert pool.size == scoop.SIZE
                assert pool.map(square, range(200)) == [x * x for x in range(200)]
                assert pool.starmap(add, [(1, 2), (3,)]) == [3, 3]
                assert sorted(pool.imap_unordered(square, range(200))) == [x * x for x in range(200)]
                assert pool.map(nested, [3] * 4) == [27] * 4
                raises(ValueError, pool.apply, fail, ("of mine",))
                late = [pool.apply_async(square, (x,)) for x in range(100)]
                pool.close()
                pool.join()
                assert all(result.ready() for result in late)
            raises(ValueError, pool.map, square, [1])
        """,
    )
