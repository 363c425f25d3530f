"""One command that starts agents, as a child process with three streams; asyncio."""

import asyncio
import ctypes  # the child needs it between fork and exec, where it must not import
import os
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from ...machine.supervision import die_with_parent
from ...tuning import TUNING
from ..planning.invitation import MARK, Answer, read_mark
from ..planning.plan import Call

__all__ = ["LauncherProcess", "Output", "Write"]

assert ctypes

Write = Callable[[int, bytes], Awaitable[None]]
"""Takes whole lines that processes on other hosts have printed on standard output (1) or standard error (2)."""


class Output:
    """Writes to our own standard streams, in a thread: so a slow reader of ours does not stop the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "scoop-output")

    async def write(self, descriptor: int, data: bytes) -> None:
        """Write all of ``data``, with no other data in between; drop it if the stream's reader is gone."""
        await asyncio.get_running_loop().run_in_executor(self._thread, _write, descriptor, data)

    def close(self) -> None:
        self._thread.shutdown(wait=False)


def _write(descriptor: int, data: bytes) -> None:
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
    except OSError:
        pass


class LauncherProcess:
    """A command that starts agents, from when this is made; ``ended`` is done when it has ended, or cannot start.

    ``write`` takes what the agents' processes print, as soon as an agent has joined. Until an agent has marked a
    stream, the lines on it are noise of the login, or errors. ``said`` keeps the last lines of standard error.
    """

    def __init__(self, call: Call, invitation: bytes, write: Write) -> None:
        self.call = call
        self.answers: dict[str, Answer] = {}
        self.pongs: asyncio.Queue[str] = asyncio.Queue()
        self.said: deque[str] = deque(maxlen=TUNING.error_lines_kept)
        self.status: int | None = None
        self._write = write
        self._all_answered = asyncio.Event()
        self._is_marked = [False, False]  # standard output, standard error
        self._process: asyncio.subprocess.Process | None = None
        self._stdin: asyncio.StreamWriter | None = None
        self.ended = asyncio.create_task(self._run(invitation))

    async def answered(self) -> None:
        """Wait until all agents have answered, or the command has ended."""
        waiting = asyncio.create_task(self._all_answered.wait())
        try:
            await asyncio.wait((self.ended, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def send(self, data: bytes) -> None:
        assert self._stdin is not None
        try:
            self._stdin.write(data)
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the command has ended, and `ended` tells so

    async def end(self) -> None:
        """Close the agents' standard input, which ends them; kill the command if it takes too long."""
        if self._stdin is not None:
            self._stdin.close()
        done, _ = await asyncio.wait((self.ended,), timeout=TUNING.agents_end_within_seconds)
        if not done:
            await self.kill()

    async def kill(self) -> None:
        """Kill the command; agents that it has started see their standard input end."""
        if self._process is None:
            self.ended.cancel()  # it is about to start
        elif self._process.returncode is None:
            self._process.kill()
        await asyncio.wait((self.ended,))

    async def _run(self, invitation: bytes) -> None:
        parent = os.getpid()
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self.call.words,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,  # Ctrl-C is for the program; and ssh can ask nothing at its terminal
                preexec_fn=lambda: die_with_parent(parent),
            )
        except OSError as problem:
            self.said.append(f"{self.call.words[0]}: {problem.strerror}")
            self.status = 127
            return
        assert process.stdout is not None
        assert process.stderr is not None
        self._stdin = process.stdin
        reading = (_read(process.stdout, self._read_out), _read(process.stderr, self._read_err))
        streams = [asyncio.create_task(work) for work in (self.send(invitation), *reading)]
        try:
            self.status = await _status(process)
            await asyncio.wait(streams[1:], timeout=TUNING.streams_outlive_command_seconds)
        finally:
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)
            if process.returncode is None:
                process.kill()

    async def _read_out(self, lines: bytes) -> None:
        if not (self._all_answered.is_set() and self._is_marked[0]):
            lines = b"".join(line for line in lines.splitlines(keepends=True) if self._is_printed(line))
        if lines and self._is_marked[0]:
            await self._write(1, lines)

    async def _read_err(self, lines: bytes) -> None:
        printed = []
        for line in lines.splitlines(keepends=True):
            if line.endswith(MARK + b"\n"):
                self._is_marked[1] = True
                line = line[: -len(MARK) - 1]
            elif self._is_marked[1]:
                printed.append(line)
            if line.strip():
                self.said.append(line.decode(errors="replace").rstrip())
        if printed:
            await self._write(2, b"".join(printed))

    def _is_printed(self, line: bytes) -> bool:
        """Return whether tasks have printed the line; if it is an agent's answer, take it."""
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


async def _status(process: asyncio.subprocess.Process) -> int:
    """Wait until a command has ended; return its status.

    Python's own wait also waits for its streams on some versions, and a process that it left behind may hold them.
    """
    waiting = asyncio.create_task(process.wait())
    while process.returncode is None:
        await asyncio.wait((waiting,), timeout=TUNING.absence_look_seconds)
    waiting.cancel()
    return process.returncode


async def _read(stream: asyncio.StreamReader, take: Callable[[bytes], Awaitable[None]]) -> None:
    """Pass on the stream as chunks of whole lines; the last may lack its line break, long lines are split."""
    rest = b""
    while data := await stream.read(TUNING.output_chunk_bytes):
        lines, newline, rest = (rest + data).rpartition(b"\n")
        if newline:
            await take(lines + newline)
        if len(rest) > TUNING.output_chunk_bytes:
            await take(rest)
            rest = b""
    if rest:
        await take(rest)
