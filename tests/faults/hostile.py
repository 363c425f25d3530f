"""Hostile programs, and who strikes them from outside."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from running import LIMIT, Run
from scripts import MAIN, program

Attack = Callable[..., Run]
"""What the fixture ``attack`` is."""

GUARD = """\
import faulthandler
if scoop.IS_ORIGIN:
    faulthandler.dump_traceback_later(float(os.environ["PATIENCE"]), exit=True)
"""
"""Ends a program that hangs, with status 1 and its threads' stacks on standard error."""

FORKS = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}
"""From 3.12 on python warns of a fork where there are threads, and SCOOP has one."""


class Struck:
    """A program under SCOOP that is sent signals, as from a terminal or by a batch system."""

    def __init__(self, folder: Path, body: str, n: int = 3, env: dict[str, str] | None = None) -> None:
        self._folder = folder
        (folder / "script.py").write_text(program(textwrap.dedent(body)) + MAIN)
        self._out, self._err = (folder / "out").open("wb"), (folder / "err").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scoop", "-n", str(n), "script.py"],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            start_new_session=True,
        )

    def until(self, gate: str) -> None:
        """Wait until the program has opened a gate."""
        deadline = time.monotonic() + LIMIT
        while not (self._folder / gate).exists():
            assert time.monotonic() < deadline, f"{gate} was never opened"
            assert self._process.poll() is None, self._end()
            time.sleep(0.005)

    def open_gate(self, gate: str) -> None:
        """Open a gate for the program."""
        (self._folder / gate).touch()

    def strike(self, number: int, whom: str = "group") -> None:
        """Send a signal to the origin, or to all processes of the run."""
        send = os.killpg if whom == "group" else os.kill
        try:
            send(self._process.pid, number)
        except ProcessLookupError:
            pass

    def end(self) -> Run:
        """Wait for the end of the program."""
        try:
            self._process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.strike(signal.SIGKILL)
            pytest.fail(f"did not end within {LIMIT} s: {self._end()}")
        return self._end()

    def _end(self) -> Run:
        self._out.close()
        self._err.close()
        texts = [(self._folder / name).read_text(errors="replace") for name in ("out", "err")]
        return Run(self._process.wait(LIMIT), *texts)
