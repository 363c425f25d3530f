"""Futures among the arguments of a task: found when it is submitted, and replaced by their results when it runs.

Looked into are the arguments and keywords, and lists, tuples and dicts (their values) that are arguments, one level
deep. A container that holds futures is copied at once: the program may change it. What holds none stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator
from pickle import PickleBuffer
from typing import Any, NamedTuple

from ...tuning import TUNING
from ...wire import codec
from .future import Future, read, with_results
from .states import ARRIVED

__all__ = [
    "MAY_HOLD_FUTURES",
    "Call",
    "fill",
    "fill_packed",
    "find_futures",
    "futures_among",
    "may_hold_futures",
    "place_of",
    "take_for_future",
]

Call = tuple[tuple[Any, ...], dict[str, Any]]

_as_future: dict[type, Callable[[Any], Future]] = {}
"""How each kind of future is made one of ours."""

MAY_HOLD_FUTURES: set[type] = {list, tuple, dict}
"""The types of arguments that are futures, or may hold some."""


class _List(list[Any]):
    """A list that holds futures."""

    def filled(self, value: Callable[[Future], Any]) -> list[Any]:
        return [value(each) if type(each) is Future else each for each in self]


class _Tuple(tuple[Any, ...]):
    """A tuple that holds futures."""

    __slots__ = ()

    def filled(self, value: Callable[[Future], Any]) -> tuple[Any, ...]:
        return tuple([value(each) if type(each) is Future else each for each in self])


class _Dict(dict[Any, Any]):
    """A dict some of whose values are futures."""

    def filled(self, value: Callable[[Future], Any]) -> dict[Any, Any]:
        return {key: value(each) if type(each) is Future else each for key, each in self.items()}


_Holder = _List | _Tuple | _Dict


def take_for_future(kind: type, as_future: Callable[[Any], Future]) -> None:
    """Have arguments of a further type stand for their results; ``as_future`` makes futures of ours of them."""
    _as_future[kind] = as_future
    MAY_HOLD_FUTURES.add(kind)


def may_hold_futures(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call may have futures among its arguments: perhaps it has none, but it is quickly said."""
    try:
        return bool(kwargs) or not MAY_HOLD_FUTURES.isdisjoint(map(type, args))
    except TypeError:  # a metaclass of the program's has no hash
        return True


def find_futures(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Call, list[Future]]:
    """Return the arguments and keywords of a call, ready for fill(), and the futures among them."""
    found: list[Future] = []
    call = tuple([_look_at(arg, found) for arg in args]), {key: _look_at(arg, found) for key, arg in kwargs.items()}
    return (call, found) if found else ((args, kwargs), found)


def fill(args: tuple[Any, ...], kwargs: dict[str, Any], value: Callable[[Future], Any] = Future.result) -> Call:
    """Return the arguments and keywords of a call with results in the places of futures, all of which have ended."""
    return tuple(with_results(args, _filled, value)), kwargs and {
        key: _filled(arg, value) for key, arg in kwargs.items()
    }


def fill_packed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Return the same for a journey. Results that have come packed, and were not asked for, go on as they are."""
    return fill(args, kwargs, _packed_result)


def futures_among(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Future]:
    """Yield the futures in whose places fill() puts results."""
    for arg in (*args, *kwargs.values()):
        for each in (arg,) if not isinstance(arg, _Holder) else arg.values() if isinstance(arg, dict) else arg:
            if type(each) is Future:
                yield each


def place_of(future: Future, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Say which argument a future is."""
    for place, arg in [*enumerate(args), *kwargs.items()]:
        if arg is future:
            return f"argument {place!r}"
        if isinstance(arg, _Holder):
            for key, each in arg.items() if isinstance(arg, dict) else enumerate(arg):
                if each is future:
                    return f"element {key!r} of argument {place!r}"
    return "an argument"


# -- finding --------------------------------------------------------------------------------------------------------


def _look_at(arg: Any, found: list[Future]) -> Any:
    """Return what stands for an argument until the task runs."""
    kind = type(arg)
    if kind is Future:
        found.append(arg)
        return arg
    if kind is list:
        return _List(_each(arg, found)) if _holds(arg) else arg
    if kind is tuple:
        return _Tuple(_each(arg, found)) if _holds(arg) else arg
    if kind is dict:
        values = [*arg.values()]
        return _Dict(zip([*arg], _each(values, found), strict=False)) if _holds(values) else arg
    return _taken(arg, found)


def _each(values: Iterable[Any], found: list[Future]) -> list[Any]:
    return [_taken(value, found) for value in values]


def _taken(value: Any, found: list[Future]) -> Any:
    as_future = _known(type(value))
    if as_future is None:
        return value
    found.append(future := as_future(value))
    return future


def _holds(values: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether there are futures among the values. Of very many, only the first is looked at."""
    if len(values) > TUNING.most_looked_into:
        values = values[:1]
    try:
        return not _as_future.keys().isdisjoint(map(type, values))
    except Exception:  # a metaclass of the program's has no hash
        return any(_known(type(value)) for value in [*values])


def _known(kind: type) -> Callable[[Any], Future] | None:
    try:
        return _as_future.get(kind)
    except Exception:  # as above
        return None


# -- filling --------------------------------------------------------------------------------------------------------


class _Packed(NamedTuple):
    """A result that is still packed. It unpickles as the result."""

    data: bytes
    large: list[PickleBuffer]

    def __reduce__(self) -> Any:
        return codec.loads, (self.data, self.large)


def _filled(arg: Any, value: Callable[[Future], Any]) -> Any:
    if type(arg) is Future:
        return value(arg)
    return arg.filled(value) if isinstance(arg, _Holder) else arg


def _packed_result(future: Future) -> Any:
    state, packed = read(future)
    if state != ARRIVED or type(packed) is not tuple:
        return future.result()
    _, data, large = packed
    return _Packed(data, [*map(PickleBuffer, large)])


def _same(future: Future) -> Future:
    return future


take_for_future(Future, _same)
