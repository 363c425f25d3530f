"""Runs code paths in real threads, of which exactly one runs at a time.

After each line of the engine and the maps, the thread that runs may hand a baton to another one; the seed decides.
Locks and events of the code under test are replaced by ones that hand the baton on where they would block. So each
order of lines that real threads may come to can be had, and had again.
"""

import gc
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import scoop
from scoop.engine.results import future as engine_future
from scoop.engine.results import watchers as engine_watchers
from stand_ins import stand_ins

__all__ = ["BatonEvent", "BatonLock", "BatonRLock", "Interleaver", "NoLock", "over_seeds"]

_TRACED = tuple(str(Path(scoop.__file__).parent / part) + "/" for part in ("engine", "maps"))
_CHANCES = (0.03, 0.1, 0.3, 0.6)
_MOST_SECONDS = 30

Check = Callable[[], None]


class _AbortedError(BaseException):
    """Another path has failed."""


class _Path:
    """A code path and its thread."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.function = function
        self.baton = threading.Semaphore(0)
        self.ended = False
        self.timed_out = False
        self.may_time_out = False
        self.waits_for: Callable[[], object] | None = None

    def can_go_on(self) -> bool:
        return not self.ended and (self.waits_for is None or bool(self.waits_for()))


class Interleaver:
    """One run of several code paths.

    Parameters:
        seed: decides who goes on when.
        check: called after each line; raises AssertionError if something is wrong. Takes no lock.
    """

    def __init__(self, seed: int, check: Check | None = None) -> None:
        self.choice = random.Random(seed)
        self.check = check
        self._chance = self.choice.choice(_CHANCES)
        self._paths: list[_Path] = []
        self._current: _Path | None = None
        self._failure: BaseException | None = None
        self._all_ended = threading.Semaphore(0)

    def run(self, *functions: Callable[[], object]) -> None:
        """Run all to their end; raise what the first one that fails raises."""
        self._paths = [_Path(function) for function in functions]
        threads = [threading.Thread(target=self._follow, args=(path,), daemon=True) for path in self._paths]
        collecting = gc.isenabled()
        gc.disable()
        try:
            for thread in threads:
                thread.start()
            self._hand_to(self.choice.choice(self._paths))
            assert self._all_ended.acquire(timeout=_MOST_SECONDS), "a path does not end"
            for thread in threads:
                thread.join()
        finally:
            if collecting:
                gc.enable()
        if self._failure is not None:
            raise self._failure

    @property
    def current(self) -> object:
        """The path that runs; None outside of a run."""
        return self._current

    def step(self) -> None:
        """Be a point at which another path may go on."""
        me = self._current
        if me is None:
            return
        if self._failure is not None:
            raise _AbortedError
        if self.check is not None:
            self.check()
        if self.choice.random() < self._chance:
            self._hand_on(me)

    def wait(self, until: Callable[[], object], may_time_out: bool = False) -> bool:
        """Let others go on until something is true; return False if nothing else could happen and the time is up."""
        me = self._current
        assert me is not None
        me.waits_for, me.may_time_out = until, may_time_out
        self._hand_on(me)
        me.waits_for = None
        timed_out, me.timed_out = me.timed_out, False
        return not timed_out

    def _hand_on(self, me: _Path) -> None:
        chosen = self._choose()
        if chosen is not me and chosen is not None:
            self._hand_to(chosen)
            if not me.ended:
                me.baton.acquire()
        if self._failure is not None and not me.ended:
            raise _AbortedError

    def _choose(self) -> _Path | None:
        left = [path for path in self._paths if not path.ended]
        able = left if self._failure is not None else [path for path in left if path.can_go_on()]
        if not able and left:
            able = [path for path in left if path.may_time_out and path.waits_for]
            if not able:
                self._failure = AssertionError("deadlock: each path waits for another")
                able = left
            for path in able[:1]:
                path.timed_out = True
            able = able[:1]
        return self.choice.choice(able) if able else None

    def _hand_to(self, path: _Path) -> None:
        self._current = path
        path.baton.release()

    def _follow(self, path: _Path) -> None:
        path.baton.acquire()
        sys.settrace(self._trace)
        try:
            path.function()
            if self.check is not None:
                self.check()
        except _AbortedError:
            pass
        except BaseException as error:
            self._failure = self._failure or error
        finally:
            sys.settrace(None)
            path.ended = True
            self._end(path)

    def _end(self, path: _Path) -> None:
        if all(each.ended for each in self._paths):
            self._current = None
            self._all_ended.release()
        else:
            self._hand_on(path)

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "call":
            return self._trace if frame.f_code.co_filename.startswith(_TRACED) else None
        if event == "line":
            self.step()
        return self._trace


class BatonLock:
    """A lock that hands the baton on where it would block."""

    reentrant = False

    def __init__(self, interleaver: Interleaver) -> None:
        self._interleaver = interleaver
        self._owner: object = None
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock."""
        me = self._interleaver.current
        if me is None:
            return True  # before or after the run there is one thread
        if self.reentrant and self._owner is me:
            self._depth += 1
            return True
        while self._owner is not None:
            if not blocking or not self._interleaver.wait(lambda: self._owner is None, timeout >= 0):
                return False
        self._owner, self._depth = me, 1
        return True

    def release(self) -> None:
        """Let go of the lock."""
        if self._interleaver.current is not None:
            self._depth -= 1
            if self._depth <= 0:
                self._owner = None

    def locked(self) -> bool:
        """Return whether some path has the lock."""
        return self._owner is not None

    def _is_owned(self) -> bool:
        return self._interleaver.current in (None, self._owner)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class BatonRLock(BatonLock):
    """The same, for a path that may have it already."""

    reentrant = True


class NoLock(BatonLock):
    """A lock that locks nothing: with it, the faults against which there is a lock must be found."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:  # noqa: ARG002
        """Do nothing."""
        return True

    def release(self) -> None:
        """Do nothing."""


class BatonEvent:
    """What a path sleeps on."""

    def __init__(self, interleaver: Interleaver) -> None:
        self._interleaver = interleaver
        self._is_set = False

    def sleep(self, timeout: float | None = None) -> None:
        """Sleep until set; with a timeout, also until nothing else can happen."""
        self._interleaver.wait(lambda: self._is_set, timeout is not None)
        self._is_set = False

    def set(self) -> None:
        """Wake the sleeping path, or spare it its next sleep."""
        self._is_set = True


Scenario = Callable[[Interleaver], None]


def over_seeds(
    scenario: Scenario, seeds: int, lock: type[BatonLock] = BatonLock, rlock: type[BatonLock] = BatonRLock
) -> None:
    """Run a scenario under many seeds; name the seed that fails. Other locks may be put in the place of ours."""
    for seed in range(seeds):
        interleaver = Interleaver(seed)

        def new_lock(interleaver: Interleaver = interleaver) -> BatonLock:
            return lock(interleaver)

        def new_rlock(interleaver: Interleaver = interleaver) -> BatonLock:
            return rlock(interleaver)

        def new_condition(interleaver: Interleaver = interleaver) -> threading.Condition:
            return threading.Condition(rlock(interleaver))  # type: ignore[arg-type]

        replaced: dict[str, tuple[object, object]] = {
            "Lock": (threading.Lock, new_lock),
            "RLock": (threading.RLock, new_rlock),
            "Condition": (threading.Condition, new_condition),
            "_watching": (engine_watchers._watching, rlock(interleaver)),
            "_unpacking": (engine_future._unpacking, rlock(interleaver)),
        }
        try:
            with stand_ins(replaced):
                scenario(interleaver)
        except BaseException as problem:
            raise AssertionError(f"seed {seed}: {problem!r}") from problem
