"""How many processors are ours to use: what the affinity mask and the control group's quota leave."""

import os

__all__ = ["THREAD_LIMITS", "cap_threads", "parse_quota", "usable_cores"]

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""The variables that numerical libraries heed."""

_CGROUPS = "/sys/fs/cgroup"


def usable_cores() -> int:
    """Return the number of processors this process may use, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [quota for quota in map(_read_quota, _control_groups()) if quota is not None]
    return max(1, min([cores, *quotas]))


def cap_threads(size: int) -> None:
    """Keep numerical libraries from starting a thread a processor in each of ``size`` workers, unless told to."""
    for name in THREAD_LIMITS if size > 1 else ():
        os.environ.setdefault(name, str(max(1, usable_cores() // size)))


def parse_quota(text: str) -> int | None:
    """Return how many whole processors a ``cpu.max`` allows, rounded up; None where there is no limit.

    >>> parse_quota("150000 100000"), parse_quota("max 100000")
    (2, None)
    """
    quota, _, period = text.strip().partition(" ")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return max(1, -(-int(quota) // int(period)))


def _control_groups() -> list[str]:
    """Return the folders of our control group and of those around it: each may have a limit."""
    names = [line[3:] for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::/")]
    folders = []
    for name in names:
        parts = name.strip("/").split("/")
        folders += ["/".join([_CGROUPS, *parts[:depth]]) for depth in range(len(parts) + 1)]
    return folders


def _read_quota(folder: str) -> int | None:
    return parse_quota(_read(f"{folder}/cpu.max"))


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
