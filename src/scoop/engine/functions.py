"""How the functions of tasks travel: within their parcel; or, if they hold much data, ahead of it and only once.

A partial, a closure or a method may carry an array into every call. Such a function is sent to all workers as a
constant is, under a name made of its content, and parcels only name it. It is taken back when others have come after
it and no task of it is away. What it holds is one object to all its tasks on a worker, as a constant is.
"""

import os
import pickle
from collections import OrderedDict
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from ..wire import codec
from ..wire.cargo import Cargo
from ..wire.messages import PRIVATE, Kind
from . import runtime
from .imports import Send
from .mapper import Mapper

__all__ = ["Functions"]

LARGE = 1 << 16
"""Bytes of a pickle from which on a function travels ahead of its parcels."""

KEPT = 4
"""Large functions that workers keep though no task of theirs is away: the next map may have the same."""


class Functions:
    """The functions of the tasks that one process has sent out.

    Parameters:
        send: takes a message to the broker.
    """

    def __init__(self, send: Send) -> None:
        self._token = os.urandom(8).hex()  # two workers that send the same function must not take back each other's
        self._send = send
        self._of_maps: WeakKeyDictionary[Mapper, bytes | str] = WeakKeyDictionary()
        self._users: OrderedDict[str, set[int]] = OrderedDict()  # by large function, the parcels that are away
        self._lock = Lock()

    def pack(self, function: Any, parcel: int) -> bytes:
        """Return what stands for a function in a parcel. A map's is as it was when first sent."""
        if isinstance(function, Mapper) and function.name is not None:  # of a map of another worker, who keeps it
            return pickle.dumps(_Named(function.name))
        with self._lock:
            packed = self._of_maps.get(function) if isinstance(function, Mapper) else None
            if packed is None or (isinstance(packed, str) and packed not in self._users):
                packed = self._dump(function)
                if isinstance(function, Mapper):
                    self._of_maps[function] = packed
            if isinstance(packed, bytes):
                return packed
            self._users[packed].add(parcel)
            self._users.move_to_end(packed)
            return pickle.dumps(_Named(packed))

    def release(self, parcel: int) -> None:
        """All tasks of a parcel have ended."""
        if self._users:
            with self._lock:
                for parcels in self._users.values():
                    parcels.discard(parcel)

    def _dump(self, function: Any) -> bytes | str:
        """Return a function's pickle; or its name, if it is large, and everybody has it by now."""
        large: list[pickle.PickleBuffer] = []
        data = codec.dumps(function, large)
        if not large and len(data) < LARGE:
            return data
        from hashlib import blake2b  # 4 ms that no other run should pay

        digest = blake2b(data, digest_size=16)
        for buffer in large:
            digest.update(buffer.raw())
        name = f"{PRIVATE}{self._token}.{digest.hexdigest()}"
        if name not in self._users:
            self._take_back()
            cargo = Cargo.empty() if large else None
            spans = cargo.add(large) if cargo else ()
            header = name.encode()
            body = header + pickle.dumps({name: (data, spans)})
            self._send(Kind.CONST, 0, (len(header),), body, cargo)
            self._users[name] = set()
        return name

    def _take_back(self) -> None:
        """Let the workers forget the oldest large functions that nobody needs now."""
        for name in [name for name, parcels in self._users.items() if not parcels][: -KEPT + 1]:
            del self._users[name]
            self._send(Kind.UNCONST, 0, (len(name),), 2 * name.encode())


class _Named:
    """A function that has travelled ahead: becomes itself where it arrives."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> Any:
        return _find, (self._name,)


def _find(name: str) -> Any:
    function = runtime.constants and runtime.constants.get(name)
    if function is None:
        raise LookupError("the function has been taken back")
    if isinstance(function, Mapper):
        function.name = name
    return function
