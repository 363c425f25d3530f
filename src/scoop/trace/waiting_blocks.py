"""Blocks of lines that wait for the thread which takes them. Memory is bounded: beyond that, blocks are left out."""

from queue import Empty, SimpleQueue

__all__ = ["WaitingBlocks"]


class WaitingBlocks:
    """A queue of blocks, up to so many bytes; ``left_out`` counts those that found no room."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._bytes_in = self._bytes_out = 0  # counted by those that bring blocks, and by the thread that takes them
        self.left_out = 0

    def put(self, block: bytes) -> None:
        """Add a block. Callable from any thread, also from the I/O thread: it never waits."""
        if self._bytes_in - self._bytes_out > self._most:
            self.left_out += 1
            return
        self._bytes_in += len(block)
        self._waiting.put(block)

    def end(self) -> None:
        """Say that no more come."""
        self._waiting.put(None)

    def next(self) -> bytes | None:
        """Wait for the next block, and return it; None after the last."""
        return self._waiting.get()

    def next_within(self, seconds: float) -> bytes:
        """Return the next block if it comes in time; else nothing. Nothing after the last, too."""
        try:
            block = self._waiting.get(timeout=max(0.0, seconds))
        except Empty:
            return b""
        if block is None:
            self._waiting.put(None)  # for next()
        return block or b""

    def done(self, size: int) -> None:
        """Say that so many bytes need no memory any more."""
        self._bytes_out += size
