"""The file that a trace is written to, by a thread of its own in the program's process.

Whole blocks of lines are written, so the file can be read at any moment, also after the program was killed. With a
name that ends in ``.gz`` each block is a gzip member of its own, for the same reason. Memory is bounded: when the
disk is slower than the workers, blocks are left out, and the trace says so at its end.
"""

import gzip
import json
import logging
import os
from contextlib import suppress
from threading import Thread
from time import monotonic

from .waiting_blocks import WaitingBlocks

__all__ = ["TraceFile"]

_log = logging.getLogger("scoop.run")

MOST_WAITING_BYTES = 256 << 20
BLOCK_BYTES = 1 << 20
BLOCK_SECONDS = 0.5


class TraceFile:
    """A file that is opened at once. Raises OSError if that fails."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._packs = path.endswith(".gz")
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._blocks = WaitingBlocks(MOST_WAITING_BYTES)
        self._failed = False
        self._write(b"[\n")
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start the thread. Not before the run's processes have been forked: they would lack it."""
        self._thread = Thread(target=self._write_all, name="scoop-trace-file", daemon=True)
        self._thread.start()

    def take(self, block: bytes) -> None:
        """Take in lines. Callable from any thread, also from the I/O thread: it never waits."""
        self._blocks.put(block)

    def program_ends(self) -> None:
        """Go on: what exit handlers do is recorded, too."""

    def close(self) -> None:
        """Write what is left, and the end."""
        self._blocks.end()
        if self._thread is not None:
            self._thread.join()
        last = {"ph": "M", "name": "trace_end", "pid": 0, "args": {"blocks_left_out": self._blocks.left_out}}
        self._write(f"{json.dumps(last)}\n]\n".encode())
        with suppress(OSError):  # the program may have closed it
            os.close(self._descriptor)

    def _write_all(self) -> None:
        while (block := self._blocks.next()) is not None:
            blocks, size, until = [block], len(block), monotonic() + BLOCK_SECONDS
            # What is packed in larger blocks becomes much smaller; but none waits long for others.
            while self._packs and size < BLOCK_BYTES and (more := self._blocks.next_within(until - monotonic())):
                blocks.append(more)
                size += len(more)
            self._write(b"".join(blocks))
            self._blocks.done(size)

    def _write(self, data: bytes) -> None:
        if self._failed:
            return
        try:
            left = memoryview(gzip.compress(data, 1) if self._packs else data)
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as problem:
            self._failed = True
            _log.warning("scoop: the trace %s ends here, and the run goes on: %s", self._path, problem.strerror)
