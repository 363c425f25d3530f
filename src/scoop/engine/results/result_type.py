"""The type of what a task returns, by which type checkers tell futures apart: ``Future[int]``."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import TypeVar  # every type checker brings it along

    T = TypeVar("T", covariant=True, default=Any)
else:
    from typing import TypeVar

    T = TypeVar("T", covariant=True)

__all__ = ["T"]
