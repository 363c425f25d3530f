"""Exceptions to bytes and back: made anew from what they hold, without a call of their class.

Pickle calls the class with ``args``, which fails for many classes, and forgets causes and contexts. Here the other
side gets an exception of the same type, with the same attributes, cause and context. An attribute that cannot travel
is replaced by its ``repr``. RemoteError stands in for an exception whose class the other side cannot have.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from types import BuiltinMethodType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from ..errors import RemoteError, RemoteTraceback, in_words
from . import codec

__all__ = ["CAUSE", "CONTEXT", "SUPPRESS", "copy_error", "dumps_error"]

# The slots themselves: a class may have properties of these names.
_slots: Any = vars(BaseException)
CAUSE, CONTEXT, SUPPRESS = _slots["__cause__"], _slots["__context__"], _slots["__suppress_context__"]
_ATTRIBUTES = _slots["__dict__"]
_GROUP = [vars(BaseExceptionGroup)[name] for name in ("message", "exceptions")]
_NOT_COPIED = {"__class__", "__dict__", "__weakref__", "__traceback__"}
_NOT_COPIED |= {"__cause__", "__context__", "__suppress_context__"}  # these travel by themselves

_OPENED = (tuple, list, set, frozenset, dict)
_DEEPEST, _LONGEST = 3, 100
"""How deep, and how long, the containers are in which what cannot travel is replaced singly."""

Keep = Callable[[Any], Any]
"""Returns what travels in a value's place."""


def dumps_error(error: BaseException) -> bytes:
    """Pickle an exception so that ``codec.loads`` is sure to make it anew in this process."""
    ways: list[tuple[Keep, bool]] = [(lambda value: value, True), (_keep, True), (_keep, False)]
    for number, (keep, linked) in enumerate(ways):
        try:
            data = codec.dumps(error, override=partial(_reduce, keep=keep, linked=linked))
            if type(codec.loads(data)) in (type(error), RemoteError):
                return data
        except BaseException:  # of the program's code; or the chain of causes is too long
            if number == len(ways) - 1:
                raise
    raise TypeError("it unpickles as something else")


def copy_error(error: BaseException) -> BaseException:
    """Return an exception like this one, with notes of its own; this very one, if its class is not Python's."""
    new = _constructor(type(error))
    if new is None:
        return error
    group = [slot.__get__(error) for slot in _GROUP] if isinstance(error, BaseExceptionGroup) else []
    copy: BaseException = new(type(error), *group)
    slots = dict(_slots_of(type(error)))
    for place, value in _held(error):
        _set(slots[place], copy, value)
    attributes = _ATTRIBUTES.__get__(error)
    _ATTRIBUTES.__get__(copy).update(attributes)
    if "__notes__" in attributes:
        _ATTRIBUTES.__get__(copy)["__notes__"] = [each for each in attributes["__notes__"] if isinstance(each, str)]
    for slot in (CAUSE, CONTEXT, SUPPRESS):  # in this order: a cause suppresses
        slot.__set__(copy, slot.__get__(error))
    return copy.with_traceback(error.__traceback__)


def _reduce(error: Any, keep: Keep, linked: bool) -> Any:
    """Return how pickle is to make an exception anew; NotImplemented for all else."""
    if not isinstance(error, BaseException) or _constructor(type(error)) is None:
        return NotImplemented
    is_group = isinstance(error, BaseExceptionGroup)
    group = tuple(keep(slot.__get__(error)) for slot in _GROUP) if is_group else ()
    held = {place: keep(value) for place, value in _held(error)}
    attributes = {name: keep(value) for name, value in _ATTRIBUTES.__get__(error).items()}
    links = [slot.__get__(error) if linked else None for slot in (CAUSE, CONTEXT)]
    links = [None if isinstance(link, RemoteTraceback) else keep(link) for link in links]  # it travels as text
    state = _name(type(error)), in_words(error), held, attributes, (*links, SUPPRESS.__get__(error))
    return _make, (_dump_class(type(error)), group), state, None, None, _fill


def _make(data: bytes, group: tuple[Any, ...]) -> BaseException:
    try:
        cls = codec.loads(data)
    except Exception:
        return RemoteError()
    error: BaseException = _constructor(cls)(cls, *group)
    return error


def _fill(error: BaseException, state: tuple[Any, ...]) -> None:
    name, words, held, attributes, (cause, context, suppress) = state
    if type(error) is not RemoteError or name == _name(RemoteError):
        for place, slot in _slots_of(type(error)):
            if place in held:
                _set(slot, error, held[place])
        _ATTRIBUTES.__get__(error).update(attributes)
    else:  # it stands in for another
        error.args = (f"{words} (this process cannot import its class, {name})",)
    for slot, value in (CAUSE, cause), (CONTEXT, context), (SUPPRESS, suppress):  # in this order: a cause suppresses
        _set(slot, error, value)


def _constructor(cls: type) -> Any:
    """Return the ``__new__`` written in C that makes instances of an exception class; None if it is not Python's."""
    for base in cls.__mro__:
        new = vars(base).get("__new__")
        if isinstance(new, BuiltinMethodType):
            return new if base.__module__ == "builtins" else None
    return None


def _slots_of(cls: type) -> Iterator[tuple[tuple[int, str], Any]]:
    """Yield what holds values in instances of a class besides their ``__dict__``, and a name for each."""
    for depth, base in enumerate(cls.__mro__):
        for name, slot in vars(base).items():
            if isinstance(slot, MemberDescriptorType | GetSetDescriptorType) and name not in _NOT_COPIED:
                yield (depth, name), slot


def _held(error: BaseException) -> Iterator[tuple[tuple[int, str], Any]]:
    for place, slot in _slots_of(type(error)):
        try:
            yield place, slot.__get__(error)
        except AttributeError:
            continue  # it was never set


def _set(slot: Any, error: BaseException, value: Any) -> None:
    with suppress(AttributeError, TypeError):  # it is read-only: the exception was made with it
        if value is not None or not _shows_none(slot, error):  # an OSError shows even a None that is set
            slot.__set__(error, value)


def _shows_none(slot: Any, error: BaseException) -> bool:
    try:
        return slot.__get__(error) is None
    except AttributeError:  # one of __slots__, which holds nothing yet
        return False


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _dump_class(cls: type) -> bytes:
    try:
        return codec.dumps(cls)
    except Exception:
        return b""


def _keep(value: Any, depth: int = 0) -> Any:
    """Return ``value`` if it can travel; else its ``repr``, or a container in which that is done to what it holds."""
    if isinstance(value, BaseException):  # those of Python's classes are made anew themselves
        return value if _constructor(type(value)) or _travels(value) else RemoteError(in_words(value))
    deeper = partial(_keep, depth=depth + 1)
    try:
        opens = type(value) in _OPENED and depth < _DEEPEST and len(value) <= _LONGEST
        if opens and type(value) is tuple:
            return tuple(map(deeper, value))
        if _travels(value):
            return value
        if opens and type(value) is not dict:
            return type(value)(map(deeper, value))
        if opens:
            return {deeper(key): deeper(each) for key, each in value.items()}
        return repr(value)
    except BaseException:  # the __repr__ is the program's
        return f"<{type(value).__qualname__}>"


def _travels(value: Any) -> bool:
    try:
        codec.loads(codec.dumps(value, override=partial(_reduce, keep=_keep, linked=False)))
    except BaseException:  # of the program's code
        return False
    return True
