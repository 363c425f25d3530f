"""Whether a run is recorded, from before its processes start until its end. What is not wanted is not imported."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .settings import TraceOptions

if TYPE_CHECKING:
    from .start import Scheduler

__all__ = ["Recording"]


class Recording:
    """The record of a run, if one is wanted: its takers are open. Raises what open_takers() does.

    ``settings`` is what each worker is told; empty if nothing is recorded.
    """

    def __init__(self, options: TraceOptions) -> None:
        self.settings = options.begin()
        self._write: Callable[[], None] = _nothing
        self._stop: Callable[[], None] = _nothing
        if self.settings:
            from .start import take_from_workers
            from .takers import open_takers

            self._takers = open_takers(options, self.settings)
            take_from_workers(self._takers)

    def begin(self, scheduler: "Scheduler", is_older: bool = False) -> None:
        """Record from now on: the run's processes have been started, and this one is the program's.

        ``is_older``: the program had been running before there was a run.
        """
        if self.settings:
            from .start import record_program

            self._write, self._stop = record_program(scheduler, self._takers, self.settings, is_older)

    def note(self, what: dict[str, Any]) -> None:
        """Put something more into the records. ``what`` has a name, and what else there is to say."""
        if self.settings:
            import json

            about = {"ph": "M", "name": what["name"], "pid": 0, "args": what}
            for each in self._takers:
                each.take(f"{json.dumps(about)},\n".encode())

    def program_ends(self) -> None:
        """Hear that the program, and all its tasks, have ended, and its exit handlers come next."""
        if self.settings:
            self._write()
            for each in self._takers:
                each.program_ends()

    def end(self) -> None:
        """End the record, and close what takes it. Called where begin() was: on the same thread, if it was."""
        if not self.settings:
            return
        from .takers import close_all

        self._stop()
        close_all(self._takers)


def _nothing() -> None:
    """Do nothing: no record has begun."""
