"""Stand-ins for parts of the standard library, in all modules of the engine and the maps at once."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["stand_ins"]

_PACKAGES = ("scoop.engine.", "scoop.maps.", "scoop.wire.")


@contextmanager
def stand_ins(replacements: Mapping[str, tuple[object, object]]) -> Iterator[None]:
    """Have each module that has imported something by a name, and has the first of a pair there, use the second."""
    undone: list[tuple[Any, str, object]] = []
    for module_name, module in [*sys.modules.items()]:
        if module_name.startswith(_PACKAGES):
            for name, (old, new) in replacements.items():
                if vars(module).get(name) is old:
                    undone.append((module, name, old))
                    setattr(module, name, new)
    try:
        yield
    finally:
        for module, name, old in undone:
            setattr(module, name, old)
