"""Modules that the program loads anew, by ``importlib.reload``: its workers do so too, before their next task.

So a function that travels by name is the newest one everywhere. Only the program's own modules count: to load a
library anew is seldom meant for others. What a task loads anew in a worker, it does there alone.
"""

import importlib
import logging
import pickle
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from ...errors import in_words
from ...wire.messages import PRIVATE, DeleteConstants, Message, SetConstants
from .. import runtime
from ..process.signal_safety import calls_program

__all__ = ["RELOADED", "note_reloads", "reload", "send_reloads"]

_log = logging.getLogger("scoop.run")

RELOADED = f"{PRIVATE}reloaded."
"""Begins the names of the constants that tell of such modules."""

_unsent: dict[str, int] = {}
_times: dict[str, int] = {}


class _Finder:
    """Stands first among the finders of modules, and finds none: a module that is loaded anew is asked for here."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        """Note that ``name`` is loaded anew, if there is a module already that it is for."""
        if target is not None and _is_programs(target):
            _unsent[name] = _times[name] = _times.get(name, 0) + 1


def note_reloads() -> None:
    """Note from now on which modules are loaded anew."""
    sys.meta_path.insert(0, _Finder())


def send_reloads(send: Callable[[Message], None]) -> None:
    """Tell all workers of what was loaded anew since the last call."""
    while _unsent:
        name, times = _unsent.popitem()
        constant = RELOADED + name
        if times > 1:
            send(DeleteConstants(0, (constant,)))
        send(SetConstants(0, (constant,), pickle.dumps({constant: (b"", ())}), None))


@calls_program
def reload(name: str) -> None:
    """Load a module anew, if it is loaded in this process; warn if that fails."""
    module = sys.modules.get(name)
    try:
        if module is not None:
            importlib.reload(module)
    except BaseException as problem:  # the module is the program's
        if runtime.has_struck(problem):
            raise
        words = "scoop: the program has loaded module %s anew, but a worker could not, and keeps the old one (%s)"
        _log.warning(words, name, in_words(problem))


def _is_programs(module: ModuleType) -> bool:
    import sysconfig

    paths = sysconfig.get_paths()
    places = tuple(paths[place] for place in ("stdlib", "platstdlib", "purelib", "platlib"))
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not file.startswith(places)
