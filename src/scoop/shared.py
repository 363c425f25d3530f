"""Constants that every task can read, wherever it runs.

    shared.setConst(table=big_table)
    shared.getConst("table")

A constant travels to each worker once, and is unpickled there when it is first asked for. A task sees all
constants that were set before it was submitted. Specified by the reference's "Shared module".
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from typing import Any, cast

from .engine import runtime
from .engine.constants import Constants
from .engine.scheduler import Scheduler
from .errors import NotStartedProperly

__all__ = ["SharedElementEncapsulation", "delConst", "elements", "getConst", "setConst"]

_serial = count(1)


def setConst(**constants: Any) -> None:
    """Share each value under its keyword's name, with all tasks, for good.

    Raises TypeError, and sets nothing, if one of the names is taken or one of the values cannot be pickled;
    NotStartedProperly in a program without workers. Once a worker has died, an equal value may be set again: by the
    task that had set it, and runs again.
    """
    _settable("shared.setConst()").set(constants)


def getConst(name: str, timeout: float | None = 0.1, default: Any = None) -> Any:
    """Return the constant ``name``, waiting up to ``timeout`` seconds (None: for ever) for it to be set.

    Returns ``default`` if it is not set by then. The object is this worker's own copy, one for all its tasks:
    treat it as read-only. Raises NotStartedProperly in a program without workers.
    """
    return _constants("shared.getConst()").get(name, timeout, default, _covered)


def delConst(*names: str) -> None:
    """Delete constants everywhere, so that their memory is free and their names can be set anew."""
    _settable("shared.delConst()").delete(names)


class SharedElementEncapsulation:
    """A light stand-in for a shared object: travels as a name, acts as the object where it arrives.

    Parameters:
        element: the name of a constant; or any object, which is then shared under a name made for it.

    Calling it calls the object. ``element`` is the object itself.
    """

    def __init__(self, element: Any) -> None:
        if isinstance(element, str):
            self.name = element
        else:
            identity = cast(Scheduler, runtime.need("SharedElementEncapsulation")).identity
            self.name = f"scoop.element.{identity.machine}.{identity.worker}.{next(_serial)}"
            setConst(**{self.name: element})

    @property
    def element(self) -> Any:
        """The shared object. Raises NameError if its constant is not set."""
        found = getConst(self.name, default=self)
        if found is self:
            raise NameError(f"no constant named {self.name!r} is set: use shared.setConst first")
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the shared object."""
        return self.element(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<SharedElementEncapsulation of {self.name!r}>"


class _Elements(Mapping[str, Any]):
    """The constants that are set, by name, as SCOOP 0.7 had them. To delete a name deletes the constant."""

    def __getitem__(self, name: str) -> Any:
        found = getConst(name, timeout=0, default=self)
        if found is self:
            raise KeyError(name)
        return found

    def __delitem__(self, name: str) -> None:
        if name not in _settable("shared.elements").names():
            raise KeyError(name)
        delConst(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_constants("shared.elements").names())

    def __len__(self) -> int:
        return len(_constants("shared.elements").names())

    def __repr__(self) -> str:
        return f"<shared.elements: {', '.join(self) or 'none'}>"


elements = _Elements()
"""The constants that are set, by name: a mapping to read. ``del elements[name]`` deletes a constant everywhere."""


def _settable(what: str) -> Constants:
    if runtime.why_refused() is not None:  # a worker is importing the main script: reading is welcome, setting is not
        runtime.need(what)  # which raises
    return _constants(what)


def _covered() -> AbstractContextManager[None]:
    if runtime.current is None:
        return nullcontext()
    scheduler = cast(Scheduler, runtime.current)
    return scheduler.covered(scheduler.fibers_here())


def _constants(what: str) -> Constants:
    if runtime.constants is None:
        raise NotStartedProperly(what)
    return cast(Constants, runtime.constants)
