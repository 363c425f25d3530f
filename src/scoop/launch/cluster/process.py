"""One command that starts stations, and its three streams; asyncio."""

import asyncio
import ctypes  # not only in the child: nothing may be imported there
import os
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import Awaitable, Callable

from ..lifelines import die_with_parent
from .calls import Call
from .invitation import MARK, Answer, read_mark
from .streams import Sink, whole_lines

__all__ = ["Process"]

assert ctypes

MOST_SAID = 10
"""Last lines of standard error that are kept, to say what went wrong."""

GRACE = 5.0
"""Seconds that all has to end once the run has; then the command is killed, which ends the stations too."""

_LINGER = 1.0
"""Seconds that the streams may stay open when the command has ended: a child of its own may hold them."""


class Process:
    """A command that starts stations.

    Parameters:
        call: the command.
        letter: the invitation, as bytes.
        output: where what the stations' processes print goes, as soon as one of them has joined.

    What comes on a stream before a station has marked it is noise of logins, or an error: it is kept in ``said``.
    """

    def __init__(self, call: Call, letter: bytes, output: Sink) -> None:
        self.call = call
        self.answers: dict[str, Answer] = {}
        self.pongs: asyncio.Queue[str] = asyncio.Queue()
        self.said: deque[str] = deque(maxlen=MOST_SAID)
        self.status: int | None = None
        self._letter = letter
        self._output = output
        self._all_answered = asyncio.Event()
        self._is_marked = [False, False]  # standard output, standard error
        self._process: asyncio.subprocess.Process | None = None
        self.ended: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the command. Raises OSError if it cannot be."""
        parent = os.getpid()
        self._process = await asyncio.create_subprocess_exec(
            *self.call.words,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,  # a Ctrl-C is the program's; and nothing can be asked at its terminal
            preexec_fn=lambda: die_with_parent(parent),
        )
        self.ended = asyncio.create_task(self._run(self._process))

    async def answered(self) -> None:
        """Wait until all stations have answered, or the command has ended."""
        assert self.ended is not None
        waiting = asyncio.create_task(self._all_answered.wait())
        try:
            await asyncio.wait((self.ended, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def send(self, data: bytes) -> None:
        """Send more to the stations' standard input."""
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has ended: `ended` tells

    async def end(self) -> None:
        """End the stations by the end of their standard input, and the command, if need be, by force."""
        if self._process is None or self.ended is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        done, _ = await asyncio.wait((self.ended,), timeout=GRACE)
        if not done:
            await self.kill()

    async def kill(self) -> None:
        """Kill the command; the stations, if there are any, see their standard input end."""
        if self._process is not None and self.ended is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self.ended

    async def _run(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        streams = [
            asyncio.create_task(work)
            for work in (
                self.send(self._letter),
                self._read(process.stdout, self._read_out),
                self._read(process.stderr, self._read_err),
            )
        ]
        try:
            self.status = await process.wait()
            await asyncio.wait(streams[1:], timeout=_LINGER)
        finally:
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
            if process.returncode is None:
                process.kill()

    async def _read(self, stream: asyncio.StreamReader, take: Callable[[bytes], Awaitable[None]]) -> None:
        async for lines in whole_lines(stream):
            await take(lines)

    async def _read_out(self, lines: bytes) -> None:
        if not (self._all_answered.is_set() and self._is_marked[0]):
            lines = b"".join(line for line in lines.splitlines(keepends=True) if self._is_theirs(line))
        if lines and self._is_marked[0]:
            await self._output.write(1, lines)

    async def _read_err(self, lines: bytes) -> None:
        kept = []
        for line in lines.splitlines(keepends=True):
            if line.endswith(MARK + b"\n"):
                self._is_marked[1] = True
                line = line[: -len(MARK) - 1]
            elif self._is_marked[1]:
                kept.append(line)
            if line.strip():
                self.said.append(line.decode(errors="replace").rstrip())
        if kept:
            await self._output.write(2, b"".join(kept))

    def _is_theirs(self, line: bytes) -> bool:
        """Take the line if it is an answer; return whether it is one that tasks printed."""
        answer = read_mark(line) if MARK in line else None
        if answer is None or answer.host not in self.call.hosts:
            return self._is_marked[0]
        if answer.kind == "pong":
            self.pongs.put_nowait(answer.host)
            return False
        self.answers[answer.host] = answer
        self._is_marked[0] |= answer.kind == "joined"
        if len(self.answers) == len(self.call.hosts):
            self._all_answered.set()
        return False
