"""The register of shared constants, pure: which are set, and what a new worker must be told of them.

A message about constants has their names before what it says, and the length of those as its number: books read the
names, and nothing else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ..wire.messages import PRIVATE, Kind, Message

__all__ = ["Register"]


class _Pack(NamedTuple):
    """What one call has set."""

    names: tuple[str, ...]
    message: Message


class Register:
    """The constants of a run, as far as these books know."""

    def __init__(self) -> None:
        self._packs: dict[str, _Pack] = {}
        self._private: dict[str, int] = {}  # constants that are of use only while the worker lives that has set them

    def claim(self, worker: int, message: Message) -> None:
        """Remember who wants to set or delete a constant, where it is of use to nobody else."""
        for name in _names(message):
            if message.kind == Kind.UNCONST:
                self._private.pop(name, None)
            elif name.startswith(PRIVATE):
                self._private[name] = worker

    def enter(self, message: Message) -> list[str]:
        """Set or delete constants; return which of them were there already: then nothing is set."""
        names = _names(message)
        if message.kind == Kind.UNCONST:
            for name in names:
                self._packs.pop(name, None)
            return []
        taken = [name for name in names if name in self._packs]
        if not taken:
            self._packs.update(dict.fromkeys(names, _Pack(names, message._replace(parcel=0))))
        return taken

    def useless_without(self, worker: int) -> Message | None:
        """Return what deletes the constants that were of use to this worker only, if there are any."""
        return _forget([name for name, owner in self._private.items() if owner == worker])

    def so_far(self) -> Iterator[Message]:
        """Return what a new worker must be told, in this order."""
        for pack in {id(pack): pack for pack in self._packs.values()}.values():
            yield pack.message
            if gone := _forget([name for name in pack.names if self._packs.get(name) is not pack]):
                yield gone


def _forget(names: list[str]) -> Message | None:
    header = "\0".join(names).encode()
    return Message(Kind.UNCONST, 0, (len(header),), 2 * header) if names else None


def _names(message: Message) -> tuple[str, ...]:
    return tuple(name for name in message.body[: message.numbers[0]].decode().split("\0") if name)
