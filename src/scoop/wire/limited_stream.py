"""Pickles that may have only so many bytes: what would become larger is given up, before it costs more."""

import io
from pickle import PickleBuffer

__all__ = ["LimitedStream", "TooLarge"]


class TooLarge(ValueError):
    """A pickle would have more bytes than it may."""


class LimitedStream(io.BytesIO):
    """A stream in memory that takes at most ``most`` bytes: TooLarge."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def write(self, data: object, /) -> int:
        written = super().write(data)  # type: ignore[arg-type]
        self._left -= written
        if self._left < 0:
            raise TooLarge
        return written

    def admit(self, buffer: PickleBuffer) -> bool:
        """Have a buffer become part of the pickle; a pickler asks before it copies it."""
        with memoryview(buffer) as view:
            if view.nbytes > self._left:
                raise TooLarge
        return True
