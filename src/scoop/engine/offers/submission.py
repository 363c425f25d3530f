"""What submit() does with calls that may have options, or whose function is no plain one."""

from collections.abc import Callable
from typing import Any, Protocol

from ..results.arguments import may_hold_futures
from ..results.future import Future, new_task
from ..tasks.places import counted
from ..tasks.task import split_options
from .dependents import Graph
from .limited_offers import Offers, check, offer

__all__ = ["submit_with_options"]


class TaskScheduler(Offers, Protocol):
    """The methods of the scheduler that are needed here."""

    graph: Graph


def submit_with_options(
    scheduler: TaskScheduler, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Future:
    """Start a task with the options that the program has given it, and the context of the caller."""
    function, options = split_options(function)
    options = counted(options)
    if options.needs:
        check(scheduler, function, options)
    if may_hold_futures(args, kwargs):
        return scheduler.graph.submit(function, args, kwargs, options)
    future = new_task(function, args, kwargs, options)
    offer(scheduler, future)
    return future
