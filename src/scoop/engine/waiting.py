"""Waiting for some of many futures: what result(), wait(), as_completed() and the maps are made of."""

from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import describe
from .future import NEW, PACKED, READY, Future
from .hub import Sleeper
from .knots import refuse_knots

if TYPE_CHECKING:
    from .scheduler import Scheduler

__all__ = ["LONGEST", "Waiting", "deadline_after"]

LONGEST = 1e8
"""Seconds, three years: what a longer timeout is taken for, since clocks and locks do not count further."""


def deadline_after(timeout: float | None) -> float | None:
    """Return the moment ``timeout`` seconds from now; None, no limit, stays None."""
    try:
        return None if timeout is None else monotonic() + min(max(timeout, 0), LONGEST)
    except TypeError:
        raise TypeError(f"timeout must be seconds or None, not {describe(timeout)}") from None


class Waiting:
    """The futures one caller waits for, handed out in the order they end.

    While there are futures among them that nobody has begun, the caller runs those itself, in order, on its own
    stack: only what it waits for, so nothing is ever buried under a stranger. Then it sleeps, in one of two ways:

    - without a deadline, on a thread that has a hub: its greenlet is suspended, the thread does other work;
    - with a deadline, or on a thread of the program's own: the thread itself sleeps, and a deputy works for it.
    """

    def __init__(self, scheduler: "Scheduler", futures: Iterable[Future]) -> None:
        self._scheduler = scheduler
        self._unclaimed: deque[Future] = deque()
        self._open: set[Future] = set()
        self._ended: deque[Future] = deque()
        self._sleeper: Sleeper | None = None
        self._wake: Callable[[], None] = _nobody_sleeps
        for future in futures:
            self.add(future)

    def add(self, future: Future) -> None:
        """Wait for one more."""
        if future._state == NEW:
            self._scheduler.offer(future)
        self._unclaimed.append(future)
        self._open.add(future)
        future._watch(self.on_end)

    def next(self, deadline: float | None = None) -> Future:
        """Return one that has ended and was not returned before; raise TimeoutError at the ``deadline``."""
        if not self._ended:
            if deadline is None:
                self._work_and_wait()
            else:
                self._sleep_until(deadline)
        if not self._ended:
            for future in self._unclaimed:  # who comes back with no time again and again is polling
                self._scheduler.polling.nudge(future)
            raise TimeoutError("the future did not end within the timeout; it is still there to be waited for")
        future = self._ended.popleft()
        self._open.discard(future)
        while self._unclaimed and self._unclaimed[0]._state >= PACKED:
            self._unclaimed.popleft()  # or a stream without end would be kept whole
        return future

    def futures(self) -> list[Future]:
        """Return those that ``next`` has not returned."""
        return list(self._open)

    def close(self) -> None:
        """Stop watching those that have not ended."""
        for future in self._open:
            future._unwatch(self.on_end)

    def on_end(self, future: Future) -> None:
        """Hear that a future has ended."""
        self._ended.append(future)
        self._wake()

    def _work_and_wait(self) -> None:
        scheduler, hub = self._scheduler, self._scheduler.hub_here()
        while not self._ended:
            if self._unclaimed and scheduler.has_room():
                future = self._unclaimed.popleft()
                if scheduler.claim(future):
                    try:
                        scheduler.run_inline(future)
                    except BaseException:
                        if future._state == READY:  # it was struck before it began
                            scheduler.ready[future] = True
                        raise
                del future
                continue
            if hub is None:
                self._sleep_until(None)
            else:
                sleeper = Sleeper(hub)
                self._wake = sleeper.wake
                scheduler.waits[sleeper.greenlet] = self
                try:
                    if not self._ended:
                        refuse_knots(scheduler)
                        sleeper.suspend()
                finally:
                    del scheduler.waits[sleeper.greenlet]
                    self._wake = _nobody_sleeps

    def _sleep_until(self, deadline: float | None) -> None:
        """Let the thread sleep until one has ended, or the deadline; a deputy takes its place meanwhile."""
        hub = self._scheduler.hub_here()
        if deadline is not None and deadline <= monotonic():
            if hub is not None:
                hub.give_way()
            return
        with self._scheduler.deputised(hub):
            if hub is None:
                bell = self._scheduler.new_bell()
                self._wake = bell.ring
                while not self._ended and (deadline is None or monotonic() < deadline):
                    bell.sleep(_left(deadline))
                return
            self._wake = hub.nudge
            while not self._ended and (deadline is None or monotonic() < deadline):
                hub.sleep_unless(lambda: self._ended, _left(deadline))
                hub.give_way()


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - monotonic())


def _nobody_sleeps() -> None:
    """Stand in for the wake-up call of a caller that is awake."""
