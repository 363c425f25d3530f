"""What an exception of a map says: at which input a call has raised it, wherever that was."""

import pytest

from running import RunScoop
from scripts import check, everywhere

HELPERS = """
    def fail_at(x, wrong, seconds=0.002):
        time.sleep(seconds)
        if x == wrong:
            raise ValueError(x)
        return x

    def add(one, other):
        return one + other

    def notes(call, *args, **kwargs):
        try:
            list(call(*args, **kwargs))
        except Exception as error:
            return getattr(error, "__notes__", None)
        raise AssertionError("nothing was raised")

    """


@everywhere
def test_an_exception_notes_the_input_of_the_call_that_raised_it(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def inner(x):
        return list(futures.map(fail_at, range(x), [7] * x))

    def main():
        wrong = 151
        wanted = [f"input {wrong} of the map: (151, 151)"]
        for inputs in range(200), [*range(200)], {number: None for number in range(200)}:
            assert notes(futures.map, fail_at, inputs, [wrong] * 200) == wanted
            assert notes(futures.map_as_completed, fail_at, inputs, [wrong] * 200) == wanted
            assert notes(futures.mapReduce, fail_at, add, inputs, [wrong] * 200) == wanted
            assert notes(futures.mapScan, fail_at, add, inputs, [wrong] * 200) == wanted
        assert notes(futures.map, fail_at, iter(range(200)), [wrong] * 200, buffersize=9) == wanted
        assert notes(futures.mapReduce, fail_at, add, range(200), [wrong] * 200, timeout=60) == wanted
        assert notes(futures.map, inner, [3, 5, 12, 4]) == ["input 7 of the map: (7, 7)", "input 2 of the map: 12"]
    """,
    )


@everywhere
def test_whatever_the_input_and_the_exception_are_a_note_does_no_harm(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    class Silent:
        def __repr__(self):
            raise KeyError("no repr")

    class NoRoom(Exception):
        def __setattr__(self, name, value):
            raise TypeError(name)

    def refuse(x):
        time.sleep(0.02)
        raise x

    def fail(x):
        time.sleep(0.02)
        raise OSError

    def broken(one, other):
        raise KeyError("of the operation")

    def main():
        assert notes(futures.map, refuse, [NoRoom()] * 3) is None
        [note] = notes(futures.map, fail, [Silent()] * 3)
        assert note.startswith("input 0 of the map: <Silent"), note
        [note] = notes(futures.map, fail, ["x" * 9999])
        assert len(note) < 120
        assert notes(futures.mapReduce, fail_at, broken, range(30), [99] * 30) is None
        assert notes(futures.mapScan, fail_at, broken, range(30), [99] * 30) is None
    """,
    )


@pytest.mark.thorough
@everywhere
def test_the_timeout_of_a_map_is_told_from_that_of_a_future(scoop_run: RunScoop, n: int) -> None:
    check(
        scoop_run,
        n,
        HELPERS
        + """
    def late(x):
        raise TimeoutError("the program's own")

    def main():
        for call in (
            lambda: list(futures.map(fail_at, range(9), [99] * 9, [0.2] * 9, timeout=0.1)),
            lambda: list(futures.map_as_completed(fail_at, range(9), [99] * 9, [0.2] * 9, timeout=0.1)),
            lambda: futures.mapReduce(fail_at, add, range(9), [99] * 9, [0.2] * 9, timeout=0.1),
            lambda: futures.mapScan(fail_at, add, range(9), [99] * 9, [0.2] * 9, timeout=0.1),
        ):
            error = raises(TimeoutError, call)
            assert "no result came within the timeout of the map" in str(error), error
        assert str(raises(TimeoutError, futures.mapReduce, late, add, [1], timeout=60)) == "the program's own"
    """,
    )
