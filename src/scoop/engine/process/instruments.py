"""One seam for instruments: what they hear of the tasks of a process while it works.

    listener.started(...)          one call at each event, on the thread and the fiber that it happens on

All that measures, shows or records tasks is a listener, and nothing else knows of it. Most often there is no
listener, and that is free. While there is one, it wraps the functions that offer and run the tasks of this process:
see engine/listening.py. Code that runs more rarely tests whether ``listener`` is None.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

__all__ = ["Instrument", "Step", "add", "listener", "listening", "mark_of", "offered", "remove", "set_mark"]

Run = Any
"""What a listener returns as a task begins, and is given back as that ends: its own, whatever it is."""


Step = Callable[[Any], None]
"""What is done with a future."""


class Instrument:
    """Something that listens. Each listener overrides what it wants to hear of.

    An event may come on any thread. Where it says so, that is the I/O thread, or one that holds locks: such code may
    run none of the program's, not even a ``repr``. All is in the way of the tasks, so it is to be quick.
    """

    def offering(self, offer: Step) -> Step | None:  # noqa: ARG002
        """Return what puts futures on offer in place of ``offer``, in haste; None: ``offered`` is told before."""
        return None

    def running(self, run: Step) -> Step | None:  # noqa: ARG002
        """Return what runs claimed futures in place of ``run``, in haste; None: ``started`` and ``ended`` hear."""
        return None

    def offered(self, work: object) -> None:
        """Hear that the task, or the map, that calls has made another one: a future, or a MapInProgress."""

    def started(
        self, work: object, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Run:
        """Hear that a task of this process begins, on this stack; return what ``ended`` is to be given."""

    def taken(self, batch: int, number: int, size: int) -> Run:
        """Hear that a task of another worker is to begin: it is unpacked now. ``size``: in bytes."""

    def rebuilt(
        self, run: Run, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], rows: int
    ) -> None:
        """Hear that it has been unpacked, and is called now. ``rows``: of a map; 0 if it is no part of one."""

    def ended(self, run: Run, ok: bool, size: int = 0) -> None:
        """Hear that a task has ended, and whether by a result. ``size``: of what goes back to its owner, in bytes."""

    def raised(self) -> None:
        """Hear that the call of a future of this process has raised, also while tasks are only counted."""

    def rows_started(self, work: object, function: Callable[..., Any], first: int, count: int) -> Run:
        """Hear that a thread begins to go over rows of a map of this process, on this stack."""

    def rows_ended(self, run: Run, count: int, ok: bool) -> None:
        """Hear that it has gone over so many of them; others may have been given away meanwhile."""

    def suspended(self) -> Run:
        """Hear that what runs on this stack waits for something elsewhere; return what ``resumed`` is to be given."""

    def resumed(self, run: Run) -> None:
        """Hear that it goes on."""

    def given(self, batch: int, works: Sequence[tuple[object, range | None]], size: int, since: float) -> None:
        """Hear that tasks were packed for others, since a moment of ``time.monotonic()``. In the order of numbers.

        ``works`` are those that ``offered`` has told of; a map comes once for each chunk of it, with its rows.
        """

    def received(self, batch: int, numbers: Sequence[int], size: int) -> None:
        """Hear that tasks of others have come. On the I/O thread."""

    def returned(self, batch: int, numbers: Sequence[int], size: int) -> None:
        """Hear that results have come back of tasks that were given. On the I/O thread."""

    def lost(self, batch: int, numbers: Sequence[int]) -> None:
        """Hear that tasks that were given have died with their workers, for the last time. On the I/O thread."""

    def rests(self) -> None:
        """Hear that this thread has nothing to do, and that the broker is about to be told if no other has either."""

    def up(self) -> None:
        """Hear that this process can run tasks from now on."""

    def down(self) -> None:
        """Hear that this process ends."""


listener: Instrument | None = None
"""The instrument that listens in this process; None if there is none."""


def set_mark(work: object, mark: object) -> None:
    """Have a future or a map carry something of the listener's, most often which task has made it."""
    work.scoop_mark = mark  # type: ignore[attr-defined]


def mark_of(work: object) -> Any:
    """Return what ``set_mark`` has set; None if it has not."""
    return getattr(work, "scoop_mark", None)


def offered(work: object) -> None:
    """Tell who listens that something new is on offer."""
    if listener is not None:
        listener.offered(work)


# -- several instruments in one process ---------------------------------------------------------------------------


class _All(Instrument):
    """Tells several instruments. Of each event, each gets back what it has returned itself."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self.instruments = tuple(instruments)
        for event in _BEGINNINGS:
            setattr(self, event, self._begin(event))
        for event in _ENDS:
            setattr(self, event, self._end(event))
        for event in _OTHERS:
            setattr(self, event, self._tell(event))

    def _begin(self, event: str) -> Callable[..., Run]:
        calls = [getattr(each, event) for each in self.instruments]
        return lambda *parts: [call(*parts) for call in calls]

    def _end(self, event: str) -> Callable[..., None]:
        calls = [getattr(each, event) for each in self.instruments]

        def tell(runs: Run, *parts: Any) -> None:
            for call, run in zip(calls, runs or (), strict=False):
                call(run, *parts)

        return tell

    def _tell(self, event: str) -> Callable[..., None]:
        calls = [getattr(each, event) for each in self.instruments]

        def tell(*parts: Any) -> None:
            for call in calls:
                call(*parts)

        return tell


_BEGINNINGS = ("taken", "rows_started", "suspended")
_ENDS = ("rebuilt", "ended", "rows_ended", "resumed")
_OTHERS = ("offered", "raised", "given", "received", "returned", "lost", "rests", "up", "down")


def add(instrument: Instrument) -> None:
    """Have one more instrument listen. What has begun before, it does not hear the end of."""
    _listen([*listening(), instrument])


def remove(instrument: Instrument) -> None:
    """Have an instrument listen no more."""
    _listen([each for each in listening() if each is not instrument])


def listening() -> Sequence[Instrument]:
    """Return all who listen."""
    if isinstance(listener, _All):
        return listener.instruments
    return [] if listener is None else [listener]


def _listen(instruments: Sequence[Instrument]) -> None:
    global listener
    listener = None if not instruments else instruments[0] if len(instruments) == 1 else cast(Any, _All(instruments))
