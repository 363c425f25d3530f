"""The processors this process may use: what the affinity mask and the control group's quota allow."""

import os

__all__ = ["THREAD_LIMITS", "cap_threads", "parse_quota", "usable_cores"]

THREAD_LIMITS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
)
"""The variables by which numerical libraries are told how many threads to start."""

_CGROUPS = "/sys/fs/cgroup"


def usable_cores() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [parse_quota(_read(f"{folder}/cpu.max")) for folder in _control_groups()]
    return max(1, min([cores, *(quota for quota in quotas if quota is not None)]))


def cap_threads(workers: int) -> None:
    """Divide the processors among ``workers``, for numerical libraries that would start a thread for each."""
    for name in THREAD_LIMITS if workers > 1 else ():
        os.environ.setdefault(name, str(max(1, usable_cores() // workers)))  # the user may have set it


def parse_quota(text: str) -> int | None:
    """Return how many whole processors a ``cpu.max`` allows, rounded up; None if there is no limit.

    >>> parse_quota("150000 100000"), parse_quota("max 100000")
    (2, None)
    """
    quota, _, period = text.strip().partition(" ")
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return max(1, -(-int(quota) // int(period)))


def _control_groups() -> list[str]:
    """Return the folders of our control group and of all that contain it: each may have a limit."""
    names = [line[3:] for line in _read("/proc/self/cgroup").splitlines() if line.startswith("0::/")]
    all_parts = [name.strip("/").split("/") for name in names]
    return ["/".join([_CGROUPS, *parts[:depth]]) for parts in all_parts for depth in range(len(parts) + 1)]


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
