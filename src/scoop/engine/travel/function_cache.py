"""How the functions of tasks travel: within their batch; or, if they hold much data, ahead of it and only once.

A partial, a closure or a method may carry an array into every call. Such a function is sent to all workers as a
constant is, under a name made of its content, and batches only name it. It is deleted when others have come after it
and no task of it is in flight. Its data is one object to all its tasks on a worker, as a constant is.
"""

import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from threading import RLock
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ...wire import codec
from ...wire.main_module import names_in
from ...wire.messages import PRIVATE, DeleteConstants, Message, SetConstants
from ...wire.shared_buffers import SharedBuffers
from .. import runtime
from ..process.signal_safety import indivisible

__all__ = ["FunctionCache"]

LARGE = 1 << 16
"""Bytes of a pickle from which on a function travels ahead of its batches."""

KEPT = 4
"""Large functions that workers keep though no task of theirs is in flight: the next map may have the same."""


class _Packed(NamedTuple):
    """A function's pickle; or its name, if it has travelled ahead. And what it names of the main script."""

    data: bytes | str
    names: frozenset[str]


class FunctionCache:
    """The functions of the tasks that one process has sent out.

    Parameters:
        send: takes a message to the broker.
    """

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._token = os.urandom(8).hex()  # two workers that send the same function must not delete each other's
        self._send = send
        self._of_maps: WeakKeyDictionary[Any, _Packed] = WeakKeyDictionary()
        self._users: OrderedDict[str, set[int]] = OrderedDict()  # by large function, the batches in flight
        self._lock = RLock()

    def pack(self, function: Any, batch: int, is_chunk: bool) -> tuple[bytes, frozenset[str]]:
        """Return what stands for a function in a batch, and what it names of the main script.

        A map's is as it was when first sent.
        """
        if is_chunk and function.name is not None:  # of a map of another worker, which keeps it
            return pickle.dumps(_Named(function.name, True)), frozenset()
        packed = self._find(function) if is_chunk else None
        if packed is None or (isinstance(packed.data, str) and packed.data not in self._users):
            packed = self._dump(function)
        return self._keep(function, packed, batch, is_chunk), packed.names

    @indivisible
    def _find(self, function: Any) -> _Packed | None:
        with self._lock:
            return self._of_maps.get(function)

    @indivisible
    def _keep(self, function: Any, packed: _Packed, batch: int, is_chunk: bool) -> bytes:
        with self._lock:
            if is_chunk:
                self._of_maps[function] = packed
            data = packed.data
            if isinstance(data, bytes):
                return data
            self._users.setdefault(data, set()).add(batch)
            self._users.move_to_end(data)
            return pickle.dumps(_Named(data, is_chunk))

    @indivisible
    def release(self, batch: int) -> None:
        """All tasks of a batch have ended."""
        if self._users:
            with self._lock:
                for batches in self._users.values():
                    batches.discard(batch)

    def _dump(self, function: Any) -> _Packed:
        """Return a function's pickle; or its name, if it is large, and every worker has it by now."""
        large: list[pickle.PickleBuffer] = []
        data = codec.dumps(function, large)
        names = names_in(data)
        if not large and len(data) < LARGE:
            return _Packed(data, names)
        from hashlib import blake2b  # 4 ms that no other run should pay

        digest = blake2b(data, digest_size=16)
        for buffer in large:
            digest.update(buffer.raw())
        name = f"{PRIVATE}{self._token}.{digest.hexdigest()}"
        if name not in self._users:
            self._delete_unused()
            buffers = SharedBuffers.empty() if large else None
            spans = buffers.add(large) if buffers else ()
            self._send(SetConstants(0, (name,), pickle.dumps({name: (data, spans)}), buffers))
            self._users[name] = set()
        return _Packed(name, names)

    def _delete_unused(self) -> None:
        """Let the workers forget the oldest large functions that no task in flight needs."""
        for name in [name for name, batches in self._users.items() if not batches][: -KEPT + 1]:
            del self._users[name]
            self._send(DeleteConstants(0, (name,)))


class _Named:
    """A function that has travelled ahead: becomes itself where it arrives."""

    def __init__(self, name: str, is_chunk: bool) -> None:
        self._name = name
        self._is_chunk = is_chunk

    def __reduce__(self) -> Any:
        return _find, (self._name, self._is_chunk)


def _find(name: str, is_chunk: bool) -> Any:
    function: Any = runtime.constants and runtime.constants.get(name)
    if function is None:
        raise LookupError("the function has been deleted")
    if is_chunk:
        function.name = name
    return function
