"""Bound methods to bytes and back: the function that is called elsewhere is the one that would be called here.

Pickle looks a method up by its function's name when it arrives. That finds nothing for a private method, whose name
in its class is another, and the wrong one for ``super().method``. Such methods travel as the class that defines them,
their name there, and their object. All others travel as pickle has them.
"""

import copyreg
from types import MethodType
from typing import Any

__all__ = ["pickle_methods_exactly", "reduce_method"]


def pickle_methods_exactly() -> None:
    """Have pickle use ``reduce_method`` in this process, if the program has not told it something else."""
    copyreg.dispatch_table.setdefault(MethodType, reduce_method)


def reduce_method(method: MethodType) -> Any:
    """Return how pickle is to make a method anew."""
    owner, function, name = method.__self__, method.__func__, method.__name__
    if _is_found_by(name, owner, function):
        return getattr, (owner, name)
    for cls in _classes(owner):
        for key, value in vars(cls).items():
            if _function_in(value) is function:
                return bind, (cls, key, owner)
    return MethodType, (function, owner)


def bind(cls: type, key: str, owner: object) -> MethodType:
    """Return the method of ``owner`` that stands under ``key`` in a class."""
    return MethodType(_function_in(vars(cls)[key]), owner)


def _is_found_by(name: str, owner: object, function: object) -> bool:
    """Return whether looking up ``name`` gives the function."""
    places: list[Any] = [*map(vars, _classes(owner))]
    if not isinstance(owner, type):
        places.insert(0, getattr(owner, "__dict__", {}))
    return _function_in(next((place[name] for place in places if name in place), None)) is function


def _classes(owner: Any) -> tuple[type, ...]:
    """Return the classes in which methods of ``owner`` are looked up."""
    kind: Any = type(owner)
    found: tuple[type, ...] = (*owner.__mro__, *kind.__mro__) if isinstance(owner, type) else kind.__mro__
    return found


def _function_in(value: Any) -> Any:
    """Return the function that an entry of a class holds."""
    return value.__func__ if isinstance(value, classmethod | staticmethod) else value
