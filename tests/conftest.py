"""What all tests share: a way to run a program under SCOOP, and a census after every test."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

LIMIT = 120
"""Seconds after which a run counts as hung: far beyond what any takes."""


@dataclass(frozen=True)
class Run:
    """How a program ended."""

    status: int
    out: str
    err: str


RunScoop = Callable[..., Run]


@pytest.fixture
def scoop_run(tmp_path: Path) -> RunScoop:
    """Return a function that writes ``source`` to a script and runs it with ``python -m scoop``.

    Parameters of the function: the source; ``n``, the number of workers; ``options`` for the command line and
    ``args`` for the script; ``stdin``, text to give it; ``plain``, to run it without SCOOP.
    """

    def run(
        source: str,
        *,
        n: int = 2,
        options: tuple[str, ...] = (),
        args: tuple[str, ...] = (),
        stdin: str | None = None,
        plain: bool = False,
        env: dict[str, str] | None = None,
    ) -> Run:
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(source))
        words = [str(script), *args]
        if not plain:
            words = ["-m", "scoop", "-n", str(n), *options, *words]
        return run_python(*words, cwd=tmp_path, stdin=stdin, env=env)

    return run


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


@pytest.fixture(autouse=True)
def census() -> Iterator[None]:
    """Fail the test that leaves a process, a descriptor or a thread behind."""
    me = psutil.Process()
    descriptors, threads, start = me.num_fds(), set(threading.enumerate()), time.time()
    yield
    deadline = time.monotonic() + 10
    while (left := _living(me, start)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"processes left behind: {left}"
    assert me.num_fds() <= descriptors, "descriptors left open"
    assert set(threading.enumerate()) <= threads, "threads left running"


def _living(me: psutil.Process, start: float) -> list[str]:
    """Name our descendants, and the processes that run SCOOP, have lost their parent and began since ``start``."""
    mine = {p.pid for p in me.children(recursive=True)}
    found = []
    for process in psutil.process_iter(["pid", "ppid", "status", "cmdline", "create_time"]):
        words = process.info["cmdline"] or []
        orphan = process.info["ppid"] == 1 and "scoop" in words and process.info["create_time"] > start
        if (process.info["pid"] in mine or orphan) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(f"{process.info['pid']}: {' '.join(words)[:100]}")
    return found

