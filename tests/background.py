"""Commands that run while a test goes on."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from running import LIMIT

__all__ = ["Background", "Command", "background", "until"]


def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


class Command:
    """A command in a session of its own, and what it prints."""

    def __init__(self, words: Sequence[str], cwd: Path, name: str, env: Mapping[str, str] | None = None) -> None:
        self._out, self._err = cwd / f"{name}.out", cwd / f"{name}.err"
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self.process = subprocess.Popen(
                words,
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        """What it has printed."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """What it has printed on standard error."""
        return self._err.read_text()

    def says(self, words: str) -> None:
        """Wait until it has said something, on either stream."""
        until(lambda: words in self.out + self.err or self.process.poll() is not None)
        assert words in self.out + self.err, f"it ended without a word of {words!r}:\n{self.out}\n{self.err}"

    def end(self) -> int:
        """Wait until it has ended; return its status."""
        return self.process.wait(LIMIT)

    def close(self) -> None:
        """Leave nothing of it, however the test has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()


class Background:
    """The commands of one test.

    Parameters:
        folder: where they run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commands: list[Command] = []

    def __call__(self, *words: str, env: Mapping[str, str] | None = None) -> Command:
        """Start a command."""
        self._commands.append(Command(words, self.folder, f"command{len(self._commands)}", env))
        return self._commands[-1]

    def close(self) -> None:
        """Leave nothing."""
        for command in self._commands:
            command.close()


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Background]:
    """Return what starts commands."""
    found = Background(tmp_path)
    yield found
    found.close()
