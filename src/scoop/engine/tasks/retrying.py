"""Tasks that run again after exceptions that may not come again: a network that does not answer, say."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import FrameType
from typing import Any, NamedTuple

from ...errors import add_note
from ...wire.wrapper import TaskWrapper
from .. import runtime
from ..process.signal_safety import calls_program
from ..threads.pause import pause

__all__ = ["Retries", "Retrying", "try_number"]

LONGEST_WAIT = 60.0
"""Seconds that a wait grows to at most, unless the first is longer."""


class Retries(NamedTuple):
    """When a call is made again.

    Parameters:
        errors: after which exceptions.
        retries: how often at most.
        backoff: seconds of the first wait; each later one is about twice as long.
    """

    errors: tuple[type[BaseException], ...]
    retries: int
    backoff: float

    def waits(self) -> Iterator[float]:
        """Yield the seconds to wait between tries. They vary by half, so that tasks that failed together part."""
        wait = self.backoff
        for _ in range(self.retries):
            yield wait * _random().uniform(0.5, 1.5)
            wait = min(2 * wait, max(LONGEST_WAIT, self.backoff))


class Retrying(TaskWrapper):
    """Calls ``function`` again after some exceptions."""

    def __init__(self, function: Callable[..., Any], again: Retries) -> None:
        super().__init__(function)
        self.again = again

    def parts(self) -> tuple[Any, ...]:
        return self.function, self.again

    @calls_program
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for attempt, wait in enumerate(self.again.waits(), 1):  # noqa: B007  # try_number() looks at it
            try:
                return self.function(*args, **kwargs)
            except self.again.errors as error:
                if runtime.has_struck(error) or runtime.is_child:
                    raise
            pause(wait)
        return self._try_last(args, kwargs)

    @calls_program
    def _try_last(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return self.function(*args, **kwargs)
        except self.again.errors as error:
            if self.again.retries:
                add_note(error, f"this was the last of {self.again.retries + 1} tries")
            raise


def try_number(frames: Iterable[FrameType]) -> int:
    """Return which try of a task runs, from 1 on, given its frames from the innermost on."""
    for frame in frames:
        if frame.f_code is Retrying._try_last.__code__:
            return int(frame.f_locals["self"].again.retries) + 1
        if frame.f_code is Retrying.__call__.__code__:
            return int(frame.f_locals["attempt"])
    return 1


@cache
def _random() -> Any:
    """Return a generator of random numbers of our own: the program's is not to be disturbed."""
    from random import Random

    return Random()
