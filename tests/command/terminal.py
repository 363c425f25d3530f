"""A terminal, for programs that are to believe they are at one."""

import os
import select
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from running import LIMIT, unchecked


class Terminal:
    """A program that believes it is at a terminal, and the hands at its keyboard."""

    _TAKE_IT = """
    import fcntl, os, sys, termios
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.execv(sys.argv[1], sys.argv[1:])
    """

    def __init__(self, *words: str, cwd: Path, env: dict[str, str]) -> None:
        self.screen = ""
        self._read = 0
        self._keys, theirs = os.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(self._TAKE_IT), *unchecked(*words)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env={**os.environ, "TERM": "dumb", **env},
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: str) -> str:
        """Wait for ``text``; return what came since the last one waited for."""
        deadline = time.monotonic() + LIMIT
        while text not in self.screen[self._read :]:
            assert self._more(deadline), f"{text!r} did not come: {self.screen[self._read :]}"
        start, self._read = self._read, self.screen.index(text, self._read) + len(text)
        return self.screen[start : self._read]

    def type(self, line: str, *, prompt: str = ">>> ") -> str:
        """Type one line; return what is shown up to the next prompt."""
        self.press(f"{line}\n")
        return self.until(prompt)

    def press(self, keys: str) -> None:
        """Press some keys."""
        os.write(self._keys, keys.encode())

    def end(self) -> int:
        """Wait for the program's end; return its status."""
        deadline = time.monotonic() + LIMIT
        while self._more(deadline):
            pass
        return self._process.wait(LIMIT)

    def close(self) -> None:
        """Take the terminal away."""
        os.close(self._keys)
        if self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._process.wait()

    def _more(self, deadline: float) -> bool:
        if not select.select([self._keys], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._keys, 1 << 16)
        except OSError:  # the last who had it open has closed it
            return False
        self.screen += data.decode().replace("\r\n", "\n")
        return bool(data)
