"""Callables that stand around a function of the program's: they have its name, and travel as it does."""

from collections.abc import Callable
from functools import update_wrapper
from sys import modules
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

__all__ = ["TaskWrapper", "Wrapper"]


class Wrapper:
    """Calls ``function``."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.plain_name = ""
        if issubclass(type(function), _NAMED):  # the attributes of other callables may be code of the program's
            update_wrapper(self, function, updated=())
            self.plain_name = function.plain_name if isinstance(function, Wrapper) else function.__qualname__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __reduce__(self) -> Any:
        # Used as a decorator, it is what the function's name stands for.
        return self.global_name() or (type(self), self.parts())

    def parts(self) -> tuple[Any, ...]:
        """Return what it is made of, when it is made anew in another process."""
        return (self.function,)

    def global_name(self) -> str | None:
        """Return the name by which its module has it; None if it has no such name."""
        found = vars(modules.get(self.__module__, self)).get(self.plain_name)
        return self.plain_name if found is self else None


_NAMED = (FunctionType, BuiltinFunctionType, MethodType, type, Wrapper)


class TaskWrapper(Wrapper):
    """A wrapper that is of use in tasks only: who calls a function with options gets by without it."""
