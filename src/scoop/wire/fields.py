"""The kinds of fields that messages have, besides numbers, texts and bytes."""

from collections.abc import Sequence

from .shared_buffers import SharedBuffers

__all__ = ["Buffers", "Names", "Numbers"]

Numbers = Sequence[int]
Names = tuple[str, ...]
Buffers = SharedBuffers | None
