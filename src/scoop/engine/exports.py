"""Tasks of this process that run elsewhere: packed into parcels, remembered until their outcomes come back."""

import logging
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from ..errors import WorkerLost, describe_call, in_words, name_of
from ..wire import codec
from ..wire.cargo import Cargo, Span, size_of, views_of
from ..wire.messages import USUAL, parcel_id
from ..wire.store import Store
from . import runtime
from .costs import Costs
from .functions import Functions
from .future import AWAY, CANCELLED, FAILED, PACKED, Future
from .imports import Send
from .mapper import Mapper
from .retries import unwrap
from .scatter import is_piece, scatter

__all__ = ["MOST_BYTES", "MOST_TASKS", "Exports"]

MOST_TASKS = 1024
MOST_BYTES = 1 << 20
"""A parcel is closed at so many tasks or bytes, so that packing never keeps the program waiting for long."""

_log = logging.getLogger("scoop")


class Exports:
    """The parcels that this process has sent out and that have not all come back."""

    def __init__(self, slot: int, retries: int, send: Send, store: Store, costs: Costs) -> None:
        self._store = store
        self._costs = costs
        self._retries = retries  # of the run
        self._functions = Functions(send)
        self._ids = (parcel_id(slot, serial) for serial in count(1))
        self._away: dict[int, list[Future | None]] = {}
        self.none_yet = True  # that nothing has ever left this process
        self._warned: set[str] = set()

    def pack(self, given: Iterator[Future]) -> tuple[int, list[int], bytes, Cargo | None, list[Future]]:
        """Make a parcel of futures, drawn from ``given`` until it is full.

        Returns the parcel's id, the retries of each task in it, its body and cargo, and what cannot travel.
        """
        parcel = next(self._ids)
        functions: dict[int, int] = {}
        pickles: list[bytes] = []
        calls: list[tuple[int, bytes, bytes | None, bool, tuple[Span, ...]]] = []
        cargo: Cargo | None = None
        retries: list[int] = []
        packed: list[Future | None] = []
        stuck: list[Future] = []
        size = 0
        while len(packed) < MOST_TASKS and size < MOST_BYTES:
            future = next(given, None)
            if future is None:
                break
            future._state = AWAY
            function, times = unwrap(future._fn)
            large: list[pickle.PickleBuffer] = []
            try:
                place = functions.get(id(function))
                if place is None:
                    data = self._functions.pack(function, parcel)
                    place = functions[id(function)] = len(pickles)
                    pickles.append(data)
                    size += len(data)
                call = codec.dumps((future._args, future._kwargs), large)
                if large and cargo is None:
                    cargo = self._store.cargo(size_of(large))
                spans = cargo.add(large) if cargo else ()
                universal = future._universal_callbacks() if future._watchers else None
                calls.append((place, call, codec.dumps(universal) if universal else None, times == 0, spans))
            except BaseException as problem:  # the user's __reduce__ may raise anything
                if problem is runtime.interrupt:
                    runtime.repeat_interrupt()  # when we are through
                else:
                    self._warn(future, problem)
                stuck.append(future)
            else:
                packed.append(future)
                # Several rows of a map: once their worker has died, they are to be sent again singly.
                retries.append(0 if is_piece(future) else USUAL if times is None else times)
                size += self._weigh(function, future._args, call, spans)
        if cargo is not None:
            self._store.keep(cargo)
        if packed:
            self.none_yet = False
            self._away[parcel] = packed
        else:
            self._functions.release(parcel)
        return parcel, retries, pickle.dumps((pickles, calls), 5), cargo, stuck

    def arrived(
        self, parcel: int, numbers: Sequence[int], body: bytes, cargo: Cargo | None
    ) -> Iterable[tuple[Future, int, Any]]:
        """Take in outcomes; yield each future with its new state and value."""
        memory = cargo.map(own=True) if cargo else None
        for future, (ok, data, spans) in zip(self._take(parcel, numbers), pickle.loads(body), strict=False):
            self._weigh(unwrap(future._fn)[0], future._args, data, spans)
            yield future, PACKED, (ok, data, views_of(memory, spans))

    def dropped(self, parcel: int, numbers: Sequence[int]) -> Iterable[tuple[Future, int, Any]]:
        """Take in that tasks were dropped before they began; yield as ``arrived`` does."""
        for future in self._take(parcel, numbers):
            yield future, CANCELLED, None

    def lost(
        self, parcel: int, numbers: Sequence[int], body: bytes
    ) -> tuple[list[tuple[Future, int, Any]], list[Future]]:
        """Take in that tasks died with their workers; return what ``arrived`` yields, and tasks to be sent again."""
        tries, _, obituary = body.decode().partition("\n")
        when = "at its only try" if tries == "1" else f"at the last of {tries} tries"
        ended: list[tuple[Future, int, Any]] = []
        again: list[Future] = []
        for future in self._take(parcel, numbers):
            function, times = unwrap(future._fn)
            allowed = self._retries if times is None else times
            if is_piece(future) and allowed:
                again += scatter(future, allowed - 1)
            else:
                call = _describe(function, future._args, future._kwargs)
                ended.append((future, FAILED, WorkerLost(f"{call} was lost: {when}, {obituary}")))
        return ended, again

    def where(self, wanted: Iterable[Future]) -> dict[int, list[int]]:
        """Return in which parcels, at which numbers, the futures are that are away."""
        futures = {future for future in wanted if future._state == AWAY}
        found = {
            parcel: [n for n, future in enumerate(packed) if future in futures]
            for parcel, packed in list(self._away.items())
            if futures
        }
        return {parcel: numbers for parcel, numbers in found.items() if numbers}

    @property
    def any_away(self) -> bool:
        """Whether any task is away."""
        return bool(self._away)

    def abandon(self, error: Exception) -> Iterable[tuple[Future, int, Any]]:
        """Give up on all that is away: it fails with ``error``; yield as ``arrived`` does."""
        for parcel in list(self._away):
            for future in self._away.pop(parcel):
                if future is not None:
                    yield future, FAILED, error

    def _weigh(self, function: Any, args: tuple[Any, ...], data: bytes, spans: Sequence[Span]) -> int:
        """Return how many bytes travel, and remember it of a map's function."""
        size = len(data) + sum(length for _, length in spans)
        if isinstance(function, Mapper):
            self._costs.weigh(function.function, size / len(args[0]))
        return size

    def _take(self, parcel: int, numbers: Sequence[int]) -> list[Future]:
        packed = self._away.get(parcel)
        if packed is None:  # given up on
            return []
        taken: list[Future] = []
        for number in numbers:
            future, packed[number] = packed[number], None
            assert future is not None, "a task ended twice"
            taken.append(future)
        if not any(packed):
            del self._away[parcel]
            self._functions.release(parcel)
        return taken

    def _warn(self, future: Future, problem: BaseException) -> None:
        name = _name(future._fn)
        # A container that changes while it is being pickled is no fault of its type: no word about that.
        changed = isinstance(problem, RuntimeError) and not isinstance(problem, RecursionError)
        if changed or name in self._warned:
            return
        self._warned.add(name)
        _log.warning(
            "scoop: %s and its arguments cannot travel to other workers (%s); "
            "such tasks run where they were submitted",
            name,
            in_words(problem),
        )


def _describe(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    if isinstance(function, Mapper):
        return describe_call(function.function, tuple([column[0] for column in args]), {})
    return describe_call(function, args, kwargs)


def _name(function: Any) -> str:
    function = unwrap(function)[0]
    return name_of(function.function if isinstance(function, Mapper) else function)
