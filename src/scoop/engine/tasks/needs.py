"""Resources of which a machine has only so many: what tasks may need, and what a run has.

A task that needs some never runs in the process that it is from. It waits at the broker until its machine, or another
one, has as much as it needs, and then runs in a worker that has no other such task. See broker/resources.py.
"""

from collections.abc import Mapping
from typing import Any

from ...errors import TaskNotSent, describe, name_of
from .holding import holder_here

__all__ = ["checked_amounts", "in_text", "refuse_needs"]

MOST = 9999
"""Of one resource on a machine."""


def checked_amounts(amounts: Any, least: int = 0) -> dict[str, int]:
    """Return how many of each, by name. Raises TypeError or ValueError for what makes no sense."""
    if not isinstance(amounts, Mapping):
        raise TypeError(f"resources must be a dict, such as {{'gpu': 1}}, not {describe(amounts)}")
    for name, amount in amounts.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"resources must have names such as 'gpu', not {describe(name)}")
        if not isinstance(amount, int) or isinstance(amount, bool):
            raise TypeError(f"resources must be whole numbers, and {name} is {describe(amount)}")
        if not least <= amount <= MOST:
            raise ValueError(f"resources must be {least} or more of each, and {name} is {describe(amount)}")
    return {**amounts}


def refuse_needs(function: object, needs: Mapping[str, int], total: Mapping[str, int]) -> None:
    """Raise TaskNotSent if no machine of the run will ever have as much, or if this might wait for ever."""
    if any(amount > total.get(name, 0) for name, amount in needs.items()):
        has = f"each machine of this run has {in_text(total)}" if total else "this run has no resources"
        raise TaskNotSent(
            f"tasks of {name_of(function)} need {in_text(needs)}, and {has}: say what each machine has with "
            "--resources, or with resources= of scoop.start() or Executor"
        )
    if (holder := holder_here()) is not None:
        raise TaskNotSent(
            f"tasks of {name_of(function)} need {in_text(needs)}, and are submitted within {holder}, which has "
            "resources itself: each might wait for the other for ever. Submit them where no task has any"
        )


def in_text(amounts: Mapping[str, int]) -> str:
    """Return amounts as they are written on the command line."""
    return ", ".join(f"{name}={amount}" for name, amount in amounts.items())
