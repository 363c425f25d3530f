"""Shared constants: each worker's copy of what was set anywhere, unpickled when first asked for."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from math import inf
from pickle import PickleBuffer
from threading import Condition, Event
from time import monotonic
from typing import Any

from ..wire import codec
from ..wire.cargo import Cargo, views_of
from ..wire.messages import Kind
from .hub import NAP
from .imports import Send

__all__ = ["Constants"]


class Constants:
    """The constants that this process knows of.

    To set one is a call to the broker, which decides: of two workers that set the same name at the same time, one
    is refused. Messages keep their order on every link, so a constant is everywhere before any task that was
    submitted after it was set.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._packed: dict[str, tuple[bytes, list[Any]]] = {}
        self._values: dict[str, Any] = {}
        self._arrival = Condition()
        self._calls = count(1)
        self._pending: dict[int, tuple[Event, list[str]]] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set all of ``values``, or none: TypeError if a name is taken."""
        taken = sorted(self._packed.keys() & values.keys())
        if taken:
            raise TypeError(_taken(taken))
        packed = {}
        cargo: Cargo | None = None
        for name, value in values.items():
            large: list[PickleBuffer] = []
            try:
                data = codec.dumps(value, large)
            except Exception as problem:
                raise TypeError(f"the constant {name!r} cannot be shared: {problem}") from problem
            if large:
                cargo = cargo or Cargo.empty()
            packed[name] = data, cargo.add(large) if cargo else ()
        self._call(Kind.CONST, codec.dumps(packed), sorted(packed), cargo)
        # Here the value is the object itself, as a name bound to it would be. But what is large is had once, by all.
        self._values.update((name, value) for name, value in values.items() if not packed[name][1])

    def delete(self, names: Iterable[str]) -> None:
        """Delete the constants of these names everywhere; those that do not exist are passed over."""
        names = sorted(names)
        self._call(Kind.UNCONST, "\0".join(names).encode(), names)

    def get(
        self,
        name: str,
        timeout: float | None = 0,
        default: Any = None,
        deputised: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Any:
        """Return the constant ``name``, waiting for it up to ``timeout`` seconds; else ``default``.

        The wait takes place within ``deputised()``: it may be one of our own tasks that will set the constant.
        """
        try:
            return self._values[name]
        except KeyError:
            pass
        if name not in self._packed:
            with deputised(), self._arrival:
                self._await(name, inf if timeout is None else monotonic() + timeout)
        packed = self._packed.get(name)
        if packed is None:
            return default
        value = codec.loads(*packed)
        return self._values.setdefault(name, value)

    def _await(self, name: str, end: float) -> None:
        while name not in self._packed and (left := end - monotonic()) > 0:
            self._arrival.wait(min(left, NAP))

    def deliver(self, kind: Kind, call: int, body: bytes, cargo: Cargo | None) -> None:
        """Take in what the broker says."""
        if kind == Kind.VERDICT:
            if call not in self._pending:
                return  # nobody waits for it
            done, refused = self._pending.pop(call)
            refused.extend(body.decode().split("\0") if body else ())
            done.set()
            return
        with self._arrival:
            if kind == Kind.CONST:
                memory = cargo.map(own=False) if cargo else None
                arrived = codec.loads(body).items()
                self._packed.update((name, (data, views_of(memory, spans))) for name, (data, spans) in arrived)
                self._arrival.notify_all()
            else:
                for name in body.decode().split("\0"):
                    self._packed.pop(name, None)
                    self._values.pop(name, None)

    def _call(self, kind: Kind, body: bytes, names: Iterable[str], cargo: Cargo | None = None) -> None:
        call, done, refused = next(self._calls), Event(), list[str]()
        self._pending[call] = (done, refused)
        header = "\0".join(names).encode()
        self._send(kind, call, (len(header),), header + body, cargo)
        done.wait()
        if refused:
            raise TypeError(_taken(refused))


def _taken(names: list[str]) -> str:
    return f"constants cannot be set again: {', '.join(names)} already set. Nothing of this call was set"
