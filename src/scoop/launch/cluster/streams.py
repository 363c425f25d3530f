"""Lines from afar, on to our own standard output and standard error."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

__all__ = ["Output", "Sink", "whole_lines"]

MOST = 1 << 16
"""Bytes that a line may have; a longer one is passed on in pieces."""


class Sink(Protocol):
    """Where lines from afar go."""

    async def write(self, descriptor: int, data: bytes) -> None:
        """Take whole lines that were printed on standard output (1) or standard error (2)."""


class Output:
    """What writes to our standard streams: in a thread, so that a slow reader holds up none but its writers."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "scoop-output")

    async def write(self, descriptor: int, data: bytes) -> None:
        """Write all of ``data``, and nothing of others in between; if nobody reads any more, forget it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _write, descriptor, data)

    def close(self) -> None:
        """Let the thread end, unless it is held up."""
        self._thread.shutdown(wait=False)


async def whole_lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield what comes, in chunks of whole lines; the last may lack its line break."""
    rest = b""
    while data := await stream.read(MOST):
        lines, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            yield lines + newline
        if len(rest) > MOST:
            yield rest
            rest = b""
    if rest:
        yield rest


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        pass
