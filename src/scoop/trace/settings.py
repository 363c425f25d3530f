"""What each worker is told of the trace: how much of arguments to write, and what time the program began.

It travels with the limits of the command line, as one word.
"""

import socket
import time
from typing import NamedTuple

from ..wire.boot import boot_id

__all__ = ["NOTHING", "Settings", "TraceOptions"]


class Settings(NamedTuple):
    """What is to be recorded.

    Parameters:
        characters: of each task's arguments; 0 is none.
        wall: the time of day at which the trace began, in seconds.
        monotonic: the same moment, by the clock of the program's machine.
        boot: names that machine: processes of one machine share a clock.
    """

    characters: int
    wall: float
    monotonic: float
    boot: str

    def pack(self) -> str:
        return f"{self.characters} {self.wall!r} {self.monotonic!r} {self.boot}"

    @classmethod
    def unpack(cls, word: str) -> "Settings":
        characters, wall, monotonic, boot = word.split()
        return cls(int(characters), float(wall), float(monotonic), boot)

    def zero(self) -> float:
        """Return the moment at which the trace began, by this machine's clock ``time.monotonic()``.

        On another machine it comes from the time of day, and is as good as that is set there: the report corrects it.
        """
        if self.boot == _boot():
            return self.monotonic
        return time.monotonic() - (time.time() - self.wall)


class TraceOptions(NamedTuple):
    """What the program, or the command line, wants recorded.

    Parameters:
        file: to write the records to; None if to none.
        spans: whether to send them as spans of OpenTelemetry.
        characters: to record of each task's arguments.
    """

    file: str | None = None
    spans: bool = False
    characters: int = 40

    def begin(self) -> str:
        """Return what each worker is told of a trace that begins now; empty if nothing is to be recorded."""
        if self.file is None and not self.spans:
            return ""
        return Settings(self.characters, time.time(), time.monotonic(), _boot()).pack()


NOTHING = TraceOptions()


def _boot() -> str:
    """Return a word for this start of this machine; where the system does not tell, two names are two machines."""
    return boot_id() or socket.gethostname() or "-"
