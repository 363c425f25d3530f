"""What two machines say to each other first on a new line."""

from enum import IntEnum
from typing import Any, NamedTuple

__all__ = ["GIVEN_UP", "Greeting", "Reply", "Verdict", "read_greeting"]

GIVEN_UP = -1  # as the count of pieces: the session that the greeting names is lost


class Greeting(NamedTuple):
    """The machine that opens the line."""

    run: str
    name: str  # of the machine, for people
    workers: int  # that it has
    agent: str  # see Terms
    session: str  # that is to go on; empty for a new one
    received: int  # pieces, in that session


class Verdict(IntEnum):
    """What becomes of the machine."""

    WELCOME = 0  # its session begins, or goes on
    LOST = 1  # its session is lost; it may join afresh
    UNWANTED = 2  # its agent counts as ended, and may have been started again


class Reply(NamedTuple):
    """The coordinator."""

    verdict: int
    session: str  # what names it from now on; a secret
    received: int  # pieces, in that session


def read_greeting(frame: Any) -> Greeting | None:
    """Return the greeting that a frame holds; None if it is something else."""
    if not isinstance(frame, tuple | list) or len(frame) != len(Greeting._fields):
        return None
    greeting = Greeting(*frame)
    return greeting if all(map(isinstance, greeting, (str, str, int, str, str, int))) else None
