"""How much memory a process has."""

import os

__all__ = ["can_be_measured", "resident_bytes"]


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
