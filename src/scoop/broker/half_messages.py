"""Messages of which only a part comes. Most often a task has written to the socket of its worker.

The broker takes all that the worker sends after that for the rest of the message. So the tasks of that worker never
end, and the run seems to hang. The broker looks now and then, and warns.
"""

from collections.abc import Mapping

__all__ = ["HalfMessages", "Part"]

Part = tuple[int, int]
"""How many bytes of a message have come, and how many it has."""


class HalfMessages:
    """What the last look has found."""

    def __init__(self) -> None:
        self._last: dict[int, Part] = {}
        self._told: dict[int, Part] = {}

    def look(self, parts: Mapping[int, Part]) -> list[str]:
        """Look at the peers whose message is not complete; return what is to be told, once of each message."""
        stuck = {number: part for number, part in parts.items() if self._last.get(number) == part}
        new = {number: part for number, part in stuck.items() if self._told.get(number) != part}
        self._last, self._told = dict(parts), stuck
        return [_describe(number, *part) for number, part in new.items()]


def _describe(number: int, came: int, size: int) -> str:
    return (
        f"worker {number} has sent {came:,} bytes of a message that is to have {size:,}, and sends no more. Most "
        "likely a task has written to a descriptor that is not its own. Killed, the worker is replaced"
    )
