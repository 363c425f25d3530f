"""Which start of which system this process runs under: processes that agree on it share a clock."""

__all__ = ["boot_id"]


def boot_id() -> str:
    """Return a text that no other start of any system has; an empty one where the system does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
