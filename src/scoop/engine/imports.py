"""Tasks of others that run here: kept in order until begun, their outcomes sent back in batches."""

import logging
import pickle
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple, Protocol

from ..errors import TaskNotSent, in_words
from ..wire import codec
from ..wire.cargo import Cargo, Span, size_of, views_of
from ..wire.messages import Kind
from ..wire.store import Store
from . import runtime
from .future import Future, unpack_outcome
from .mapper import Mapper, not_sent
from .tracebacks import pack_error

__all__ = ["LONG_WAIT", "Errand", "Imports", "Send", "flush_streams"]

_log = logging.getLogger("scoop")

MOST_FUNCTIONS = 256
"""Functions kept unpickled, for the next task that calls them."""

SHORT_WAIT, LONG_WAIT = 0.002, 0.1
"""Seconds that an outcome may wait for more to travel with: while somebody is hungry, and while nobody is. Each
message costs sender, broker and owner some 300 us of what they are doing; and an owner that has nothing else to
do than to wait for it is hungry. A worker that has nothing else to do sends at once."""


class Send(Protocol):
    """What takes a message to the broker; callable from any thread."""

    def __call__(
        self, kind: Kind, parcel: int, numbers: Iterable[int], body: bytes, cargo: Cargo | None = None, /
    ) -> None:
        """Send a message."""


Outcome = tuple[bool, bytes, tuple[Span, ...]]
"""Whether it is a value, its pickle, and where its large buffers are."""


class Errand(NamedTuple):
    """One task of somebody else's, still pickled."""

    parcel: int
    number: int
    function: bytes
    call: bytes
    callbacks: bytes | None
    once: bool  # it must never run twice, so its outcome does not wait
    large: list[Any]  # its large buffers


class Imports:
    """The errands that this process has taken on and has not answered for."""

    def __init__(
        self,
        send: Send,
        clock: Callable[[], float],
        pressed: Callable[[], bool],
        count_taken: Callable[[int], None],
        once: bool,
        store: Store,
    ) -> None:
        self.waiting: OrderedDict[tuple[int, int], Errand] = OrderedDict()  # not begun, in the order they came
        self.taken = 0  # errands that have begun: the broker reads this when we have died
        self.ran = 0  # tasks, the rows of maps counted singly
        self.unanswered = 0
        self._count_taken = count_taken
        self._store = store
        self._once = once  # no errand of this run may ever run twice
        # What waits and what is unanswered change in one step, or a worker that is to retire would take it that an
        # errand has begun, and begin the next.
        self._counting = RLock()
        self._flushing = RLock()
        self._send = send
        self._clock = clock
        self._pressed = pressed  # whether somebody is hungry
        self._flushed = 0.0
        self._outcomes: deque[tuple[int, int, Cargo | None, Outcome]] = deque()
        self._functions: dict[bytes, Callable[..., Any]] = {}

    def accept(self, parcel: int, numbers: Sequence[int], body: bytes, cargo: Cargo | None) -> None:
        """Take on the tasks with these numbers."""
        try:
            functions, calls = pickle.loads(body)
        except MemoryError:
            raise
        except Exception as problem:  # whoever sent this has lost its mind: it is to hear of it, and nobody else
            data = pack_error(TaskNotSent(f"a parcel could not be opened ({in_words(problem)})"))
            self._count(len(numbers))
            self._outcomes.extend((parcel, number, None, (False, data, ())) for number in numbers)
            self.flush()
            return
        memory = cargo.map(own=False) if cargo else None
        with self._counting:
            for number in numbers:
                place, call, callbacks, once, spans = calls[number]
                large = views_of(memory, spans)
                self.waiting[parcel, number] = Errand(parcel, number, functions[place], call, callbacks, once, large)
            self._count(len(numbers))

    def take(self) -> Errand | None:
        """Take the oldest of the errands, to run it; None if there is none."""
        with self._counting:  # whoever takes first counts first
            try:
                errand = self.waiting.popitem(last=False)[1]
            except KeyError:
                return None
            self.taken += 1
            self._count_taken(self.taken)
            return errand

    def all_answered(self) -> bool:
        """Return whether no errand has begun and not been answered for."""
        with self._counting:
            return self.unanswered == len(self.waiting)

    def give_back(self, kept: int) -> bool:
        """Give the later half of what has not begun, but the first ``kept``, to the broker; return if any was."""
        backs: dict[int, list[int]] = {}
        with self._counting:
            for _ in range((len(self.waiting) - kept + 1) // 2):
                parcel, number = self.waiting.popitem()[0]
                backs.setdefault(parcel, []).append(number)
            for parcel, numbers in backs.items():
                self._send(Kind.RETURN, parcel, numbers[::-1], b"")
                self._count(-len(numbers))
        return bool(backs)

    def drop(self, parcel: int, numbers: Sequence[int]) -> None:
        """Drop those of the tasks that have not begun, and say which they were."""
        # Nothing that stands behind it may begin before this has been said: what has begun is counted from the first.
        with self._counting:
            dropped = [number for number in numbers if self.waiting.pop((parcel, number), None)]
            if dropped:
                self._send(Kind.DROPPED, parcel, dropped, b"")
                self._count(-len(dropped))

    def run(self, errand: Errand) -> None:
        """Run one errand and put its outcome with those to send."""
        struck: BaseException | None = None
        large: list[pickle.PickleBuffer] = []
        try:
            ok, data = True, self.perform(errand, large)
        except BaseException as error:  # also SystemExit: it ends the task, not the worker
            if runtime.current is None:
                raise  # the task has forked, and this is the child
            ok, data = False, pack_error(error)
            large.clear()
            struck = error if error is runtime.interrupt else None
        if errand.callbacks is not None:
            try:
                self._call_back(errand.callbacks, ok, data, large)
            except Exception:
                _log.exception("scoop: a callback could not be rebuilt where its task ran; it is called at home only")
        cargo = self._store.cargo(size_of(large)) if large else None
        spans = cargo.add(large) if cargo else ()  # now, not when it is sent: the task's successors may change it
        if cargo is not None:
            self._store.keep(cargo)
        self._outcomes.append((errand.parcel, errand.number, cargo, (ok, data, spans)))
        patience = 0.0 if errand.once or self._once else SHORT_WAIT if self._pressed() else LONG_WAIT
        if self._clock() - self._flushed >= patience:
            self.flush()
        if struck is not None:
            try:
                raise struck
            finally:
                del struck  # or the traceback and this frame keep each other alive

    def perform(self, errand: Errand, large: list[pickle.PickleBuffer]) -> bytes:
        """Return the pickle of what the errand's call returns, and in ``large`` its buffers; raise what it raises."""
        rows = 1
        try:
            function, args, kwargs = self._rebuild(errand)
            rows = len(args[0]) if isinstance(function, Mapper) else 1
            return self._pack_value(function, function(*args, **kwargs), large)
        finally:
            self.ran += rows

    def flush(self) -> None:
        """Send the outcomes that wait. Callable from any thread; when it returns, what waited has been sent."""
        self._flushed = self._clock()
        batches: dict[tuple[int, Cargo | None], dict[int, Outcome]] = {}
        with self._flushing:
            while self._outcomes:
                parcel, number, cargo, outcome = self._outcomes.popleft()
                batches.setdefault((parcel, cargo), {})[number] = outcome
            for (parcel, cargo), batch in batches.items():
                self._send(Kind.OUTCOME, parcel, [*batch], pickle.dumps([*batch.values()], 5), cargo)
                self._count(-len(batch))

    def _count(self, change: int) -> None:
        with self._counting:
            self.unanswered += change

    def _rebuild(self, errand: Errand) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        try:
            function = self._functions.get(errand.function)
            if function is None:
                function = self._load_function(errand.function)
            return function, *codec.loads(errand.call, errand.large)
        except Exception as problem:
            raise TaskNotSent(
                f"a task could not be rebuilt on a worker ({in_words(problem)}). Workers import the "
                "main script under another name: what its functions and classes need must be defined at its top "
                'level, outside `if __name__ == "__main__":`'
            ) from problem

    def _load_function(self, data: bytes) -> Callable[..., Any]:
        function: Callable[..., Any] = codec.loads(data)
        # Only what has no state of its own is kept: a callable object or a closure is to be fresh for every task.
        parts = function.__reduce__()[1] if isinstance(function, Mapper) else (function,)
        if all(map(_is_stateless, parts)):
            if len(self._functions) >= MOST_FUNCTIONS:
                self._functions.clear()
            self._functions[data] = function
        return function

    def _pack_value(self, function: Callable[..., Any], value: object, large: list[pickle.PickleBuffer]) -> bytes:
        try:
            return codec.dumps(value, large)
        except Exception as problem:
            large.clear()
            if isinstance(function, Mapper):
                return codec.dumps(function.salvage(value, problem))
            raise not_sent(function, value, problem) from problem

    def _call_back(self, callbacks: bytes, ok: bool, data: bytes, large: list[pickle.PickleBuffer]) -> None:
        future = Future(None, _ran_elsewhere)
        value, state = unpack_outcome(ok, data, large)
        functions: Iterable[Callable[[Future], object]] = codec.loads(callbacks)
        for function in functions:
            future.add_done_callback(function)
        future._end(state, value)


def _ran_elsewhere() -> None:
    """Stand in for the function of a future that only shows an outcome."""


def _is_stateless(function: Any) -> bool:
    plain = isinstance(function, FunctionType | BuiltinFunctionType | type)
    return plain and not getattr(function, "__closure__", None)


def flush_streams() -> None:
    """Write out what was printed, where that can be done."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # closed or gone, or something of the user's own
            pass
