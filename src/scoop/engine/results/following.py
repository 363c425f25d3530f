"""Futures that end as others do: of a call that has returned a future, and of a task whose argument has failed.

The outcome is not copied, since what has come from elsewhere is still packed, and the I/O thread must not unpack it.
The future keeps a promise of it instead, which the first who asks has kept.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

from ...errors import Deadlock
from .arguments import futures_among
from .callbacks import Deferred
from .future import Future, call_of, error_of, fail, finish, has_ended, has_succeeded, offer_made, read, watch
from .states import ARRIVED, RUNNING, WAITING
from .watchers import Link

__all__ = ["end_like", "follow", "with_awaited"]

MOST_FOLLOWED = 1000
"""Futures that are looked through for a circle. Beyond that, the search would cost more than it is worth."""

OwnError = Callable[[BaseException], BaseException]
"""Makes the exception of one future of that of another."""


class Offers(Protocol):
    """The methods of the scheduler that are needed here."""

    def offer(self, future: Future, /) -> None: ...


class OutcomeOf(NamedTuple):
    """The outcome of another future, which has ended, until it is asked for."""

    ok: bool
    future: Future
    own: OwnError

    def unpack(self) -> tuple[bool, Any]:
        """Return whether it is a value, and it; else the exception."""
        error = error_of(self.future)
        return (True, self.future.result()) if error is None else (False, self.own(error))


class _Returned(Link):
    """Has the future of a call end when the one ends that the call has returned."""

    __slots__ = ("_outer",)

    def __init__(self, outer: Future) -> None:
        self._outer = outer

    def _follow(self, ended: Future, deferred: Deferred | None) -> Future:
        end_like(self._outer, ended, _same, deferred)
        return self._outer


def follow(offers: Offers, outer: Future, inner: Future) -> None:
    """Have a running future, whose call has returned another one, end as that one does."""
    if outer in with_awaited(inner):
        fail(
            outer, Deadlock("this wait would never end: a call has returned a future that waits for the call itself")
        )
        return
    if offer_made(inner):
        offers.offer(inner)
    watch(inner, _Returned(outer))


def end_like(future: Future, other: Future, own: OwnError, deferred: Deferred | None) -> None:
    """End a future as another one has. The caller tells its watchers."""
    value = read(other)[1]
    root = value.future if type(value) is OutcomeOf else other  # so that no chain of promises comes to be
    finish(future, ARRIVED, OutcomeOf(has_succeeded(other), root, own), deferred)


def with_awaited(future: Future) -> list[Future]:
    """Return a future, and what must end before it can: not all, if they are very many."""
    found = {future: None}
    for one in (todo := [future]):
        for other in islice(_awaited_by(one), MOST_FOLLOWED):
            if other not in found and len(found) < MOST_FOLLOWED:
                found[other] = None
                todo.append(other)
    return todo


def _awaited_by(future: Future) -> Iterator[Future]:
    """Return what must end before a future can: what it depends on, or what its call has returned."""
    state, value = read(future)
    if state == WAITING:
        _, args, kwargs = call_of(future)
        return (each for each in futures_among(args, kwargs) if not has_ended(each))
    return iter((value,) if state == RUNNING and isinstance(value, Future) else ())


def _same(error: BaseException) -> BaseException:
    return error
