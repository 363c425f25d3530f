"""The objects that a worker's import of the main script gives: only the rest of the script has to be sent.

The origin runs the script. When it comes to the guard, `if __name__ == "__main__":`, its main module has just what an
import gives. It notes these objects there (see machine/guards.py). A worker notes the objects when it has imported
the script. A function or class that is still the same object travels by name. All others travel by value, since
another process has nothing of that name, or something else.

Data is told by its content where a function of the script mentions it and it is small, since it may change in place.
Other data is told by its identity. Generators of random numbers are, too: each process has its own.
"""

import marshal
import pickle
import sys
from collections.abc import Callable, Collection
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple
from weakref import ref

from .function_wrappers import CachedFunction, registrations
from .limited_stream import LimitedStream
from .wrapper import Wrapper

__all__ = [
    "MAIN_ALIAS",
    "MOST_BYTES",
    "Imported",
    "Print",
    "content_of",
    "defines_more",
    "forget_import",
    "has_content",
    "imported",
    "is_definition",
    "is_imported",
    "is_imported_by_name",
    "is_own",
    "is_special",
    "may_have_changed",
    "names_in",
    "names_more",
    "namespace",
    "note_end_of_guard",
    "note_import",
    "print_of",
]

MAIN_ALIAS = "__scoop_main__"  # workers import the main script under this name; in the origin it names ``__main__``

MOST_BYTES = 1 << 20
"""Bytes of the pickles of globals that go along with a task."""

_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
"""Types whose instances never change."""

_CONTAINERS = frozenset({dict, list, set, tuple})

_SHORT_STRING = pickle.SHORT_BINUNICODE
"""Begins each string of less than 256 bytes in a pickle, and so each name."""

_modules = sys.modules


class Print(NamedTuple):
    """By what a container of plain values is known again, at a fifth of the price of its pickle."""

    size: int  # bytes of the container alone
    digest: tuple[int, int]


def print_of(value: Any, most: int | None = None) -> Print | None:
    """Return the print of a container that holds nothing but plain values; else None.

    None, too, if the container alone has more than ``most`` bytes: it has grown, and would take long to look at.
    """
    if type(value) not in _CONTAINERS or (most is not None and sys.getsizeof(value) > most):
        return None
    try:
        content = marshal.dumps(value, 2)  # later versions tell by reference counts, too
    except ValueError:
        return None
    return Print(sys.getsizeof(value), (len(content), hash(content)))


class Imported:
    """What the import has bound to one name.

    Parameters:
        value: the object.
        compares: whether it is to be told by its content, too.
    """

    __slots__ = ("_print", "_reference", "_registrations", "digest")

    def __init__(self, value: object, compares: bool) -> None:
        self._reference = _reference_to(value)
        self._registrations = registrations(value)
        self.digest = _digest(content_of(value)) if compares and has_content(value) else None
        """What tells its content from another; None if it is not told by its content."""
        self._print = print_of(value) if self.digest else None

    def is_object(self, value: object) -> bool:
        """Return whether ``value`` is the very object, and dispatches by the same types, if by any."""
        is_same = self._reference() is value and not (value is None and isinstance(self._reference, ref))
        return is_same and (self._registrations is None or registrations(value) == self._registrations)

    def looks_the_same(self, value: object) -> bool:
        """Return whether ``value`` is the very object, and its content the same, as far as that is soon told."""
        known = self._print
        return known is not None and self.is_object(value) and print_of(value, 2 * known.size) == known

    def has_content(self, content: bytes | None) -> bool:
        """Return whether the object had this content."""
        return self.digest is not None and _digest(content) == self.digest


_imported: dict[str, Imported] = {}
"""By name. Empty where nothing was noted: then all that the main module has counts as imported."""

_own: set[str] = set()
"""Names that a guard binds in one way where the script is run, and in another where it is imported."""

_at_end_of_guard: dict[str, int] = {}
"""The identities of what the main module had when its last guard ended: what is bound later is the import's again."""


def namespace() -> dict[str, Any]:
    """Return the globals of the main script; none where workers import no script."""
    main = _modules.get(MAIN_ALIAS)
    return {} if main is None else vars(main)


def note_import(mentioned: Collection[str] = (), own: Collection[str] = ()) -> None:
    """Note that what the main module has by now, but for what its guards have set, is what the import gives.

    Small data of the names ``mentioned`` is pickled, to be compared later. Names that are a process's ``own`` are
    taken to be as the import gives them, whatever they are bound to.
    """
    _own.update(own)
    for name, value in [*namespace().items()]:
        if is_special(name) or _at_end_of_guard.get(name) == id(value):
            continue
        _imported.pop(name, None)
        if name in mentioned or type(value) in _SCALARS or is_definition(value):
            _imported[name] = Imported(value, name in mentioned)


def note_end_of_guard() -> None:
    """Note that a guard of the main script has ended."""
    _at_end_of_guard.update((name, id(value)) for name, value in [*namespace().items()])


def forget_import() -> None:
    """Forget all that was noted."""
    _imported.clear()
    _own.clear()
    _at_end_of_guard.clear()


def imported(name: str) -> Imported | None:
    """Return what the import gives this name; None if that is nothing, or is not known."""
    return _imported.get(name)


def is_own(name: str) -> bool:
    """Return whether each process has something of its own by this name, which the script sets in two ways."""
    return name in _own


def is_imported(name: str, value: object) -> bool:
    """Return whether ``value``, which has this name in the main module, is the object that the import gives."""
    if name in _own:
        return True
    found = _imported.get(name)
    return not _imported if found is None else found.is_object(value)


def defines_more() -> bool:
    """Return whether the main module has functions or classes of its own that the import does not give."""
    return bool(_imported) and any(
        _is_own_kind(value) and getattr(value, "__module__", None) == "__main__" and not is_imported(name, value)
        for name, value in [*namespace().items()]
    )


def may_have_changed() -> bool:
    """Return whether some global may be another than the import gives, by a quick look."""
    space = namespace()
    return bool(_imported) and (
        any(
            (found := _imported.get(name)) is None or found.digest is not None or not found.is_object(value)
            for name, value in [*space.items()]
            if not (is_special(name) or is_own(name))
        )
        or not space.keys() >= _imported.keys()
    )


def is_imported_by_name(obj: Any) -> bool:
    """Return whether another process finds the function or class ``obj`` by its name in the main script."""
    if getattr(obj, "__module__", None) not in ("__main__", MAIN_ALIAS):
        return False
    qualname = getattr(obj, "__qualname__", None)
    if not isinstance(qualname, str):
        return False
    first, *others = qualname.split(".")
    found = top = namespace().get(first)
    for name in others:
        found = getattr(found, name, None)
    return found is obj and is_imported(first, top)


def names_more(data: bytes) -> bool:
    """Return whether a pickle names functions or classes of the main script that the import does not give."""
    if b"__main__" not in data or not defines_more():
        return False
    space = namespace()
    return any(not is_imported(name, space.get(name)) for name in names_in(data))


def names_in(data: bytes) -> frozenset[str]:
    """Return the functions and classes of the main script that a pickle names: perhaps more, never less."""
    if b"__main__" not in data:
        return frozenset()
    space = namespace()
    # Of each string: its length, and the path to something in the main module.
    strings = {piece[1 : piece[0] + 1] for piece in data.split(_SHORT_STRING)[1:] if piece}
    names = {string.partition(b".")[0].decode(errors="replace") for string in strings}
    names.update(name for name in space if not name.isascii())  # such a name may have been split
    return frozenset(name for name in names if _is_own_kind(it := space.get(name)) or issubclass(type(it), Wrapper))


def is_definition(value: object) -> bool:
    """Return whether ``value`` is a module, a function or a class, and not data."""
    return issubclass(type(value), (FunctionType, type, ModuleType, BuiltinFunctionType, CachedFunction, Wrapper))


def has_content(value: object) -> bool:
    """Return whether ``value`` may change in place, and is to be followed when it does."""
    home = type(value).__module__
    is_random = home == "random" or home.startswith("numpy.random")
    return not (is_random or type(value) in _SCALARS or is_definition(value))


def is_special(name: str) -> bool:
    """Return whether a name is Python's, such as ``__file__``: each process has its own."""
    return name.startswith("__") and name.endswith("__")


def _is_own_kind(value: object) -> bool:
    """Return whether ``value`` is a function or a class. An object that stands in for one does not count as it."""
    return issubclass(type(value), (FunctionType, type, CachedFunction))


def _reference_to(value: object) -> Callable[[], object]:
    try:
        return ref(value)  # so that nothing is kept alive that the program has let go of
    except TypeError:
        return lambda: value


def content_of(value: object) -> bytes | None:
    """Return a pickle of ``value``; None if it is large, or does not travel by name. Runs code of the program's."""
    try:
        with LimitedStream(MOST_BYTES) as stream:
            pickle.Pickler(stream, 5, buffer_callback=stream.admit).dump(value)
            return stream.getvalue()
    except Exception:  # the program's code may raise anything
        return None


def _digest(content: bytes | None) -> tuple[int, int] | None:
    return None if content is None else (len(content), hash(content))
