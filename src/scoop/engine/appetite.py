"""What one process tells the broker of its hunger, and its threads' rest meanwhile.

Hungry means: no thread of ours has anything to do until a message comes. The broker must be able to rely on that, to
feed us and to know when the run has ended. README.md has the argument why no word of it is ever lost or untrue.
"""

from collections.abc import Callable
from threading import Lock, RLock
from typing import TYPE_CHECKING

from ..wire.messages import Kind
from .hub import Hub, Sleeper
from .imports import Send

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["Appetite"]


class Appetite:
    """The hunger of one process.

    Parameters:
        scheduler: whose hunger it is.
        native: the hub of the main thread.
        send: takes a message to the broker.
    """

    def __init__(self, scheduler: "Scheduler", native: Hub, send: Send) -> None:
        self._scheduler = scheduler
        self._native = native
        self._send = send
        self._delivered = 0  # messages taken in
        self._announced = False  # nothing has changed since we have spoken, or begun to
        self._said = False  # the broker may take us for hungry
        self._owes_word = False  # we have told the broker of less rest than there may be by now
        self._speaking = RLock()
        self._resting: set[Hub] = set()
        self._rest = Lock()
        self._patient = False
        self._finishing = False  # the program has ended, and only waits for the work that is left
        self._on_finish: Callable[[], None] = _nobody_waits

    def rest(self, hub: Hub) -> None:
        """Say that we are hungry, and sleep until there may be something to do."""
        self._set_resting(hub, True)
        try:
            self._announce()
            # A message that came while we were announcing has made that void: then not to sleep, but to repeat it.
            hub.sleep_unless(lambda: self._scheduler.has_work() or not self._announced)
        finally:
            self._set_resting(hub, False)

    def rise(self, hub: Hub) -> None:
        """After a rest that no message has ended: tell the broker, which cannot know; others that rest speak anew.

        Also where there is no work, but nobody rests any more: who does not rest is not woken for what is spawned,
        so nobody would ever take it back that we are hungry.
        """
        if self._said and (hub.in_line or self._scheduler.has_work() or not self._resting):
            self._announced = self._said = False
            self._send(Kind.SATED, 0, (), b"")
            self._scheduler.wake()

    def heard(self) -> None:
        """Count a message from the broker, which makes void what we have said."""
        self._delivered += 1
        self._announced = self._said = False

    def look_again(self) -> None:
        """Let whoever is idle speak to the broker anew, if what was said may have become untrue."""
        if self._owes_word:
            self._announced = False
            self._native.nudge()

    def is_resting(self, hub: Hub) -> bool:
        """Return whether the thread of ``hub`` sleeps for want of work."""
        return hub in self._resting

    def drain(self, patient: bool, is_over: Callable[[], bool]) -> None:
        """Rest and work until the broker says that all work has ended, and ``is_over()`` agrees.

        Workers that are still starting have nothing to do, and are waited for only if ``patient``.
        """
        sleeper = Sleeper(self._native)
        self._on_finish = sleeper.wake
        self._patient = patient
        self._finishing = True
        while True:
            self._announced = False
            sleeper.suspend()
            if is_over():
                break

    def finish(self) -> None:
        """Hear that all work has ended."""
        self._on_finish()

    def _announce(self) -> None:
        """Tell the broker that we are hungry as of all it has delivered: once, or again if not all was at rest."""
        with self._speaking:  # or what one thread has seen could overtake what another saw later
            if self._announced and not self._owes_word:
                return
            # Both before we look: a message that comes now clears the one, a deputy that rests now sees the other.
            self._announced = self._owes_word = True
            delivered = self._delivered
            if self._scheduler.has_work():
                self._announced = False
                return
            # Hungry we are, but the run must not end while one of our threads is at work, or somebody in line.
            at_rest = self._native in self._resting and self._scheduler.deputies.at_rest()
            # Nor while there are tasks that we leave to others.
            left = bool(self._scheduler.ready)
            self._owes_word = busy = left or not at_rest or any(hub.in_line for hub in self._scheduler.hubs())
            if self._finishing and not (busy or self._patient) and self._scheduler.exports.none_yet:
                self.finish()  # all work begins here, so there is none elsewhere: nobody need be asked
                return
            self._said = True
            if self._finishing and not busy:
                self._send(Kind.FINISH, delivered, (0,) if self._patient else (), b"")
            else:
                self._send(Kind.HUNGRY, delivered, (1,) if busy else (), b"")

    def _set_resting(self, hub: Hub, resting: bool) -> None:
        with self._rest:
            (self._resting.add if resting else self._resting.discard)(hub)
            self._scheduler.board.set_idle(self._scheduler.slot, bool(self._resting))


def _nobody_waits() -> None:
    """Stand in for the wake-up call of a program that has not ended."""
