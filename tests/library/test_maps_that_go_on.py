"""Maps that go on after errors, and results with their index."""

import warnings
from typing import Any

import pytest

from running import RunScoop
from scoop import futures
from scripts import check, everywhere

HELPERS = """
    class Unpicklable(Exception):
        def __init__(self, number):
            super().__init__(number)
            self.lock = threading.Lock()

    class NoRoom(Exception):
        def __setattr__(self, name, value):
            raise TypeError(name)

    class Bomb:
        def __reduce__(self):
            return fail, ("it does not unpickle",)

    def odd(x, seconds=0.003):
        time.sleep(seconds)
        if x % 2:
            raise ValueError(x)
        return x

    """


@everywhere
def test_errors_stand_in_the_place_of_results_or_are_left_out(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        for inputs in range(90), [*range(90)], iter(range(90)):
            results = [*futures.map(odd, inputs, [0.003] * 90, errors="return")]
            assert len(results) == 90 and results[::2] == [*range(0, 90, 2)]
            for x, error in enumerate(results):
                if x % 2:
                    assert type(error) is ValueError and error.args == (x,), error
                    assert error.inputs == (x, 0.003), error.inputs
                    assert error.__notes__ == [f"input {x} of the map: ({x}, 0.003)"], error.__notes__
        assert [*futures.map(odd, range(90), errors="skip")] == [*range(0, 90, 2)]
        assert sorted(futures.map_as_completed(odd, range(90), errors="skip")) == [*range(0, 90, 2)]
        returned = [*futures.map_as_completed(odd, iter(range(90)), errors="return")]
        assert sorted(error.inputs[0] for error in returned if isinstance(error, ValueError)) == [*range(1, 90, 2)]
        assert str(raises(ValueError, list, futures.map(odd, range(90), errors="raise"))) == "1"
        assert [*futures.map(odd, [], errors="return")] == []
    """,
    )


@everywhere
def test_results_come_with_the_index_of_their_input(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def main():
        for inputs in [7, 8, 9] * 70, iter([7, 8, 9] * 70):
            pairs = [*futures.map_as_completed(square, inputs, indexed=True)]
            assert sorted(pairs) == [(index, x * x) for index, x in enumerate([7, 8, 9] * 70)]
        pairs = [*futures.map_as_completed(odd, range(40, 80), indexed=True, errors="return", buffersize=7)]
        assert sorted(index for index, _ in pairs) == [*range(40)]
        assert all(error.inputs == (40 + index,) for index, error in pairs if isinstance(error, ValueError))
        pairs = [*futures.map_as_completed(odd, range(40, 80), indexed=True, errors="skip")]
        assert sorted(pairs) == [(index, 40 + index) for index in range(0, 40, 2)]
        assert type(raises(ValueError, list, futures.map_as_completed(odd, range(40), indexed=True))) is ValueError
    """,
    )


@everywhere
def test_one_row_that_cannot_travel_or_return_fails_alone(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def awkward(x):
        time.sleep(0.003)
        if x == 3:
            raise Unpicklable(x)
        if x == 5:
            raise NoRoom(x)
        if x == 7:
            raise StopIteration
        if x == 9 and not scoop.IS_ORIGIN:
            return threading.Lock()
        if x == 11 and not scoop.IS_ORIGIN:
            return Bomb()
        return [x]

    def main():
        results = [*futures.map(awkward, range(40), errors="return")]
        kinds = {x: type(error).__name__ for x, error in enumerate(results) if isinstance(error, Exception)}
        lost = {9: "ResultNotSent", 11: "ResultNotSent"} if scoop.SIZE > 1 else {}
        assert kinds == {3: "Unpicklable", 5: "NoRoom", 7: "RuntimeError"} | lost, kinds
        assert results[3].inputs == (3,)
        assert all(results[x] == [x] for x in range(40) if x not in kinds and x not in (9, 11))
    """,
    )


def test_rows_whose_inputs_do_not_unpickle_or_kill_fail_alone(scoop_run: RunScoop) -> None:
    check(
        scoop_run,
        2,
        HELPERS
        + """
    def careful(x):
        time.sleep(0.003)
        if x == 4:
            os._exit(3)
        return x

    def main():
        inputs = [*range(30)]
        inputs[17] = Bomb()
        results = [*futures.map(careful, inputs, errors="return")]
        kinds = {x: type(error).__name__ for x, error in enumerate(results) if isinstance(error, Exception)}
        assert kinds == {4: "WorkerLost", 17: "TaskNotSent"}, kinds
        assert results[4].inputs == (4,) and results[17].inputs == (inputs[17],)
        assert [result for result in results if isinstance(result, int)] == [x for x in range(30) if x not in (4, 17)]
        skipped = [*futures.map(futures.with_retries(careful, 0), range(30), errors="skip")]
        assert skipped == [x for x in range(30) if x != 4]
    """,
    )


@everywhere
def test_what_is_no_exception_ends_such_a_map_as_ever(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def leave(x):
        time.sleep(0.003)
        if x == 20:
            raise SystemExit(x)
        return x

    def broken():
        yield from range(5)
        raise KeyError("of the inputs")

    def main():
        raises(SystemExit, list, futures.map(leave, range(40), errors="return"))
        raises(KeyError, list, futures.map(give, broken(), errors="skip"))
        raises(TimeoutError, list, futures.map(time.sleep, [0.5] * 9, errors="return", timeout=0.05))
        assert "'raise', 'return' or 'skip'" in str(raises(ValueError, futures.map, give, [1], errors="ignore"))
        raises(ValueError, futures.map_as_completed, give, [1], errors=None)
        results = futures.map(leave, range(40), errors="return")
        assert next(results) == 0
        results.close()
    """,
    )


def fail_at_odd(x: int, y: int = 0) -> int:
    if x % 2:
        raise ValueError(x)
    return x + y


def test_without_workers_the_maps_do_the_same_serially_and_lazily() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        returned: list[Any] = [*futures.map(fail_at_odd, range(4), [1] * 9, errors="return")]
        assert returned[::2] == [1, 3]
        assert [error.inputs for error in returned[1::2]] == [(1, 1), (3, 1)]
        assert returned[1].__notes__ == ["input 1 of the map: (1, 1)"]
        assert [*futures.map(fail_at_odd, range(4), errors="skip")] == [0, 2]
        assert [*futures.map_as_completed(fail_at_odd, range(0, 4, 2), indexed=True)] == [(0, 0), (1, 2)]
        pairs = [*futures.map_as_completed(fail_at_odd, range(4), indexed=True, errors="return")]
        assert [index for index, _ in pairs] == [0, 1, 2, 3]
        lazy = futures.map_as_completed(fail_at_odd, range(4), indexed=True)
        assert next(lazy) == (0, 0)
        with pytest.raises(ValueError, match="1"):
            next(lazy)
        with pytest.raises(ValueError, match="errors must be"):
            futures.map(fail_at_odd, [1], errors="keep")
