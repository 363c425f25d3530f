"""Tasks that wait for each other in a circle are told so; all others wait."""

from collections.abc import Sequence

import pytest
from greenlet import getcurrent, greenlet

from scoop.engine.threads.deadlock import Awaited, refuse_deadlock
from scoop.errors import Deadlock


class Wait:
    """A wait for some things, of which one would end it."""

    def __init__(self, *awaited: Awaited) -> None:
        self._awaited = awaited

    def awaited(self) -> Sequence[Awaited]:
        """Return them."""
        return self._awaited


def on(fiber: greenlet | None, call: str = "f()") -> Awaited:
    """Return something that runs on a fiber."""
    return Awaited([] if fiber is None else [fiber], lambda: call)


def test_a_task_that_waits_for_its_own_ancestor_is_refused() -> None:
    me, parent = getcurrent(), greenlet(lambda: None)
    with pytest.raises(Deadlock, match=r"parent\(\), which waits for child\(\), which waits for this"):
        refuse_deadlock({me: Wait(on(parent, "parent()")), parent: Wait(on(me, "child()"))})


def test_a_wait_for_oneself_is_refused() -> None:
    me = getcurrent()
    with pytest.raises(Deadlock, match=r"f\(\)"):
        refuse_deadlock({me: Wait(on(me))})


def test_one_thing_that_can_end_is_enough() -> None:
    me, parent, free = getcurrent(), greenlet(lambda: None), greenlet(lambda: None)
    refuse_deadlock({me: Wait(on(parent)), parent: Wait(on(me), on(None))})
    refuse_deadlock({me: Wait(on(parent), on(free)), parent: Wait(on(me))})
    refuse_deadlock({me: Wait(on(None), on(me))})


def test_a_wait_for_what_is_not_stuck_itself_is_no_deadlock() -> None:
    me, first, second = getcurrent(), greenlet(lambda: None), greenlet(lambda: None)
    refuse_deadlock({me: Wait(on(first)), first: Wait(on(second)), second: Wait(on(None))})


def test_a_long_circle_is_found_and_others_beside_it_are_left_alone() -> None:
    me = getcurrent()
    fibers = [greenlet(lambda: None) for _ in range(20)]
    waits = dict(zip(fibers, [*(Wait(on(fiber)) for fiber in fibers[1:]), Wait(on(me))], strict=True))
    beside = greenlet(lambda: None)
    with pytest.raises(Deadlock):
        refuse_deadlock({me: Wait(on(fibers[0])), **waits, beside: Wait(on(None))})
