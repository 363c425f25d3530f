"""Shared constants: each worker's copy of what was set anywhere, unpickled when first asked for."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from math import inf
from pickle import PickleBuffer
from threading import RLock
from time import monotonic
from typing import Any, NamedTuple

from ..errors import in_words
from ..wire import codec
from ..wire.messages import PRIVATE, ConstantReply, DeleteConstants, Message, SetConstants
from ..wire.shared_buffers import SharedBuffers, views_of
from .process.signal_safety import indivisible
from .results.callbacks import Deferred
from .threads.blocking import deadline_after
from .threads.thread_event import ThreadEvent

__all__ = ["Constants"]


class _Setting(NamedTuple):
    """A constant as it was set once: its pickle and its large buffers. Told from other settings by identity."""

    data: bytes
    large: list[Any]


class _Call:
    """A question to the broker."""

    def __init__(self) -> None:
        self.event = ThreadEvent()
        self.is_answered = False
        self.taken: list[str] = []
        self.tasks_repeat = False


class Constants:
    """The constants that this process knows of.

    To set one is a call to the broker, which decides: of two workers that set the same name at the same time, one
    is refused. Messages keep their order on every link, so a constant is everywhere before any task that was
    submitted after it was set.

    Parameters:
        send: takes a message to the broker.
        note: hears of each constant that arrives, its name and its pickle. The I/O thread calls.
    """

    def __init__(self, send: Callable[[Message], None], note: Callable[[str, bytes], None] | None = None) -> None:
        self._send = send
        self._note = note
        self._settings: dict[str, _Setting] = {}
        self._values: dict[str, tuple[_Setting, Any]] = {}  # what was unpickled, and of which setting it is
        self._lock = RLock()
        self._waiting: list[ThreadEvent] = []  # threads that wait for any constant to be set
        self._calls = count(1)
        self._pending: dict[int, _Call] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set all of ``values``, or none: TypeError if a name is taken.

        A task that runs again, since its worker has died, may set again what it had set: that is no error.
        """
        new = {name: _pack(name, value) for name, value in values.items()}
        packed = {}
        buffers: SharedBuffers | None = None
        for name, (data, large) in new.items():
            if large:
                buffers = buffers or SharedBuffers.empty()
            packed[name] = data, buffers.add(large) if buffers else ()
        names = tuple(sorted(packed))
        reply = self._call(lambda call: SetConstants(call, names, codec.dumps(packed), buffers))
        if reply.taken:
            refused = [name for name in reply.taken if not (reply.tasks_repeat and self._is_set_to(name, new[name]))]
            if refused:
                raise TypeError(f"{', '.join(refused)} already set: call shared.delConst first. {_NOTHING_SET}")
            if rest := {name: value for name, value in values.items() if name not in reply.taken}:
                self.set(rest)
            return
        # Here the value is the object itself, as a name bound to it would be. But large data is there once, for all.
        for name, value in values.items():
            data, spans = packed[name]
            setting = self._settings.get(name)
            if not spans and setting is not None and setting.data == data:
                self._keep(name, setting, value)

    def _is_set_to(self, name: str, new: _Setting) -> bool:
        old = self._settings.get(name)
        return old is not None and old.data == new.data and [*map(bytes, old.large)] == [*map(bytes, new.large)]

    def names(self) -> list[str]:
        """Return the names of all constants of the program's that are set."""
        return sorted(name for name in [*self._settings] if not name.startswith(PRIVATE))

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
            with covered():
                end = deadline_after(timeout)
                self._await(name, inf if end is None else end)
        while (setting := self._settings.get(name)) is not None:
            value = codec.loads(*setting)  # the program's code may run here, so not under the lock
            if (kept := self._keep(name, setting, value)) is not None:
                return kept[1]
        return default

    @indivisible
    def _keep(self, name: str, setting: _Setting, value: Any) -> tuple[_Setting, Any] | None:
        """Keep what was unpickled, unless another thread was faster; return what is kept."""
        with self._lock:
            if self._settings.get(name) is not setting:
                return None  # it was deleted meanwhile, and perhaps set anew
            return self._values.setdefault(name, (setting, value))

    def _await(self, name: str, end: float) -> None:
        event = ThreadEvent()
        self._waiting.append(event)
        try:
            while name not in self._settings and (left := end - monotonic()) > 0:
                event.sleep(None if left == inf else left)
        finally:
            self._waiting.remove(event)

    @indivisible
    def deliver(self, message: SetConstants | DeleteConstants | ConstantReply, deferred: Deferred) -> None:
        """Take in a message of the broker's. The I/O thread calls, so no code of the program's may run."""
        if isinstance(message, ConstantReply):
            if message.call in self._pending:  # else no thread waits for it
                call = self._pending.pop(message.call)
                call.taken.extend(message.taken)
                call.tasks_repeat = message.tasks_repeat
                call.is_answered = True
                call.event.set()
            return
        with self._lock:
            for name in message.names:
                self._settings.pop(name, None)
                deferred.discard(self._values.pop(name, None))
            if isinstance(message, SetConstants):
                memory = message.buffers.map(own=False) if message.buffers else None
                for name, (data, spans) in codec.loads(message.body).items():
                    self._settings[name] = _Setting(data, views_of(memory, spans))
                    if self._note is not None:
                        self._note(name, data)
                for event in [*self._waiting]:
                    event.set()

    def _call(self, message: Callable[[int], Message]) -> _Call:
        number, call = next(self._calls), _Call()
        self._pending[number] = call
        self._send(message(number))
        while not call.is_answered:
            call.event.sleep()
        return call


_NOTHING_SET = "Nothing of this call was set"


def _pack(name: str, value: Any) -> _Setting:
    large: list[PickleBuffer] = []
    try:
        return _Setting(codec.dumps(value, large), large)
    except Exception as problem:
        raise TypeError(f"the constant {name!r} cannot be shared: {in_words(problem)}") from problem
