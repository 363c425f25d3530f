"""Looks into the run: which processes were asked, which have answered, and when to go on without the others.

The broker of the program asks all processes of the run, those of other machines through their brokers, and gathers
the answers. It waits for its own workers. It waits only a moment for other machines, since it does not know how many
there are. A process that does not answer within some seconds is in compiled code that does not let go of the
interpreter, or was stopped. Then the look shows only what its broker knows of it.
"""

from collections.abc import Callable
from math import inf

from ..wire.look import Look, look_notice, read_look
from ..wire.looks import (
    Machine,
    Process,
    Snapshot,
    new_snapshot,
    read_seen,
    seen_notice,
)
from ..wire.messages import Notice, NoticeKind

__all__ = ["Gathering", "Looks"]

LONGEST_SECONDS = {True: 3.0, False: 1.0}
"""How long answers are waited for: for a full look, and for one of those that follow each other."""

FAR_SECONDS = 0.4
"""How long other machines are waited for before it is known which there are."""

Tell = Callable[[Snapshot], None]
"""What is called with all that was seen."""


class Gathering:
    """The answers to one look.

    Parameters:
        look: what was asked.
        has_links: whether other machines may answer, too.
        now: seconds.
    """

    def __init__(self, look: Look, has_links: bool, now: float) -> None:
        self.look = look
        self.snapshot: Snapshot = new_snapshot((), ())
        self._least = now + FAR_SECONDS * has_links
        self._most = now + LONGEST_SECONDS[look.full]

    def add(self, seen: Process | Machine) -> None:
        if isinstance(seen, Machine):
            self.snapshot.machines[seen.number] = seen
        else:
            self.snapshot.processes[seen.machine, seen.worker] = seen

    def is_over_at(self) -> float:
        """Return when to go on with what is there by then."""
        machines = self.snapshot.machines.values()
        asked = {(machine.number, worker.number) for machine in machines for worker in machine.workers}
        return self._most if asked - {*self.snapshot.processes} else self._least


class Looks:
    """The looks that are ``under_way``.

    Parameters:
        machine: the number of this one; that of the program's is 0.
        has_links: whether the run has other machines.
        read_own: returns what this broker knows itself.
        tell_all: sends a notice to all peers.
        tell_parent: sends a notice towards the broker of the program, on another machine than that.
        clock: seconds.
        show: what is to be done with a look that the program's process has asked for.
    """

    def __init__(
        self,
        machine: int,
        has_links: bool,
        read_own: Callable[[], Machine],
        tell_all: Callable[[Notice], None],
        tell_parent: Callable[[Notice], None],
        clock: Callable[[], float],
        show: Tell,
    ) -> None:
        self._machine = machine
        self._has_links = has_links
        self._read_own = read_own
        self._tell_all = tell_all
        self._tell_parent = tell_parent
        self._clock = clock
        self._show = show
        self._serial = 0
        self.under_way: dict[int, tuple[Gathering, Tell]] = {}

    def begin(self, full: bool, tell: Tell) -> None:
        """Ask all processes of the run; have ``tell`` called with what they say."""
        self._serial += 1
        look = Look(self._serial, full)
        gathering = Gathering(look, self._has_links, self._clock())
        gathering.add(self._read_own())
        self.under_way[self._serial] = gathering, tell
        self._tell_all(look_notice(look))

    def take(self, notice: Notice) -> bool:
        """Take in a notice; return whether it was for this broker, and is not to go on."""
        if notice.kind == NoticeKind.LOOK:
            if self._machine:
                self._tell_parent(seen_notice(read_look(notice).serial, self._read_own()))
                return False  # the workers are asked, too
            self.begin(True, self._show)
            return True
        if notice.kind != NoticeKind.SEEN or self._machine:
            return False
        serial, seen = read_seen(notice)
        if serial in self.under_way:
            self.under_way[serial][0].add(seen)
        return True

    def end(self) -> None:
        """Tell of the looks that are over."""
        for serial, (gathering, tell) in [*self.under_way.items()]:
            if gathering.is_over_at() <= self._clock():
                del self.under_way[serial]
                tell(gathering.snapshot)

    def seconds_left(self) -> float:
        """Return after how many seconds to call ``end``."""
        return max(0.0, min((each.is_over_at() for each, _ in self.under_way.values()), default=inf) - self._clock())
