"""``scoop info``: what SCOOP runs on, for a report of a defect."""

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version

from ...machine.cores import usable_cores

__all__ = ["info_text", "show_info"]

_NEEDED = ("greenlet", "cloudpickle")
_OPTIONAL = ("distributed", "cryptography", "rich", "numpy", "joblib", "ipython", "ipykernel")

_LIMITS = {
    "open files (ulimit -n)": "RLIMIT_NOFILE",
    "processes (ulimit -u)": "RLIMIT_NPROC",
    "memory (ulimit -v)": "RLIMIT_AS",
    "stack (ulimit -s)": "RLIMIT_STACK",
}

_BATCH_SYSTEMS = {
    "SLURM_JOB_ID": "Slurm",
    "PE_HOSTFILE": "Grid Engine",
    "SGE_TASK_ID": "Grid Engine",
    "PBS_JOBID": "PBS",
    "LSB_JOBID": "LSF",
}
"""By the variable of its jobs: the batch system."""

_ROUND_TRIP = """\
import time
from scoop import futures
def trip():
    began = time.perf_counter()
    futures.submit(abs, 1).result()
    return time.perf_counter() - began
print(min(trip() for _ in range(100)))
"""

_ROUND_TRIP_SECONDS = 30.0
"""After which a run that measures a round trip counts as hung."""


def show_info() -> int:
    """Print what SCOOP runs on; return the exit status."""
    print(info_text(os.environ, _ask_run), end="")
    return 0


def info_text(environ: Mapping[str, str], round_trip: Callable[[], str]) -> str:
    """Return what SCOOP runs on, one thing a line.

    Parameters:
        environ: the environment variables.
        round_trip: returns how long a task takes to a worker and back, in words.
    """
    rows = {
        "scoop": _version("scoop"),
        "python": f"{sys.version.split()[0]} ({platform.python_implementation()}, {sys.executable})",
        **{name: _version(name) for name in _NEEDED},
        "optional": ", ".join(f"{name} {_version(name)}" for name in _OPTIONAL),
        "system": f"{platform.platform()}, {platform.machine()}",
        "processors": f"{usable_cores()} usable, {_affinity()} by affinity alone, {os.cpu_count()} in the machine",
        **{name: _limit(kind) for name, kind in _LIMITS.items()},
        "/dev/shm": _free_space("/dev/shm"),
        "batch system": _batch_system(environ),
        "global interpreter lock": "yes" if _has_gil() else "no (free threading)",
        "round trip of a task": round_trip(),
    }
    width = max(map(len, rows))
    return "".join(f"{name:{width}}  {value}\n" for name, value in rows.items())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def _affinity() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _limit(kind: str) -> str:
    soft, hard = resource.getrlimit(getattr(resource, kind))
    return f"{_bound(soft)}, at most {_bound(hard)}"


def _bound(number: int) -> str:
    return "unlimited" if number == resource.RLIM_INFINITY else str(number)


def _free_space(folder: str) -> str:
    try:
        found = os.statvfs(folder)
    except OSError as problem:
        return f"- ({problem.strerror})"
    mebibytes = [blocks * found.f_frsize >> 20 for blocks in (found.f_bavail, found.f_blocks)]
    return f"{mebibytes[0]:,} of {mebibytes[1]:,} MiB free"


def _batch_system(environ: Mapping[str, str]) -> str:
    return next((name for variable, name in _BATCH_SYSTEMS.items() if variable in environ), "none")


def _has_gil() -> bool:
    has: Callable[[], bool] | None = getattr(sys, "_is_gil_enabled", None)
    return has is None or has()


def _ask_run() -> str:
    """Start a run with one worker, and measure there."""
    words = [sys.executable, "-m", "scoop", "-n", "1", "--spare-origin", "-c", _ROUND_TRIP]
    try:
        found = subprocess.run(words, capture_output=True, text=True, timeout=_ROUND_TRIP_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"- ({problem})"
    if found.returncode:
        return f"- (the run has failed: {found.stderr.strip().splitlines()[-1:]})"
    return f"{float(found.stdout) * 1e6:.0f} us to a worker and back"
