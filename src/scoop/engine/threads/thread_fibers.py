"""The fibers of each thread of this process that runs tasks."""

from threading import get_ident

from .fibers import Fibers

__all__ = ["ThreadFibers"]


class ThreadFibers:
    """Those of the main thread, at first."""

    def __init__(self, native: Fibers) -> None:
        self._of = {get_ident(): native}

    def here(self) -> Fibers | None:
        return self._of.get(get_ident())

    def all(self) -> list[Fibers]:
        return list(self._of.values())

    def adopt(self, fibers: Fibers) -> None:
        """Take in those of the calling thread."""
        self._of[get_ident()] = fibers

    def any_left(self) -> bool:
        """Return whether some fiber is suspended."""
        return any(each.suspended or each.in_line for each in self.all())

    def end_here(self) -> None:
        """End what the calling thread keeps for later, since it ends, and the process goes on."""
        if (fibers := self.here()) is not None:
            fibers.end()

    def close(self) -> None:
        """Let no thread run tasks any more."""
        for fibers in self.all():
            fibers.closed = True
            fibers.event.set()
