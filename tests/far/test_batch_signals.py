"""Batch systems send signals to all processes of a job: only the program hears of them, and once."""

import os
import signal
from contextlib import suppress

import psutil
import pytest

from .conftest import Far, until

BODY = """
import signal, sys

heard = []

def stop(number, _):
    heard.append(signal.Signals(number).name)
    if number == signal.SIGTERM:
        sys.exit(3)

def main():
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM):
        signal.signal(number, stop)
    all_at_work(3)
    try:
        open_gate("ready")
        assert is_open()
        assert len(all_at_work(3)) == 3
        open_gate("again")
        assert is_open("never")
    finally:
        assert len([*futures.map(nap, range(9))]) == 9
        print(heard, "finally")
"""


def send(process: psutil.Process, number: int) -> None:
    """Send a signal to a process and to all that it has started, on whatever host."""
    for each in [*process.children(recursive=True), process]:
        with suppress(ProcessLookupError):
            os.kill(each.pid, number)


@pytest.mark.thorough
def test_signals_to_all_reach_the_program_once_and_finally_runs(far: Far) -> None:
    # What ssh starts on another host has not inherited from us which signals are ignored.
    far.ssh.write_text(far.ssh.read_text().replace("exec sh", "exec env --default-signal sh"))
    process = far.start(BODY, "localhost localhost f1 f1 f2 f2")
    run = psutil.Process(process.pid)
    send(run, signal.SIGUSR1)
    send(run, signal.SIGUSR2)
    (far.folder / "gate").touch()
    until(lambda: process.poll() is not None or (far.folder / "again").exists())
    send(run, signal.SIGTERM)
    ended = far.end(process)
    assert ended.status == 3, ended.err
    assert ended.out == "['SIGUSR1', 'SIGUSR2', 'SIGTERM'] finally\n"
    assert "has left the run" not in ended.err
