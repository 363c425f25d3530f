"""How much memory a process has."""

import os
import resource
import sys

__all__ = ["can_be_measured", "most_resident_bytes", "own_resident_bytes", "resident_bytes"]


def can_be_measured() -> bool:
    """Return whether the system tells of other processes what memory they have."""
    return resident_bytes(os.getpid()) > 0


def resident_bytes(pid: int) -> int:
    """Return the resident bytes of a process; 0 if it has ended, or the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def own_resident_bytes() -> int:
    """Return the resident bytes of this process; where the system does not tell, the most that it has had."""
    return resident_bytes(os.getpid()) or most_resident_bytes(resource.getrusage(resource.RUSAGE_SELF))


def most_resident_bytes(usage: resource.struct_rusage) -> int:
    """Return the most resident bytes that a process has had. macOS counts them in bytes, other systems in KiB."""
    return usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
