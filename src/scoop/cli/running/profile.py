"""The profile of a run: those of all its processes, merged; printed, or written to a file."""

import marshal
import pstats
import sys
from collections.abc import Iterable
from typing import Any, cast

from ...machine.memory_peaks import Peaks
from ...machine.profiling import Stats

__all__ = ["show_peaks", "show_profile"]

_MOST_PRINTED = 25


class _Loaded:
    """What the module pstats takes for a profile."""

    def __init__(self, packed: bytes) -> None:
        self.stats: Stats = marshal.loads(packed)

    def create_stats(self) -> None:
        """Do nothing: they are there."""


def show_profile(packed: Iterable[bytes], file: str | None) -> None:
    """Write the profiles of processes, merged, to a file; print the functions that took the most time, without one.

    Raises OSError if the file cannot be written.
    """
    profiles = [_Loaded(each) for each in packed]
    profiles = [each for each in profiles if each.stats]
    if not profiles:
        print("scoop: the profile is empty: no function of the program's was called", file=sys.stderr)
        return
    count = len(profiles)
    stats = pstats.Stats(*cast(list[Any], profiles), stream=sys.stderr)
    if file is not None:
        stats.dump_stats(file)
        return
    print(f"scoop: profile of {count} {'process' if count == 1 else 'processes'}", file=sys.stderr)
    stats.sort_stats("tottime").print_stats(_MOST_PRINTED)


def show_peaks(peaks: Peaks) -> None:
    """Print which functions have raised the memory of their processes most, if any have."""
    if not peaks:
        return
    print("scoop: the tasks that have raised the most memory that a process had (in MB)\n", file=sys.stderr)
    print(f"{'raised':>10}{'up to':>10}  function", file=sys.stderr)
    for name, (raised, peak) in sorted(peaks.items(), key=lambda item: item[1], reverse=True)[:_MOST_PRINTED]:
        print(f"{raised / 1e6:>10.1f}{peak / 1e6:>10.1f}  {name}", file=sys.stderr)
