"""Numbers in words, as a person reads them at a glance."""

from math import ceil

from .loops import LoopState

__all__ = ["amount", "duration", "left", "rate", "short_duration", "size", "summary"]

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def amount(state: LoopState) -> str:
    """Return how many rows have ended, of how many."""
    return f"{state.done:,}" if state.total is None else f"{state.done:,} of {state.total:,}"


def rate(per_second: float | None) -> str:
    """Return a rate in the unit that suits it; an empty text if there is none."""
    if not per_second:
        return ""
    if per_second >= 10:
        return f"{per_second:,.0f}/s"
    if per_second >= 1:
        return f"{per_second:.1f}/s"
    return f"{per_second * _MINUTE:.1f}/min" if per_second * _MINUTE >= 1 else f"{per_second * _HOUR:.1f}/h"


def duration(seconds: float) -> str:
    """Return a time in one unit or two."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return _in_two(seconds, _MINUTE, "min", 1, "s")
    return _in_two(seconds, _HOUR, "h", _MINUTE, "min") if seconds < _DAY else _in_two(seconds, _DAY, "d", _HOUR, "h")


def short_duration(seconds: float) -> str:
    """Return a time that may be very short."""
    if seconds >= 1:
        return duration(seconds)
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} us"


def left(seconds: float | None) -> str:
    """Return how long something will yet take, no more exactly than anyone can know; an empty text for None."""
    if seconds is None:
        return ""
    if seconds >= _MINUTE:
        exact = 30 if seconds < 10 * _MINUTE else _MINUTE if seconds < _DAY else _HOUR
        return f"about {duration(ceil(seconds / exact) * exact)} left"
    step = 5 if seconds > 15 else 1
    return f"about {max(1, ceil(seconds / step) * step)} s left"


def size(number: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def summary(state: LoopState, seconds: float, note: str = "") -> str:
    """Return what is said of what is over, and has taken so many seconds."""
    return f"{state.label}: {amount(state)} in {duration(seconds)}" + (f", {note}" if note else "")


def _in_two(seconds: float, large: int, large_name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(round(seconds / small), large // small)
    return f"{whole} {large_name} {rest} {small_name}" if rest else f"{whole} {large_name}"
