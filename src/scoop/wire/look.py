"""The question of a look into a run. What is answered is in looks.py."""

from typing import NamedTuple

from .messages import Notice, NoticeKind

__all__ = ["Look", "look_notice", "read_look"]


class Look(NamedTuple):
    """What is asked.

    Parameters:
        serial: of this look; answers name it.
        full: whether with all frames of all stacks.
    """

    serial: int
    full: bool


def look_notice(look: Look) -> Notice:
    """Return what asks."""
    return Notice(NoticeKind.LOOK, b"%d %d" % look)


def read_look(notice: Notice) -> Look:
    """Return what a notice asks. Raises ValueError if it makes no sense: a task may have written it."""
    serial, full = map(int, notice.body.split())
    return Look(serial, bool(full))
