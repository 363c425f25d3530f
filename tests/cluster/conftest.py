"""Hosts for all tests here, and the program that starts agents on them."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from .machines import Machines, missing

LIMIT = 60.0
"""Seconds after which anything counts as hung."""


class Driver:
    """A running ``driver.py``: what it tells, and what it prints."""

    def __init__(self, given: dict[str, Any], folder: Path, before: Sequence[str], environ: dict[str, str]) -> None:
        ours, theirs = os.pipe()
        self._told = ours
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        tests = Path(__file__).resolve().parent.parent
        with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
            self.process = subprocess.Popen(
                [*before, sys.executable, str(tests / "cluster/driver.py"), json.dumps({**given, "tell": theirs})],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                pass_fds=(theirs,),
                env={**os.environ, **environ, "PYTHONPATH": str(tests)},
            )
        os.close(theirs)
        self._folder = folder

    def wait_for(self, *kinds: str) -> dict[str, Any]:
        """Wait for the next event of one of these kinds, and return it."""
        deadline = time.monotonic() + LIMIT
        seen = 0
        while True:
            for event in self.events[seen:]:
                if event["kind"] in kinds:
                    return event
            seen = len(self.events)
            ready, _, _ = select.select([self._told], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self._told, 1 << 16) if ready else b""
            assert data, f"no {kinds}; {self.events}\n{self.out}\n{self.err}"
            *lines, self._rest = (self._rest + data).split(b"\n")
            self.events += [json.loads(line) for line in lines]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the events of a kind so far, by host."""
        return {event["host"]: event for event in self.events if event["kind"] == kind}

    def end(self) -> int:
        """Let it end the agents; return its status."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(LIMIT)

    def close(self) -> None:
        """Leave nothing, however the test has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        os.close(self._told)

    @property
    def out(self) -> str:
        """What it has printed."""
        return (self._folder / "out").read_text()

    @property
    def err(self) -> str:
        """What it has printed on standard error."""
        return (self._folder / "err").read_text()


Drive = Callable[..., Driver]


@pytest.fixture
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Three hosts, made anew for each test: that takes a quarter of a second."""
    if reason := missing():
        pytest.skip(reason)
    found = Machines(tmp_path_factory.mktemp("machines"), 3)
    try:
        found.up()
        yield found
    finally:
        found.down()


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    """Return what starts the program that starts agents, with a script of one line for its program."""
    drivers: list[Driver] = []
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "script.py").write_text("import beside\nVALUE = beside.VALUE\n")
    (folder / "beside.py").write_text("VALUE = 42\n")

    def start(
        machines: Machines, before: Sequence[str] = (), environ: dict[str, str] | None = None, **given: Any
    ) -> Driver:
        given = {"hosts": machines.names, "ssh": machines.ssh, "script": "script.py", "folder": str(folder), **given}
        drivers.append(Driver(given, tmp_path, before, environ or {}))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()


def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def nothing_runs_on(machines: Machines) -> None:
    """Wait until no host runs anything but its sshd."""
    until(lambda: not any(machines.processes(name) for name in machines.names))


def children(driver: Driver) -> list[psutil.Process]:
    """Return the processes that the program has started."""
    return psutil.Process(driver.process.pid).children()
