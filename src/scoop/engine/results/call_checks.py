"""What the calls of ``scoop.futures`` look at before anything begins: their arguments, and if there are workers."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from ...codes import with_code_of
from ...errors import NotStartedProperly, describe, nearest
from .. import runtime
from ..tasks.task import split_options
from .future import Future

__all__ = ["check_futures", "check_map", "check_sizes", "is_serial"]

_KEYWORDS = ("timeout", "buffersize", "chunksize", "errors", "indexed", "progress", "ordered")
"""Of the maps."""

_warned = False
_ignored: set[str] = set()
"""Keywords that the maps have no use for, and of which the program was told."""


def check_futures(what: str, fs: Iterable[Future]) -> dict[Future, None]:
    """Return the futures, each once, in order."""
    if isinstance(fs, Future):
        raise TypeError(f"{what}() needs futures, several of them: put the one in a list")
    futures = dict.fromkeys(fs)
    for future in futures:
        if not isinstance(future, Future):
            raise TypeError(f"{what}() needs futures, as submit() returns them, not {describe(future)}")
    return futures


def check_map(
    what: str, func: object, iterables: tuple[Iterable[Any], ...], ignored: dict[str, Any], **sizes: int | None
) -> None:
    """Raise what is wrong with the arguments of a map; warn of keywords that it has no use for."""
    if not callable(func):
        raise TypeError(f"{what}() needs something callable, not {describe(func)}")
    if not iterables:
        raise TypeError(f"{what}() needs at least one iterable of inputs")
    for each in iterables:
        if isinstance(each, Future):
            raise TypeError(
                f"{what}() needs iterables, not a Future: give it its result(), or submit() a call that maps it"
            )
    check_sizes(**sizes)
    if ignored and (unheard := ignored.keys() - _ignored):
        _ignored.update(unheard)
        names = sorted(unheard)
        meant = nearest(names[0], _KEYWORDS)
        text = f"futures.{what}() has no use for {', '.join(names)}=, and ignores it"
        text += f"; did you mean {meant}=?" if meant else ""
        warnings.warn(with_code_of(text), RuntimeWarning, stacklevel=3)


def check_sizes(**sizes: int | None) -> None:
    """Raise TypeError for a size that is no whole number, and ValueError for one that is less than 1."""
    for name, size in sizes.items():
        if size is not None and not hasattr(size, "__index__"):
            raise TypeError(f"{name} must be a whole number or None, not {describe(size)}")
        if size is not None and size < 1:
            raise ValueError(f"{name} must be 1 or more, or None, not {size!r}")


def is_serial(what: str, func: Callable[..., Any]) -> bool:
    """Return whether there are no workers, and say so, once. Raise NotStartedProperly if the function needs some."""
    global _warned
    serial = runtime.current is None and runtime.why_refused() is None
    if serial and split_options(func)[1].leaves:
        raise NotStartedProperly(f"futures.{what}() of a function with limits, or that needs resources,")
    if serial and not _warned:
        _warned = True
        warnings.warn(
            with_code_of(
                f"futures.{what}() runs serially: this program was started without SCOOP's workers. "
                "Start it with: python -m scoop script.py, or call scoop.start()"
            ),
            RuntimeWarning,
            stacklevel=3,
        )
    return serial
