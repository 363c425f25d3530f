"""What functools makes of functions, to bytes and back: caches, functions that dispatch by type, cached properties.

Pickle knows such an object by its name only, or fails at a lock or a weak reference in it. What is not found by its
name travels as what it was made of. A cache arrives empty: each process keeps entries of its own.
"""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

__all__ = ["CachedFunction", "reduce_wrapper", "registrations"]

CachedFunction: type = type(functools.lru_cache(maxsize=0)(id))
"""The type of what ``functools.lru_cache`` and ``functools.cache`` make."""

_DISPATCHER = getattr(functools.singledispatch(id), "__code__")  # noqa: B009 - type checkers know of none
"""The code of each function that ``functools.singledispatch`` makes."""

_CHOICE = functools.singledispatch(id).dispatch.__code__
"""The code of its attribute ``dispatch``. From Python 3.13 on, a bound singledispatchmethod refers to that alone."""

_MADE_ANEW = frozenset({"__wrapped__", "cache_parameters", "registry", "register", "dispatch", "_clear_cache"})
"""Attributes that such an object gets when it is made."""


def registrations(value: Any) -> tuple[int, ...] | None:
    """Return what tells the functions among which ``value`` chooses from others; None if it does not choose."""
    return tuple(map(id, value.registry.values())) if _dispatches(value) else None


def reduce_wrapper(obj: Any, is_found: Callable[[Any], bool]) -> Any:
    """Return how pickle is to make ``obj`` anew; NotImplemented if it is no such object, or is found by its name."""
    kind: Any = type(obj)
    if kind is functools.cached_property:  # before Python 3.12 it holds a lock
        attributes = {name: value for name, value in vars(obj).items() if name not in ("func", "lock")}
        return functools.cached_property, (obj.func,), attributes
    if kind is FunctionType and obj.__code__ is _CHOICE:
        registry = obj.__closure__[_CHOICE.co_freevars.index("registry")].cell_contents
        return _choose_among, (dict(registry),)
    is_cached = kind is CachedFunction
    if not (is_cached or _dispatches(obj)) or is_found(obj):
        return NotImplemented
    attributes = {name: value for name, value in vars(obj).items() if name not in _MADE_ANEW}
    if is_cached:
        parameters = obj.cache_parameters()
        return _make_cached, (obj.__wrapped__, parameters["maxsize"], parameters["typed"]), attributes
    functions = {cls: function for cls, function in obj.registry.items() if cls is not object}
    return functools.singledispatch, (obj.registry[object],), (functions, attributes), None, None, _fill_dispatcher


def _dispatches(value: Any) -> bool:
    return type(value) is FunctionType and value.__code__ is _DISPATCHER


def _make_cached(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    return functools.lru_cache(maxsize, typed)(function)


def _choose_among(functions: dict[type, Callable[..., Any]]) -> Callable[[type], Callable[..., Any]]:
    dispatcher = functools.singledispatch(functions.pop(object))
    _fill_dispatcher(dispatcher, (functions, {}))
    return dispatcher.dispatch


def _fill_dispatcher(dispatcher: Any, state: tuple[dict[type, Callable[..., Any]], dict[str, Any]]) -> None:
    functions, attributes = state
    for cls, function in functions.items():
        dispatcher.register(cls, function)
    vars(dispatcher).update(attributes)
