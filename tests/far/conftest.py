"""Hosts for all tests here: each is this machine, and its ssh a script that runs its last word."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from background import background
from running import LIMIT, Run, run_python
from scripts import MAIN, program

__all__ = ["background"]

SSH = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift 2
exec sh -c "$1"
"""

HELPERS = '''
def nap(x, seconds=0.02):
    time.sleep(seconds)
    return scoop.worker.broker

def all_at_work(machines):
    """Wait until so many machines have run tasks."""
    found = set()
    until(lambda: found.update(futures.map(nap, range(40))) or len(found) >= machines)
    return found

def by_several(function, inputs):
    """Return what a map gives of which several machines have run a part; each call returns (result, machine)."""
    while True:
        results, machines = zip(*futures.map(function, inputs), strict=True)
        if len({*machines}) > 1:
            return [*results]

def anywhere_else(function, *args):
    """Return what calls return, on every machine there is but this one, by machine."""
    return dict(futures.map(with_broker, [function] * 60, [args] * 60))

def with_broker(function, args):
    time.sleep(0.02)
    return scoop.worker.broker, function(*args)
'''


class Far:
    """Runs programs on several hosts.

    Parameters:
        folder: for the program and the ssh.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ssh = folder / "ssh"
        self.ssh.write_text(SSH)
        self.ssh.chmod(0o755)
        self._started: list[subprocess.Popen[str]] = []

    def words(self, body: str, hosts: str, *options: str) -> list[str]:
        """Return the command line, without python, of a program that defines main()."""
        (self.folder / "script.py").write_text(program(HELPERS + body) + MAIN)
        reach = ["--ssh-executable", str(self.ssh), "--external-hostname", "127.0.0.1"]
        return ["-m", "scoop", *reach, *options, "--hosts", *hosts.split(), "script.py"]

    def run(self, body: str, hosts: str = "localhost localhost f1 f1 f2 f2", *options: str) -> Run:
        """Run it; return how it ended."""
        return run_python(*self.words(body, hosts, *options), cwd=self.folder)

    def check(self, body: str, hosts: str = "localhost localhost f1 f1 f2 f2", *options: str) -> None:
        """Run it; expect success, and not a word on standard error."""
        run = self.run(body, hosts, *options)
        assert (run.status, run.out, run.err) == (0, "fine\n", "")

    def start(self, body: str, hosts: str, *options: str) -> "subprocess.Popen[str]":
        """Start it; return the process, when the program has opened the gate."""
        process = subprocess.Popen(
            [sys.executable, *self.words(body, hosts, *options)],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        until(lambda: process.poll() is not None or (self.folder / "ready").exists())
        return process

    def end(self, process: "subprocess.Popen[str]") -> Run:
        """Let the program go on, and end."""
        (self.folder / "gate").touch()
        out, err = process.communicate(timeout=LIMIT)
        return Run(process.returncode, out, err)

    def close(self) -> None:
        """Leave nothing, however the test has ended."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=LIMIT)


def until(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    """Return what runs programs on several hosts."""
    found = Far(tmp_path)
    yield found
    found.close()


class Machines:
    """The processes of a run, told from outside: which is which."""

    def __init__(self, origin: int) -> None:
        self.origin = psutil.Process(origin)
        self.broker = next(child for child in self.origin.children())
        children = self.broker.children()
        module = "scoop.cluster.agent"
        self.uplink = next(child for child in children if _has(child, module))
        self.agents = [child for child in self.uplink.children() if module in child.cmdline()]

    def far(self, host: int) -> dict[str, Any]:
        """Return the processes of a far machine."""
        agent = self.agents[host]
        uplink = agent.children()[0]
        broker = uplink.children()[0]
        return {"agent": agent, "uplink": uplink, "broker": broker, "worker": broker.children()[-1]}


def _has(process: psutil.Process, word: str) -> bool:
    return any(word in child.cmdline() for child in process.children())


def kill(process: psutil.Process) -> None:
    """Kill it as nobody can prevent."""
    os.kill(process.pid, signal.SIGKILL)
