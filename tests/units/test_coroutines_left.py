"""The broker is told anew when the last coroutine has ended: what its task does next may be faster than its end."""

from typing import Any, cast

from scoop.engine.loops.coroutines import Coroutines


class Scheduler:
    """Notes how many coroutines are left at each word that the broker gets."""

    def __init__(self) -> None:
        self.coroutines = Coroutines(self)
        self.told: list[int] = []

    def look_again(self) -> None:
        """Tell the broker."""
        self.told.append(len(self.coroutines.left))

    def wake(self) -> None:
        """Wake no thread."""


def test_the_broker_hears_of_the_end_of_each_coroutine() -> None:
    scheduler = Scheduler()
    calls = [cast(Any, object()) for _ in range(2)]
    for call in calls:
        scheduler.coroutines.left.add(call)
        scheduler.coroutines.active.add(call)
    for call in calls:
        scheduler.coroutines.ended(call)
    assert scheduler.told == [1, 0]
