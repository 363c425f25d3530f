"""The inputs of maps: whatever is iterated over gives what the builtin ``map`` gives."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from itertools import accumulate, count, islice
from types import FunctionType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interleaved.maps import Process
from scoop import futures
from scoop.engine import runtime


class Told:
    """Something to iterate over that tells a length, true or not."""

    def __init__(self, values: list[Any], told: int) -> None:
        self.values, self.told = values, told

    def __len__(self) -> int:
        if self.told < 0:
            raise OSError("the length cannot be told")
        return self.told

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


class OnlyItems(Told):
    """The same, by the old way of iterating."""

    __iter__ = None  # type: ignore[assignment]

    def __getitem__(self, place: int) -> Any:
        return self.values[place]


del OnlyItems.__iter__


class Resumed(Told):
    """An iterator that goes on after its end, with what it has had before."""

    def __iter__(self) -> Iterator[Any]:
        self.at = 0
        return self

    def __next__(self) -> Any:
        self.at += 1
        if self.at > len(self.values):
            self.at = 0
            raise StopIteration
        return self.values[self.at - 1]


class Breaking(Told):
    """What raises in the midst of it."""

    def __iter__(self) -> Iterator[Any]:
        yield from self.values
        raise KeyError("broken")


class Refusing(Told):
    """What cannot be iterated over after all."""

    def __iter__(self) -> Iterator[Any]:
        raise KeyError("refused")


class Endless(Told):
    """What tells a length, and never ends."""

    def __iter__(self) -> Iterator[Any]:
        return count()


def subclass(base: Any, told: int, **methods: Any) -> Any:
    """Return a subclass that tells a length of its own."""
    return type(base.__name__, (base,), {"__len__": lambda _: told, **methods})


def doubled(self: Any) -> Iterator[Any]:
    """Iterate over something twice."""
    whole = [self[place] for place in range(100) if self[place : place + 1]]
    return iter(whole + whole)


Make = Callable[[], Any]


def makers(values: list[int], told: int) -> list[Make]:
    """Return functions that make something to iterate over, each of another kind."""
    text = "".join(map(chr, values))
    plain: list[Any] = [list, tuple, bytes, deque, set, Counter, iter, bytearray]
    lying: list[Any] = [Told, Resumed, Breaking, Refusing, Endless]
    bases: list[Any] = [list, tuple, bytes]
    return [
        *[partial(cls, values) for cls in plain],
        *[partial(cls, values, told) for cls in lying],
        *[partial(subclass(base, told), values) for base in bases],
        *[partial(subclass(base, told, __iter__=doubled), values) for base in bases],
        partial(str, text),
        partial(subclass(str, told, __iter__=doubled), text),
        partial(range, len(values)),
        partial(range, 10**30),
        partial(dict.fromkeys, values),
        partial(cast(Any, memoryview), bytes(values)),
        partial(zip, values, values),
        partial(map, str, values),
    ]


@pytest.fixture(scope="module", autouse=True)
def _process() -> Iterator[None]:
    before, runtime.current = runtime.current, Process()  # type: ignore[assignment]
    yield
    runtime.current = before


def outcome(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[list[Any], object]:
    """Return the first results of a call, and the type of what is raised after them."""
    found: list[Any] = []
    try:
        found.extend(islice(call(*args, **kwargs), 300))
    except Exception as error:
        return found, type(error)
    return found, None


def pack(*row: Any) -> tuple[Any, ...]:
    """Return a row as it came."""
    return row


def add(one: Any, other: Any) -> Any:
    """Add rows up, in a way that tells their order."""
    return one + other


def reduced(*inputs: Iterable[Any]) -> Iterator[Any]:
    """Return what a reduction is to give, as the only one of some results."""
    return iter([reduce(add, map(pack, *inputs))])


def check(*made: Make) -> None:
    """Check all maps over what the functions make, from a serial one."""

    def found(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[list[Any], object]:
        return outcome(lambda: call(*args, *[make() for make in made], **kwargs))

    expected = found(map, pack)
    assert found(futures.map, pack) == expected
    assert found(futures.map, pack, buffersize=3) == expected
    completed, error = found(futures.map_as_completed, pack)
    assert (Counter(map(repr, completed)), error) == (Counter(map(repr, expected[0])), expected[1])
    if len(expected[0]) < 300 and (expected[0] or error):
        assert found(lambda *inputs: [futures.mapReduce(pack, add, *inputs)]) == found(reduced)
        expected = found(lambda *inputs: [*accumulate(map(pack, *inputs), add)])
        assert found(futures.mapScan, pack, add) == expected


@given(st.data())
def test_whatever_is_iterated_over_gives_what_the_builtin_map_gives(data: st.DataObject) -> None:
    made = []
    for _ in range(data.draw(st.integers(1, 3))):
        values = data.draw(st.lists(st.integers(0, 255), max_size=8))
        made.append(data.draw(st.sampled_from(makers(values, data.draw(st.integers(-1, 10))))))
    check(*made)


def test_old_sequences_are_iterated_over() -> None:
    for told in range(-1, 9):
        check(partial(OnlyItems, [3, 4, 5], told))


def test_one_iterator_given_twice_gives_pairs() -> None:
    for make in (lambda: iter(range(7)), lambda: Resumed([*range(6)], 6).__iter__()):
        expected = list(map(pack, *[make()] * 2))
        assert list(futures.map(pack, *[make()] * 2)) == expected


def test_a_list_is_copied_at_the_call() -> None:
    for cls in list, deque, type("Population", (list,), {}):
        inputs = cls(range(50))
        results = futures.map(pack, inputs)
        inputs.clear()
        assert list(results) == [(number,) for number in range(50)]


def test_objects_of_numpy_are_iterated_over() -> None:
    np = pytest.importorskip("numpy")
    record = [("a", int), ("b", float)]
    cases: list[Make] = [
        lambda: np.ndindex(2, 3),
        lambda: np.ndenumerate(np.eye(2)),
        lambda: np.broadcast(np.arange(3), np.arange(3)),
        lambda: np.nditer(np.arange(5)),
        lambda: np.arange(6).reshape(2, 3).flat,
        lambda: np.poly1d([1, 2, 3]),
        lambda: np.str_("abc"),
        lambda: np.bytes_(b"abc"),
        lambda: np.arange(4).reshape(2, 2).view(np.matrix),
        lambda: np.rec.array([(1, 2.0), (3, 4.0)], dtype=record),
        lambda: np.ma.masked_array([1, 2, 3], [0, 1, 0]),
        lambda: np.zeros(1, dtype=record)[0],
        lambda: np.zeros(3, dtype=record),
        lambda: np.array([{1: 2}, "x", None], dtype=object),
        lambda: np.arange(12).reshape(3, 4).T,
        lambda: np.arange(10)[::-2],
        lambda: np.arange(5, dtype=">i4"),
        lambda: np.array(5),
        lambda: np.zeros((0, 3)),
        lambda: np.zeros((3, 0)),
        lambda: np.float64(3),
    ]
    for make in cases:
        assert outcome(futures.map, shown, make()) == outcome(map, shown, make())
        assert outcome(futures.map, shown, make(), range(9)) == outcome(map, shown, make(), range(9))


def shown(*row: Any) -> list[tuple[type, str]]:
    """Return what tells a row of numpy's objects, which do not compare."""
    return [(type(each), repr(each)) for each in row]


def test_results_dropped_after_the_run_look_at_none_of_the_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a suspended task holds is dropped while the interpreter ends: by then our modules may be empty."""
    process = Process()
    monkeypatch.setattr(runtime, "current", process)
    results = futures.map(abs, iter(range(100)))
    assert next(results) == 0
    process.is_closed = True
    (started,) = process.ready.maps()
    monkeypatch.setattr(started, "cancel", None)  # not callable, as if it were gone
    close: Any = FunctionType(cast(Any, results).close.__code__, {})  # as if this module were empty, too
    close(results)
    assert list(results) == []
