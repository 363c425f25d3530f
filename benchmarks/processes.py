"""Runs of programs. A program that exceeds its time is killed, and none leaves a process behind."""

import os
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

TIMED_OUT = -1000
"""The status of a program that was killed because it took too long."""


class Ended(NamedTuple):
    """How a program ended."""

    status: int
    seconds: float
    out: str
    err: str


def end_when_told() -> None:
    """Have SIGTERM end this program as Ctrl-C does, so that what it runs ends with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def run(command: list[str], limit: float, **variables: str) -> Ended:
    """Run a program in a session of its own, with more environment ``variables``; kill all after ``limit`` seconds.

    Its output goes to files, not pipes, so that a daemon that it leaves behind does not delay its end.
    """
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        with out.open("w") as out_file, err.open("w") as err_file:
            start = time.perf_counter()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                env=os.environ | one_thread | variables,
                start_new_session=True,
            )
            handle = os.pidfd_open(process.pid)  # wait(limit) would look every 50 ms only
            try:
                ended, _, _ = select.select([handle], [], [], limit)
                status = process.wait() if ended else TIMED_OUT
            finally:
                took = time.perf_counter() - start
                os.close(handle)
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # nothing was left
                process.wait()
        return Ended(status, took, out.read_text(errors="replace"), err.read_text(errors="replace"))
