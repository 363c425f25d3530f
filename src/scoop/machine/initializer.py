"""What is called in each worker before its first task: ``--initializer``, or what an executor was given."""

from collections.abc import Callable
from importlib import import_module
from operator import attrgetter
from typing import Any

from ..engine.process.signal_safety import calls_program
from ..engine.process.tracebacks import format_error
from ..errors import BrokenExecutor

__all__ = ["Initializer", "call_by_name", "call_in_worker"]

Initializer = tuple[Callable[..., object], tuple[Any, ...]]
"""What is called, and its arguments."""


@calls_program
def call_by_name(name: str) -> None:
    """Call what ``module:function`` names, in the process of the program or a worker."""
    module, _, function = name.partition(":")
    try:
        attrgetter(function)(import_module(module))()
    except Exception as error:
        error.add_note(f"SCOOP has called {name}, as --initializer says")
        raise


def call_in_worker(initialize: Callable[..., object], *args: Any) -> None:
    """Call what initializes a worker. Raises BrokenExecutor, with the reason, if it fails in any way."""
    try:
        initialize(*args)
    except BaseException as error:
        raise BrokenExecutor(f"the initializer has failed in a worker:\n\n{format_error(error)}") from None
