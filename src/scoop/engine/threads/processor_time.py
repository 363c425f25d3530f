"""The processor time that another thread has used."""

import time

__all__ = ["processor_time"]


def processor_time(thread: int) -> float:
    """Return the seconds of processor time that a thread has used; where the system does not tell, all threads."""
    if hasattr(time, "pthread_getcpuclockid"):  # macOS has none
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    return time.process_time()
