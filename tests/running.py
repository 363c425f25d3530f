"""Runs of this Python in processes of their own, and how they end."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import scoop

LIMIT = 120
"""Seconds after which a run counts as hung: far beyond what any takes."""

HOME = os.path.dirname(scoop.__file__) + os.sep
"""Where SCOOP's own code is: no line of it belongs in what a program's user reads."""


@dataclass(frozen=True)
class Run:
    """How a program ended."""

    status: int
    out: str
    err: str


RunScoop = Callable[..., Run]
"""What the fixture ``scoop_run`` is."""


def run_python(*words: str, cwd: Path, stdin: str | None = None, env: dict[str, str] | None = None) -> Run:
    """Run this Python with ``words`` for its command line; fail if it does not end, killing all of it."""
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=cwd,
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    try:
        out, err = process.communicate(stdin, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        out, err = process.communicate()
        pytest.fail(f"did not end within {LIMIT} s: {words}\n--- out\n{out}\n--- err\n{err}")
    return Run(process.returncode, out, err)


def run_both(*words: str, cwd: Path, stdin: str | None = None) -> tuple[Run, Run]:
    """Run the words of a command line with SCOOP and with plain python."""
    ours = run_python("-m", "scoop", "-n", "2", *words, cwd=cwd, stdin=stdin)
    return ours, run_python(*words, cwd=cwd, stdin=stdin)


def unchecked(*words: str) -> list[str]:
    """Return the command line of this python with SCOOP and two workers."""
    return [sys.executable, "-m", "scoop", "-n", "2", *words]


def write(path: Path, source: str = "") -> Path:
    """Write a file and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source), "utf-8")
    return path
