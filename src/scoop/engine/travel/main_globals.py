"""Globals that the main script has set since its import. All workers get them before the first task that reads them.

Workers import the script, and have no more of it. A global that the program has set, or changed in place, is sent as
a constant is, once for each change. Each worker puts it into its own main module before it begins another task (see
received_changes.py), and the newest counts. What is to be sent is found when a batch is packed, by what the code of
the functions in it reads.

A worker keeps what its own import gave. When the program puts that back, so does the worker. What the program
deletes, each worker deletes.

The same holds for attributes of the classes that the import gives, each of which has the name ``Class.attribute``.

What a task changes in a worker stays there. So does what a function sets itself by a ``global`` statement, or as an
attribute, if the import gives that name: each process has its own, such as a connection that is made when it is first
needed.
"""

import logging
import pickle
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

from ...wire import codec, main_classes, main_module
from ...wire.limited_stream import TooLarge
from ...wire.main_module import MOST_BYTES, Imported, Print, print_of
from ...wire.messages import PRIVATE, DeleteConstants, Message, SetConstants
from .. import runtime
from ..process.signal_safety import calls_program
from .global_names import GlobalsUsed
from .obstacles import name_obstacle

__all__ = ["AS_IMPORTED", "CHANGED", "DELETED", "GlobalNotSent", "ProgramGlobals"]

_log = logging.getLogger("scoop.run")

CHANGED = f"{PRIVATE}main."
"""Begins the names of the constants that are globals of the main script."""

AS_IMPORTED, DELETED = b"", b"-"
"""Instead of a pickle: the global is again what the import gives, or is not there any more."""

_REMEDY = (
    f"Up to {MOST_BYTES >> 20} MB of such globals go along with tasks. Use shared.setConst, or pass it as an argument"
)

_MISSING = object()


class GlobalNotSent(Exception):
    """A function reads a global that workers cannot have; the message names both."""


class _Look(NamedTuple):
    """The value of one global, and how it is sent, as found by the last look."""

    value: Any
    data: bytes = AS_IMPORTED  # its pickle, or one of the words above
    names: frozenset[str] = frozenset()  # the functions and classes of the main script that it names
    known: Print | None = None  # by what the value is soon known again

    def is_of(self, value: Any) -> bool:
        """Return whether this was found for ``value`` as it is now, as far as that is soon told."""
        known = self.known
        return known is not None and self.value is value and print_of(value, 2 * known.size) == known


class ProgramGlobals:
    """The globals of the program's process. One thread at a time calls.

    Parameters:
        send: takes a message to the broker.
    """

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._sent: dict[str, _Look] = {}  # by name, the last
        self._looked: dict[str, _Look] = {}  # in this batch
        self._have_all: set[frozenset[str]] = set()  # in this batch, the functions for which all was sent
        self._warned: set[str] = set()

    def begin_batch(self) -> bool:
        """Forget what the globals were; return whether any may have to be sent."""
        self._looked.clear()
        self._have_all.clear()
        return bool(self._sent) or main_module.may_have_changed() or main_classes.may_have_changed()

    @calls_program
    def send_for(self, names: frozenset[str]) -> None:
        """Send what functions and classes of these names read, and workers do not have. Raises GlobalNotSent."""
        if names in self._have_all:
            return
        used = GlobalsUsed(main_module.namespace(), self._is_followed, self._may_be_gone)
        needed = self._needed_by(names, used)
        sizes = {name: len(look.data) for name, look in needed.items() if "." not in name}
        if sum(sizes.values()) > MOST_BYTES:
            largest = max(sizes, key=sizes.__getitem__)
            raise GlobalNotSent(_refusal(largest, used.read[largest], "with all others it is too large"))
        for name, look in needed.items():
            self._send_one(name, look)
        self._have_all.add(names)

    def _needed_by(self, names: Iterable[str], used: GlobalsUsed) -> dict[str, _Look]:
        """Return all that functions and classes of these names read, and what others read that these name."""
        space = main_module.namespace()
        found: dict[str, _Look] = {}
        while names:
            used.add([space[name] for name in names if name in space])
            for cls in used.classes:
                used.read.update((path, cls.__qualname__) for path in self._attributes_to_look_at(cls))
            for name in names:  # a function that is put back is found by its name, and is read by nobody
                if self._is_changed_there(name):
                    used.read.setdefault(name, name)
            new = [name for name in used.read if name not in found]
            for name in new:
                found[name] = self._look(name, main_classes.value_at(name, _MISSING), used)
            names = [*chain.from_iterable(found[name].names for name in new)]
        return found

    def _attributes_to_look_at(self, cls: type) -> set[str]:
        """Return what a class has other than by its import, as far as that is soon told, or what was sent of it."""
        start = f"{cls.__qualname__}."
        sent = [path for path in self._sent if path.startswith(start) and "." not in path.removeprefix(start)]
        return {*main_classes.attributes_of(cls), *sent}

    def _is_followed(self, name: str, value: Any) -> bool:
        is_imported = main_module.is_definition(value) and main_module.is_imported(name, value)
        return is_imported and not self._is_changed_there(name)

    def _is_changed_there(self, name: str) -> bool:
        """Return whether workers have something else by this name than their import gives."""
        last = self._sent.get(name)
        return last is not None and last.data != AS_IMPORTED

    def _may_be_gone(self, name: str) -> bool:
        """Return whether workers may have a global that the program does not have."""
        return name in self._sent or main_module.imported(name) is not None

    def _look(self, name: str, value: Any, used: GlobalsUsed) -> _Look:
        if main_module.is_own(name) or (_as_bound(name) in used.bound and _imported(name) is not None):
            return self._sent.get(name) or _Look(value)
        if value is _MISSING:
            return _Look(value, AS_IMPORTED if _imported(name) is None else DELETED)
        look = self._looked.get(name)
        if look is None:
            try:
                look = self._look_anew(name, value)
            except BaseException as problem:
                if runtime.has_struck(problem) or _was_changing(problem):
                    raise  # then the task stays here
                look = self._stays(name, value, problem, used.read[name])
            self._looked[name] = look
        return look

    def _look_anew(self, name: str, value: Any) -> _Look:
        first, last = _imported(name), self._sent.get(name)
        if last is not None and last.value is value and not main_module.has_content(value):
            return last
        if last is not None and last.is_of(value):
            return last
        if first is not None and (last is None or last.data == AS_IMPORTED or last.value is not value):
            names = frozenset((name,) if main_module.is_definition(value) else ())
            if first.looks_the_same(value):
                return _Look(value, names=names)
            content = main_module.content_of(value) if first.digest else None
            if first.has_content(content) or (first.digest is None and first.is_object(value)):
                return _Look(value, names=names | main_module.names_in(content or b""))
        known = print_of(value)  # first: what another thread changes meanwhile is sent once more, then
        data = codec.dumps_at_most(MOST_BYTES, value)
        if last is not None and last.data == data:
            return last
        return _Look(value, data, main_module.names_in(data), known)

    def _stays(self, name: str, value: Any, problem: BaseException, reader: str) -> _Look:
        """Return what to do about a global that cannot be sent. Raises GlobalNotSent if workers have none like it."""
        why = "it is too large"
        if not isinstance(problem, TooLarge):
            why = name_obstacle([(f"global {name}", value)], problem)
        if "." not in name and not _is_imported_object(_imported(name), value):
            raise GlobalNotSent(_refusal(name, reader, why)) from problem
        if name not in self._warned:  # it may hold what each process makes for itself, a cache or a connection
            self._warned.add(name)
            _log.warning("scoop: %s", _refusal(name, reader, f"{why}; workers keep their own"))
        last = self._sent.get(name)
        return last if last is not None and last.value is value else _Look(value)

    def _send_one(self, name: str, look: _Look) -> None:
        last = self._sent.get(name)
        if look.data == (AS_IMPORTED if last is None else last.data):
            return
        constant = CHANGED + name
        if last is not None:
            self._send(DeleteConstants(0, (constant,)))
        self._send(SetConstants(0, (constant,), pickle.dumps({constant: (look.data, ())}), None))
        self._sent[name] = look


def _refusal(name: str, reader: str, why: str) -> str:
    return (
        f"{reader} reads the global {name!r} of the main script, which has been set or changed since the script was "
        f"imported, and cannot go along to workers ({why}). {_REMEDY}"
    )


def _was_changing(problem: BaseException) -> bool:
    """Return whether another thread has changed a container while it was pickled."""
    return isinstance(problem, RuntimeError) and "during iteration" in str(problem)


def _imported(name: str) -> Imported | None:
    return main_classes.imported_attribute(name) if "." in name else main_module.imported(name)


def _as_bound(name: str) -> str:
    """Return how code is said to set a name, or an attribute: see global_names.py."""
    _, dot, last = name.rpartition(".")
    return dot + last


def _is_imported_object(first: Imported | None, value: Any) -> bool:
    return first is not None and first.is_object(value)
