"""Shared constants: each worker's copy of what was set anywhere, unpickled when first asked for."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from math import inf
from pickle import PickleBuffer
from threading import Condition, Event
from time import monotonic
from typing import Any, NamedTuple

from ..errors import in_words
from ..wire import codec
from ..wire.messages import ConstantReply, DeleteConstants, Message, SetConstants
from ..wire.shared_buffers import SharedBuffers, views_of
from .callbacks import Deferred
from .fibers import LONGEST_SLEEP

__all__ = ["Constants"]


class _Setting(NamedTuple):
    """A constant as it was set once: its pickle and its large buffers. Told from other settings by identity."""

    data: bytes
    large: list[Any]


class Constants:
    """The constants that this process knows of.

    To set one is a call to the broker, which decides: of two workers that set the same name at the same time, one
    is refused. Messages keep their order on every link, so a constant is everywhere before any task that was
    submitted after it was set.

    Parameters:
        send: takes a message to the broker.
    """

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._settings: dict[str, _Setting] = {}
        self._values: dict[str, tuple[_Setting, Any]] = {}  # what was unpickled, and of which setting it is
        self._arrival = Condition()
        self._calls = count(1)
        self._pending: dict[int, tuple[Event, list[str]]] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set all of ``values``, or none: TypeError if a name is taken."""
        taken = sorted(self._settings.keys() & values.keys())
        if taken:
            raise TypeError(_taken(taken))
        packed = {}
        buffers: SharedBuffers | None = None
        for name, value in values.items():
            large: list[PickleBuffer] = []
            try:
                data = codec.dumps(value, large)
            except Exception as problem:
                raise TypeError(f"the constant {name!r} cannot be shared: {in_words(problem)}") from problem
            if large:
                buffers = buffers or SharedBuffers.empty()
            packed[name] = data, buffers.add(large) if buffers else ()
        names = tuple(sorted(packed))
        self._call(lambda call: SetConstants(call, names, codec.dumps(packed), buffers))
        # Here the value is the object itself, as a name bound to it would be. But large data is there once, for all.
        for name, value in values.items():
            data, spans = packed[name]
            with self._arrival:
                setting = self._settings.get(name)
                if not spans and setting is not None and setting.data == data:
                    self._values.setdefault(name, (setting, value))

    def delete(self, names: Iterable[str]) -> None:
        """Delete the constants of these names everywhere; those that do not exist are passed over."""
        wanted = tuple(sorted(names))
        self._call(lambda call: DeleteConstants(call, wanted))

    def get(
        self,
        name: str,
        timeout: float | None = 0,
        default: Any = None,
        covered: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Any:
        """Return the constant ``name``, waiting for it up to ``timeout`` seconds; else ``default``.

        The wait takes place within ``covered()``: it may be a task of this process that will set the constant.
        """
        try:
            return self._values[name][1]
        except KeyError:
            pass
        if name not in self._settings:
            with covered(), self._arrival:
                self._await(name, inf if timeout is None else monotonic() + timeout)
        while (setting := self._settings.get(name)) is not None:
            value = codec.loads(*setting)  # the program's code may run here, so not under the lock
            with self._arrival:
                if self._settings.get(name) is setting:  # else it was deleted meanwhile, and perhaps set anew
                    return self._values.setdefault(name, (setting, value))[1]
        return default

    def _await(self, name: str, end: float) -> None:
        while name not in self._settings and (left := end - monotonic()) > 0:
            self._arrival.wait(min(left, LONGEST_SLEEP))

    def deliver(self, message: SetConstants | DeleteConstants | ConstantReply, deferred: Deferred) -> None:
        """Take in a message of the broker's. The I/O thread calls, so no code of the program's may run."""
        if isinstance(message, ConstantReply):
            if message.call in self._pending:  # else no thread waits for it
                done, refused = self._pending.pop(message.call)
                refused.extend(message.taken)
                done.set()
            return
        with self._arrival:
            for name in message.names:
                self._settings.pop(name, None)
                deferred.discard(self._values.pop(name, None))
            if isinstance(message, SetConstants):
                memory = message.buffers.map(own=False) if message.buffers else None
                for name, (data, spans) in codec.loads(message.body).items():
                    self._settings[name] = _Setting(data, views_of(memory, spans))
                self._arrival.notify_all()

    def _call(self, message: Callable[[int], Message]) -> None:
        call, done, refused = next(self._calls), Event(), list[str]()
        self._pending[call] = (done, refused)
        self._send(message(call))
        done.wait()
        if refused:
            raise TypeError(_taken(refused))


def _taken(names: list[str]) -> str:
    return f"constants cannot be set again: {', '.join(names)} already set. Nothing of this call was set"
