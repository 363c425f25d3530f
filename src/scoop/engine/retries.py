"""Functions whose tasks have a number of retries of their own."""

from collections.abc import Callable
from typing import Any

__all__ = ["WithRetries", "unwrap"]


class WithRetries:
    """``function``, whose tasks are handed out again at most ``retries`` times after a worker died with them."""

    __slots__ = ("function", "retries")

    def __init__(self, function: Callable[..., Any], retries: int) -> None:
        self.function = function
        self.retries = retries

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self.function(*args, **kwargs)


def unwrap(function: Any) -> tuple[Any, int | None]:
    """Return what is really called, and the retries of its tasks; None are those of the run."""
    if type(function) is WithRetries:
        return function.function, function.retries
    return function, None
