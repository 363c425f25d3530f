"""Which global variables functions use, found in their code: no function is called.

What Python itself sets (``__name__``) does not count. A name that is found only at run time (``globals()["x"]``,
``eval``) is not seen.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ...errors import name_of
from ...wire.main_module import is_special
from ...wire.wrapper import Wrapper

__all__ = ["GlobalsUsed", "Names", "callables_in", "names_of_code"]

_READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_CALLABLE = (FunctionType, type, partial, MethodType, classmethod, staticmethod, property, Wrapper)


class GlobalsUsed:
    """The globals of one namespace that functions use, also by way of others in it that they name.

    Parameters:
        namespace: the globals of a module.
        follows: whether a name is that of a function or class of the module, which is to be looked into.
        counts: whether a name that the module does not have counts as one of its globals.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        follows: Callable[[str, Any], bool],
        counts: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.read: dict[str, str] = {}
        """By the name of each global that is read, and is not followed: the name of a function that does so."""
        self.bound: set[str] = set()
        """The names that the functions themselves set; among them attributes, but for those of ``self``."""
        self.classes: dict[type, None] = {}
        """The classes of the main script that are used."""
        self._namespace = namespace
        self._follows = follows
        self._counts = counts
        self._seen: set[int] = set()

    def add(self, things: Iterable[Any]) -> None:
        """Look into functions, classes, and whatever else may be called."""
        waiting = [*things]
        while waiting:
            thing = waiting.pop()
            if id(thing) not in self._seen:
                self._seen.add(id(thing))
                waiting += self._found_in(thing)

    def _found_in(self, thing: Any) -> Iterator[Any]:
        if not issubclass(type(thing), _CALLABLE) and type(thing).__module__ != "functools":
            thing = type(thing)  # an object, whose methods may be called
        if issubclass(type(thing), type) and thing.__module__ != "__main__":
            return
        if issubclass(type(thing), type):
            self.classes[thing] = None
        yield from callables_in(thing)
        if type(thing) is FunctionType and thing.__globals__ is self._namespace:
            yield from self._named_by(thing)

    def _named_by(self, function: FunctionType) -> Iterator[Any]:
        names = names_of_code(function.__code__)
        self.bound |= names.bound
        for name in names.read:
            if name not in self._namespace and not self._counts(name):
                continue  # a builtin, or nothing
            value = self._namespace.get(name)
            if self._follows(name, value):
                yield value
            elif not is_special(name):
                self.read.setdefault(name, name_of(function))


class Names(NamedTuple):
    """The global variables that code reads, and those that it sets. Names in bodies of classes may be among them.

    Attributes that it sets are among the latter, with a dot before their name.
    """

    read: frozenset[str]
    bound: frozenset[str]


_names: WeakKeyDictionary[CodeType, Names] = WeakKeyDictionary()


def names_of_code(code: CodeType) -> Names:
    """Return the globals that code uses, with all code that stands within it."""
    found = _names.get(code)
    if found is None:
        import dis  # 3 ms that no other run should pay

        instructions = [(each.opname, each.argval) for each in dis.get_instructions(code)]
        nested = [names_of_code(each) for each in code.co_consts if isinstance(each, CodeType)]
        read = {name for operation, name in instructions if operation in _READS}
        bound = {name for operation, name in instructions if operation == "STORE_GLOBAL"}
        pairs = pairwise(instructions)
        bound |= {
            f".{name}" for before, (operation, name) in pairs if operation == "STORE_ATTR" and not _is_self(before)
        }
        found = _names[code] = Names(
            frozenset(read).union(*(each.read for each in nested)),
            frozenset(bound).union(*(each.bound for each in nested)),
        )
    return found


def _is_self(instruction: tuple[str, Any]) -> bool:
    """Return whether an instruction loads ``self``: several variables may be loaded by one, in a tuple."""
    loaded = instruction[1]
    return "self" in (loaded[-1:] if isinstance(loaded, tuple) else (loaded,))


def callables_in(thing: Any) -> Iterator[Any]:
    """Yield what is called, or may be, when ``thing`` is: a function's cells and defaults, the methods of a class."""
    kind = type(thing)  # an object may pretend to be of another
    if kind is FunctionType:
        yield from _contents(thing.__closure__ or ())
        yield from thing.__defaults__ or ()
        yield from (thing.__kwdefaults__ or {}).values()
    elif issubclass(kind, type):
        yield from vars(thing).values()
        yield from thing.__bases__
    elif issubclass(kind, partial):
        yield from (thing.func, *thing.args, *thing.keywords.values())
    elif issubclass(kind, (MethodType, classmethod, staticmethod)):
        yield thing.__func__
    elif issubclass(kind, Wrapper):
        yield thing.function
    elif issubclass(kind, property):
        yield from (thing.fget, thing.fset, thing.fdel)
    if kind is FunctionType or kind.__module__ == "functools":
        yield thing.__dict__.get("__wrapped__")  # by functools.wraps, or lru_cache


def _contents(cells: Iterable[Any]) -> Iterator[Any]:
    for cell in cells:
        try:
            yield cell.cell_contents
        except ValueError:  # it is empty
            continue
