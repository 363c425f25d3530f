"""Settings of the process that the program changes go along with its tasks: the folder, variables, limits.

The functions of the standard library that change them are wrapped in the program's process, and note what the
program sets. What a task sets is not noted, so it holds in the process of that task only: a task that changes the
folder for a while must not lead other tasks astray. A setting that the program has put back is put back in the
workers, too, to what it was there.
"""

import locale
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from types import FrameType, ModuleType
from typing import Any, NamedTuple

from ...codes import with_code_of
from ...errors import in_words
from .task_frames import is_of_task_caller

__all__ = [
    "ProcessSettings",
    "changes_of_process",
    "folder_of_program",
    "follow_process",
    "note_process",
    "process_to_send",
]

Key = tuple[str, Any]
"""The kind of a setting, and which of that kind."""
ProcessSettings = Mapping[Key, Any]
"""The values that the program has set, and has not put back."""


class _Kind(NamedTuple):
    get: Callable[[Any], Any]
    set: Callable[[Any, Any], object]


def _set_variable(name: bytes, value: bytes | None) -> None:
    if value is None:
        os.environb.pop(name, None)
    else:
        os.environb[name] = value


def _umask(_: object, set_mask: Callable[[int], int] = os.umask) -> int:
    mask = set_mask(0o077)
    set_mask(mask)
    return mask


def _locale(category: int, set_locale: Callable[[int], str] = locale.setlocale) -> str:
    return set_locale(category)


_KINDS = {
    "environment variable": _Kind(lambda name: os.environb.get(name), _set_variable),
    "current folder": _Kind(lambda _: os.getcwd(), lambda _, folder: os.chdir(folder)),
    "file mode mask": _Kind(_umask, lambda _, mask: os.umask(mask)),
    "recursion limit": _Kind(lambda _: sys.getrecursionlimit(), lambda _, limit: sys.setrecursionlimit(limit)),
    "limit of digits": _Kind(
        lambda _: sys.get_int_max_str_digits(), lambda _, most: sys.set_int_max_str_digits(most)
    ),
    "time zone": _Kind(lambda _: time.tzname, lambda _, __: time.tzset()),
    "locale": _Kind(_locale, locale.setlocale),
}

_FOLDER: Key = ("current folder", "")
_before: dict[Key, Any] = {}
"""What each setting was in this process before it was changed."""
_settings: dict[Key, Any] = {}
_changes = 0
_followed: ProcessSettings = {}
_taken: dict[Key, Any] = {}
"""What this worker has set as the program has."""


# -- the program ----------------------------------------------------------------------------------------------------


def note_process() -> None:
    """Note from here on what this process sets outside of tasks: it is the program's."""
    _note_calls(os, "putenv", "environment variable", lambda name, value: (os.fsencode(name), os.fsencode(value)))
    _note_calls(os, "unsetenv", "environment variable", lambda name: (os.fsencode(name), None))
    clear = "_clearenv"  # which os.environ.clear() calls since Python 3.15
    if hasattr(os, clear):
        setattr(os, clear, _unset_each)
    _note_calls(os, "chdir", "current folder")
    _note_calls(os, "fchdir", "current folder")
    _note_calls(os, "umask", "file mode mask")
    _note_calls(sys, "setrecursionlimit", "recursion limit")
    _note_calls(sys, "set_int_max_str_digits", "limit of digits")
    _note_calls(time, "tzset", "time zone")
    _note_calls(locale, "setlocale", "locale", lambda category, *_, **__: (category, _ASK))


def _unset_each() -> None:
    for name in [*os.environb]:
        os.unsetenv(name)


_ASK = object()
"""Stands for the value that a setting has after the call."""


def _note_calls(
    module: ModuleType, name: str, kind: str, told: Callable[..., tuple[Any, Any]] = lambda *_, **__: ("", _ASK)
) -> None:
    """Note the calls of a function. ``told`` takes its arguments, and returns which setting it sets, and to what."""
    change = getattr(module, name)
    get = _KINDS[kind].get

    @wraps(change)
    def noting(*args: Any, **kwargs: Any) -> Any:
        if _is_in_task():
            return change(*args, **kwargs)
        with suppress(Exception):  # of a call that fails anyway, or of a folder that was deleted
            key = kind, told(*args, **kwargs)[0]
            _before.setdefault(key, get(key[1]))
        result = change(*args, **kwargs)
        with suppress(OSError):
            which, value = told(*args, **kwargs)
            _note((kind, which), get(which) if value is _ASK else value)
        return result

    setattr(module, name, noting)


def _is_in_task() -> bool:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not is_of_task_caller(frame):
        frame = frame.f_back
    return frame is not None


def _note(key: Key, value: Any) -> None:
    global _changes
    # Each change of the dictionary is one step: the I/O thread may copy it at any moment.
    if key in _before and _before[key] == value:
        if key not in _settings:
            return
        del _settings[key]
    elif key in _settings and _settings[key] == value:
        return
    else:
        _settings[key] = value
    _changes += 1


def changes_of_process() -> int:
    """Return a number that is another one if the program has set something since."""
    return _changes


def process_to_send() -> ProcessSettings:
    """Return what is to go along with tasks."""
    settings = _settings.copy()
    if not os.path.isdir(settings.get(_FOLDER, "/")):
        del settings[_FOLDER]  # the program has deleted it
    return settings


# -- a worker -------------------------------------------------------------------------------------------------------


def follow_process(settings: ProcessSettings) -> None:
    """Set in this worker what the program has set, and put back what it has put back."""
    global _followed
    if settings == _followed:
        return
    before, _followed = _followed, settings
    # The time zone follows its variable, so it comes last.
    for key in sorted(before.keys() | settings.keys(), key=lambda key: key[0] == "time zone"):
        if key not in settings:
            if key in _taken:
                _set(key, _before[key])
                del _taken[key]
        elif key not in before or before[key] != settings[key]:
            with suppress(Exception):  # of a folder that was deleted
                _before.setdefault(key, _KINDS[key[0]].get(key[1]))
            if key in _before and _set(key, settings[key]):
                _taken[key] = settings[key]


def folder_of_program() -> str | None:
    """Return the folder to which this worker has followed the program; None if it has followed to none."""
    return _taken.get(_FOLDER)


def _set(key: Key, value: Any) -> bool:
    kind, which = key
    try:
        _KINDS[kind].set(which, value)
    except Exception as error:
        name = f"{kind} {os.fsdecode(which)}" if isinstance(which, bytes) else kind
        text = f"a worker cannot set its {name} to {value!r}, as the program has: {in_words(error)}"
        warnings.warn(with_code_of(text), RuntimeWarning, stacklevel=1)
        return False
    return True
