"""Large arrays that come with many batches, as the data of a search over parameters do: they travel once.

The first time an array travels with its batch, as all arguments do. When it comes again, it is sent to all workers as
a constant is: it is in memory once a machine, and batches only name it. So joblib need write nothing to files. As
with joblib's own, such an array is read-only.
"""

import os
import pickle
import weakref
from collections.abc import Callable, Sequence
from sys import modules
from typing import Any

from ..engine import runtime
from ..wire import codec
from ..wire.messages import PRIVATE, DeleteConstants, Message, SetConstants
from ..wire.shared_buffers import SharedBuffers

__all__ = ["RepeatedArrays", "unwrapped"]


class RepeatedArrays:
    """The large arrays among the arguments of one call of Parallel.

    Parameters:
        send: takes a message to the broker.
        least_bytes: of a large array; None: none is.
        mmap_mode: joblib's. Only read-only arrays may be the same for several batches.
    """

    def __init__(self, send: Callable[[Message], None], least_bytes: int | None, mmap_mode: str | None) -> None:
        self._send = send
        self._least_bytes = least_bytes if mmap_mode == "r" else None
        self._token = os.urandom(8).hex()
        self._seen: dict[int, weakref.ref[Any]] = {}  # by identity
        self._sent: dict[int, SentArray] = {}

    def replaced_in(self, items: Sequence[tuple[Any, Any, Any]]) -> list[tuple[Any, Any, Any]]:
        """Return the calls of a batch, with what stands for the arrays that have come before."""
        if self._least_bytes is None or "numpy" not in modules:
            return [*items]
        now: dict[int, Any] = {}
        replaced = [
            (
                function,
                tuple([self._replaced(value, now) for value in args]),
                {name: self._replaced(value, now) for name, value in kwargs.items()},
            )
            for function, args, kwargs in items
        ]
        self._seen.update((identity, weakref.ref(array)) for identity, array in now.items())
        return replaced

    def free(self) -> None:
        """Have the arrays deleted everywhere."""
        names = tuple(sorted(array.name for array in self._sent.values()))
        self._sent.clear()
        if names:
            self._send(DeleteConstants(0, names))

    def _replaced(self, value: Any, now: dict[int, Any]) -> Any:
        if not self._is_large(value):
            return value
        if (sent := self._sent.get(id(value))) is not None:
            return sent
        seen = self._seen.get(id(value))
        if seen is not None and seen() is value:
            return self._share(value)
        now[id(value)] = value
        return value

    def _is_large(self, value: Any) -> bool:
        return (
            isinstance(value, modules["numpy"].ndarray)
            and self._least_bytes is not None
            and value.nbytes > self._least_bytes
            and not value.dtype.hasobject
        )

    def _share(self, array: Any) -> "SentArray":
        name = f"{PRIVATE}joblib.{self._token}.{len(self._sent)}"
        large: list[pickle.PickleBuffer] = []
        data = codec.dumps(array, large)
        buffers = SharedBuffers.empty() if large else None
        spans = buffers.add(large) if buffers else ()
        self._send(SetConstants(0, (name,), pickle.dumps({name: (data, spans)}), buffers))
        return self._sent.setdefault(id(array), SentArray(name, array))


class SentArray:
    """Stands for an array that all workers have: becomes that where it arrives."""

    def __init__(self, name: str, array: Any) -> None:
        self.name = name
        self.array = array

    def __reduce__(self) -> Any:
        return _find, (self.name,)


def unwrapped(value: Any) -> Any:
    """Return an argument, also where its batch has not travelled."""
    return _read_only(value.array) if type(value) is SentArray else value


def _find(name: str) -> Any:
    array = runtime.constants and runtime.constants.get(name)
    if array is None:
        raise LookupError("the call of joblib.Parallel is over")
    return _read_only(array)


def _read_only(array: Any) -> Any:
    view = array.view()
    view.flags.writeable = False
    return view
