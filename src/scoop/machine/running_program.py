"""What runs as ``__main__`` in a process that was not started with SCOOP: how workers get its functions."""

import os
import sys

from ..wire import codec
from ..wire.main_module import MAIN_ALIAS
from .program import Program

__all__ = ["running_program", "share_main"]


def running_program() -> Program | None:
    """Return what workers are to import; None if it has no file, or more is typed in: a notebook, or a console."""
    if sys.flags.interactive or hasattr(sys, "ps1"):
        return None
    main = sys.modules["__main__"]
    spec, path = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    if spec is not None and spec.name != "__main__":
        return Program("module", spec.name)
    if not isinstance(path, str):
        return None
    if spec is not None:  # a folder, or an archive, that has a __main__.py
        path = os.path.dirname(path)
    return Program("script", os.path.abspath(path)) if os.path.exists(path) else None


def share_main(program: Program | None) -> None:
    """Have functions and classes of ``__main__`` travel by name, if workers can import it; else by value."""
    codec.pickle_main_by_value(program is None or program.is_tool())
    sys.modules[MAIN_ALIAS] = sys.modules["__main__"]
