"""Every measured compromise, in one place: each with its unit in its name and its reason in one line.

`benchmarks/sweep_tuning.py` changes one of them at a time and measures what that does.
"""

from dataclasses import dataclass

__all__ = ["TUNING", "Tuning"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """The numbers that the policies of workers, maps and the broker use."""

    # -- delivery ---------------------------------------------------------------------------------------------

    deliver_after_seconds: float = 0.04
    """A finished result waits no longer than this for others to travel with; a person notices twice as much."""

    # -- the broker -------------------------------------------------------------------------------------------

    workers_asked_first: int = 8
    """Workers that the broker asks for work at once; asking all of thousands costs each idle one a message to all."""

    ask_more_after_seconds: float = 0.0005
    """If those workers have not given by then, the broker asks as many again."""

    tell_demand_after_seconds: float = 0.001
    """A machine tells others what it needs this long after an event: most needs are over by then."""

    receive_bytes: int = 1 << 18
    """Received at a time: about what a socket holds, so that a message seldom comes in two parts."""


TUNING = Tuning()
