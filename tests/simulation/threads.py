"""Simulated threads: greenlets that take turns under a clock of their own, with locks and events that they wait at.

A thread runs until it sleeps, works, waits at a lock, or is preempted; then the timeline picks what happens next.
All choices come from one seeded generator, so a run that fails is repeated by its seed.
"""

import heapq
import random
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from greenlet import getcurrent, greenlet

__all__ = ["Deadlock", "SimEvent", "SimLock", "SimRLock", "SimThread", "Timeline"]

MOST_QUIET_STEPS = 20_000


class Deadlock(AssertionError):
    """Nothing can happen any more, or only looks at what does not change, and the program has not ended."""


class SimThread:
    """A thread. ``owner`` is the process whose thread it is."""

    def __init__(self, timeline: "Timeline", owner: Any, function: Callable[[], object]) -> None:
        self.owner = owner
        self.asleep = True
        self.alive = True
        self._timeline = timeline
        self._function = function
        self.turn: greenlet = greenlet(self._run, timeline.greenlet)  # which of its greenlets is to be switched to

    def start(self) -> None:
        """Let it have its turns."""
        self._timeline.wake(self)

    def _run(self) -> None:
        self._function()
        self.alive = False
        self._timeline.greenlet.switch()


class Timeline:
    """What happens when.

    Parameters:
        seed: of all chances.
        preempted: how often a thread is preempted where it takes a lock; 0 leaves nothing to chance.
    """

    def __init__(self, seed: int, preempted: float) -> None:
        self.choice = random.Random(seed)
        self.preempted = preempted
        self.now = 0.0
        self.over = False
        self.quiet_steps = 0  # in a row, in which nothing was done
        self.working = 0  # threads that are at work, for which others may wait as long as it takes
        self.current: SimThread | None = None
        self.on_switch: Callable[[SimThread], None] = lambda _: None
        self._runnable: list[SimThread] = []
        self._diary: list[tuple[float, int, Callable[[], None]]] = []
        self._entries = count()
        self.greenlet = getcurrent()

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def ident(self) -> int:
        """Return what tells the running thread from all others."""
        return id(self.current)

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Have something happen then."""
        heapq.heappush(self._diary, (when, next(self._entries), call))

    def wake(self, thread: SimThread) -> None:
        """Let a thread that was set aside go on, in its turn."""
        if thread.asleep and thread.alive and thread not in self._runnable:
            self._runnable.append(thread)

    def forget(self, owner: object) -> None:
        """Let no thread of a process go on ever again."""
        self._runnable = [thread for thread in self._runnable if thread.owner is not owner]

    def set_aside(self) -> None:
        """Leave the interpreter to other threads until the running one is woken. It may be woken for nothing."""
        thread = self.current
        assert thread is not None, "only a thread can wait"
        thread.asleep = True
        thread.turn = getcurrent()
        self.greenlet.switch()

    def sleep_until(self, when: float) -> None:
        """Have the running thread sleep."""
        thread = self.current
        assert thread is not None
        self.at(when, partial(self.wake, thread))
        while self.now < when:
            self.set_aside()

    def may_preempt(self, chance: float | None = None) -> None:
        """Let other threads go first, now and then."""
        thread = self.current
        if thread is None or not self.preempted or self.over:
            return
        if self.choice.random() < (self.preempted if chance is None else chance):
            thread.asleep = True
            self.wake(thread)
            self.set_aside()

    def step(self) -> None:
        """Let one thing happen, chosen at random from what can happen now; else let time pass."""
        self.quiet_steps = 0 if self.working else self.quiet_steps + 1
        if self.quiet_steps > MOST_QUIET_STEPS:
            raise Deadlock(f"at {self.now:.6f} s processes look at each other, and nothing comes of it")
        due = bool(self._diary) and self._diary[0][0] <= self.now
        moves = len(self._runnable) + due
        if not moves and not self._diary:
            raise Deadlock(f"at {self.now:.6f} s nothing is left to happen, and the program has not ended")
        place = self.choice.randrange(moves) if moves and self.preempted else 0
        if place < len(self._runnable):
            self._switch_to(self._runnable.pop(place))
        else:
            self.now = max(self.now, self._diary[0][0])
            heapq.heappop(self._diary)[2]()

    def _switch_to(self, thread: SimThread) -> None:
        thread.asleep = False
        self.current = thread
        self.on_switch(thread)
        try:
            thread.turn.switch()
        finally:
            self.current = None


class SimEvent:
    """What a simulated thread sleeps on: the part of ThreadEvent."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._sleeper: SimThread | None = None
        self._is_set = False

    def sleep(self, timeout: float | None = None) -> None:
        """Sleep until set, or for ``timeout`` seconds. An event that was set before is not lost."""
        timeline = self._timeline
        thread = self._sleeper = timeline.current
        assert thread is not None
        end = None if timeout is None else timeline.now + timeout
        if end is not None and not self._is_set:
            timeline.at(end, partial(timeline.wake, thread))
        while not self._is_set and (end is None or timeline.now < end):
            timeline.set_aside()
        self._is_set = False

    def set(self) -> None:
        """Wake the sleeping thread, or spare it its next sleep."""
        self._is_set = True
        if self._sleeper is not None and not self._timeline.over:
            self._timeline.wake(self._sleeper)


class SimLock:
    """A lock between simulated threads."""

    reentrant = False

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._owner: SimThread | None = None
        self._depth = 0
        self._waiting: list[SimThread] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock."""
        timeline = self._timeline
        me = timeline.current
        if timeline.over or me is None:
            return True  # what is unwound at the end waits for nothing
        timeline.may_preempt()
        if self.reentrant and self._owner is me:
            self._depth += 1
            return True
        while self._owner is not None:
            if not blocking:
                return False
            assert timeout == -1
            self._waiting.append(me)
            timeline.set_aside()
        self._owner, self._depth = me, 1
        return True

    def release(self) -> None:
        """Let go of the lock."""
        if self._timeline.over or self._timeline.current is None:
            return
        assert self._owner is self._timeline.current, "a lock is let go of by another thread"
        self._depth -= 1
        if not self._depth:
            self._owner = None
            waiting, self._waiting = self._waiting, []
            for thread in waiting:
                self._timeline.wake(thread)

    def locked(self) -> bool:
        """Return whether some thread has the lock."""
        return self._owner is not None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class SimRLock(SimLock):
    """The same, for a thread that may have it already."""

    reentrant = True
