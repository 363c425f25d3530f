"""One key for all processes of a run, by which those of ``multiprocessing`` know each other.

The proxies of a manager connect to its process, which accepts only processes that have its key. Each process makes
itself a key when it imports ``multiprocessing``. So that proxies work in every task, all workers get the same one.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["share_authkey"]

_MODULE = "multiprocessing.process"


def share_authkey(key: bytes) -> None:
    """Give this process the key: now if ``multiprocessing`` is imported; else when the program imports it."""
    if module := sys.modules.get(_MODULE):
        _set(module, key)
    else:
        sys.meta_path.insert(0, _Finder(key))


def _set(module: Any, key: bytes) -> None:
    module.current_process().authkey = key


class _Finder:
    """Finds one module as Python does, and has the key set when it has been imported.

    It has the one method that ``sys.meta_path`` asks for. The base class for such objects would import much.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def execute_and_set(module: ModuleType) -> None:
                execute(module)
                _set(module, self._key)

            loader.exec_module = execute_and_set
        return spec
