"""What the import of the main script gives the classes that it defines. What the program changes there is sent.

An attribute is named by its path in the main module, such as ``Settings.debug``. Names that Python gives a meaning,
such as ``__doc__``, do not count.
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from operator import is_
from typing import Any, NamedTuple

from .main_module import MAIN_ALIAS, Imported, is_imported, is_special, namespace

__all__ = ["attributes_of", "bind", "imported_attribute", "may_have_changed", "note_classes", "unbind", "value_at"]


class _Class(NamedTuple):
    """A class as the import has left it."""

    cls: type
    path: str
    values: tuple[Any, ...]  # kept alive, so that nothing else can be taken for one of them
    attributes: dict[str, Imported]
    may_change_in_place: bool


_classes: dict[int, _Class] = {}
"""By their identity: their metaclasses may have hashes of the program's, or none."""


def note_classes(mentioned: Collection[str]) -> None:
    """Note what classes have that the import gives. Small data of the names ``mentioned`` is compared later."""
    given = {name: value for name, value in [*namespace().items()] if is_imported(name, value)}
    for path, cls in _found_in(given, ""):
        if id(cls) in _classes:
            continue  # what has changed there since, a guard may have done
        content = {name: value for name, value in vars(cls).items() if not is_special(name)}
        attributes = {name: Imported(value, name in mentioned) for name, value in content.items()}
        in_place = any(each.digest is not None for each in attributes.values())
        _classes[id(cls)] = _Class(cls, path, tuple(vars(cls).values()), attributes, in_place)


def _found_in(space: Mapping[str, Any], path: str) -> Iterator[tuple[str, type]]:
    for name, value in [*space.items()]:
        if issubclass(type(value), type) and value.__module__ == "__main__" and value.__qualname__ == path + name:
            yield value.__qualname__, value
            yield from _found_in(vars(value), f"{value.__qualname__}.")


def may_have_changed() -> bool:
    """Return whether some attribute may be another than the import gives, by a quick look."""
    return any(
        noted.may_change_in_place
        or len(vars(noted.cls)) != len(noted.values)
        or not all(map(is_, _values(noted.cls), noted.values))
        for noted in _classes.values()
    )


def _values(cls: type) -> list[Any]:
    return [*vars(cls).values()]


def attributes_of(cls: type) -> Iterator[str]:
    """Yield the paths of what a class has, or was given by the import, and may have changed since."""
    if (noted := _classes.get(id(cls))) is None:
        return
    for name in {*vars(cls), *noted.attributes}:
        first = noted.attributes.get(name)
        is_same = (
            first is not None and first.digest is None and name in vars(cls) and first.is_object(vars(cls)[name])
        )
        if not (is_same or is_special(name)):
            yield f"{noted.path}.{name}"


def imported_attribute(path: str) -> Imported | None:
    """Return what the import gives at a path; None if that is nothing."""
    owner, name = _place_of(path)
    noted = _classes.get(id(owner))
    return None if noted is None else noted.attributes.get(name)


def value_at(path: str, default: Any) -> Any:
    """Return what is at a path."""
    owner, name = _place_of(path)
    return vars(owner).get(name, default)


def bind(path: str, value: Any) -> None:
    """Put a value at a path. Runs no code of the program's: its metaclasses do not hear of it."""
    owner, name = _place_of(path)
    (type.__setattr__ if isinstance(owner, type) else setattr)(owner, name, value)


def unbind(path: str) -> None:
    """Let nothing be at a path."""
    owner, name = _place_of(path)
    if name in vars(owner):
        (type.__delattr__ if isinstance(owner, type) else delattr)(owner, name)


def _place_of(path: str) -> tuple[Any, str]:
    """Return the main module, or a class of it, and a name there; an empty class, if that class is gone."""
    *names, last = path.split(".")
    owner: Any = sys.modules[MAIN_ALIAS]
    for name in names:
        owner = vars(owner).get(name)
        if not isinstance(owner, type):
            return type("Nothing", (), {}), last
    return owner, last
