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
    """Set constants: all tasks can then read each value under the name of its keyword.

    Raises TypeError, and sets nothing, if one of the names is set already or one of the values cannot be pickled.
    Raises NotStartedProperly in a program without workers. After a worker has died, tasks run again, and may set a
    constant again: to set a name to an equal value is no error then.
    """
    _settable("shared.setConst()").set(constants)


def getConst(name: str, timeout: float | None = 0.1, default: Any = None) -> Any:
    """Return the constant ``name``; if it is not set, wait up to ``timeout`` seconds (None: without limit).

    Returns ``default`` if it is not set by then. All tasks of a worker share one object, so do not change it. Raises
    NotStartedProperly in a program without workers.
    """
    return _constants("shared.getConst()").get(name, timeout, default, _covered)


def delConst(*names: str) -> None:
    """Delete constants in all workers: this frees their memory, and their names can be set again."""
    _settable("shared.delConst()").delete(names)


class SharedElementEncapsulation:
    """Stands for a shared object: SCOOP sends only its name to a worker, where it finds the object.

    Parameters:
        element: the name of a constant, or an object. An object becomes a constant, under a new name.

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
