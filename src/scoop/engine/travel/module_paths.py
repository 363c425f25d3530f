"""Where modules are looked for: what the program adds to ``sys.path`` while it runs goes along with its tasks."""

import os
import sys
from collections.abc import Iterable

__all__ = ["added_paths", "follow_paths", "note_start"]

_start: frozenset[str] = frozenset()
_folder = ""


def note_start() -> None:
    """Note that the program begins now: what stands in ``sys.path`` stands there in all workers."""
    global _start, _folder
    _start = frozenset(sys.path)
    _folder = _current_folder()


def added_paths() -> list[tuple[bool, str]]:
    """Return what has been added to ``sys.path`` since the start, and of each whether it comes before the rest."""
    added, first = [], True
    for path in sys.path:
        if not isinstance(path, str):
            continue  # it is of no use to Python either
        if path in _start:
            first = False
        else:
            at_start = os.path.join(_folder, path)  # the program may have changed folder since it added the path
            added.append((first, at_start if os.path.exists(at_start) else os.path.join(_current_folder(), path)))
    return added


def follow_paths(added: Iterable[tuple[bool, str]]) -> None:
    """Add to ``sys.path`` what is missing there of ``added``."""
    place = 0
    for first, path in added:
        if path not in sys.path:
            sys.path.insert(place if first else len(sys.path), path)
        place += first


def _current_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been deleted
        return ""
