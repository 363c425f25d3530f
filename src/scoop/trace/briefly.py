"""The arguments of a task in a few characters, without running a line of the program's code."""

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

__all__ = ["LONGEST", "arguments", "quoted"]

_PLAIN = (int, float, bool, type(None), complex)
_TEXTS = (str, bytes)
_SIZED = (list, tuple, dict, set, frozenset, bytearray)

LONGEST = 1 << 64
"""Of numbers that are longer, only the length is said."""


def arguments(args: Sequence[Any], kwargs: Mapping[str, Any], most: int) -> str:
    """Return the arguments of a call, cut to ``most`` characters."""
    words, room = [], most
    for value in args:
        words.append(_value(value, room))
        room -= len(words[-1]) + 2
        if room <= 0:
            break
    else:
        words += [f"{name}={_value(value, most)}" for name, value in kwargs.items()]
    text = ", ".join(words)
    return text if len(text) <= most and len(words) == len(args) + len(kwargs) else f"{text[: most - 3]}..."


def quoted(args: Sequence[Any], kwargs: Mapping[str, Any], most: int) -> str:
    """Return the same as it stands between the quotes of JSON."""
    return encode_basestring_ascii(arguments(args, kwargs, most))[1:-1]  # as json.dumps(), sooner


def _value(value: Any, room: int) -> str:
    cls = type(value)
    if cls is int and abs(value) > LONGEST:
        return f"<int of {value.bit_length()} bits>"
    if cls in _PLAIN:
        return repr(value)
    if cls in _TEXTS:
        return repr(value[: max(1, room)])
    if cls in _SIZED:
        return f"<{cls.__name__} of {len(value)}>"
    if cls.__module__ == "numpy" and cls.__name__ == "ndarray":
        return f"<ndarray {value.shape}>"
    return f"<{cls.__name__}>"
