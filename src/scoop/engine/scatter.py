"""A piece of a map whose worker has died is sent again row by row: so the row that kills is the only one lost."""

from threading import RLock
from typing import Any

from .future import DONE, NO_KWARGS, READY, Future
from .mapper import Broken, Mapper, Outcome
from .retries import WithRetries, unwrap

__all__ = ["is_piece", "scatter"]


def is_piece(future: Future) -> bool:
    """Return whether a task is several rows of a map."""
    return isinstance(unwrap(future._fn)[0], Mapper) and len(future._args[0]) > 1


def scatter(piece: Future, retries: int) -> list[Future]:
    """Return a future for each row of ``piece``, which ends when all of them have."""
    mapper: Mapper = unwrap(piece._fn)[0]
    function = WithRetries(mapper, retries)
    rows = [
        Future._make(function, tuple([column[place : place + 1] for column in piece._args]), NO_KWARGS)
        for place in range(len(piece._args[0]))
    ]
    counting, left = RLock(), len(rows)

    def count(_: Future) -> None:
        nonlocal left
        with counting:
            left -= 1
            last = not left
        if last:
            piece._end(DONE, _together(mapper, rows))

    for row in rows:
        row._state = READY
        row._watch(count)
    return rows


def _together(mapper: Mapper, rows: list[Future]) -> Outcome:
    results: list[Any] = []
    for row in rows:
        error = row._error()
        outcome = row._value if error is None else Broken([], error)
        if isinstance(outcome, Broken):
            return Broken(results + outcome.before, outcome.error)
        results += outcome
    return mapper.finish(results)
