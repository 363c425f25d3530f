"""The envoy between two sets of books: at home a worker of this machine's broker, abroad a machine of the exchange.

Pure: messages in, messages out. A parcel has a name in each of the two books, and the envoy knows which belong
together:

    home                         envoy                        abroad
      │  PARCEL p  (we hold it)    │   PARCEL q  (we own it)      │    lent:    q is p
      │ ─────────────────────────> │ ───────────────────────────> │
      │  PARCEL r  (we own it)     │   PARCEL q' (we hold it)     │    hosted:  r is q'
      │ <───────────────────────── │ <─────────────────────────── │

Tasks keep their numbers. What was lent and comes back, since this machine is hungry now, is returned to its broker,
and what is hosted and goes on to another machine is returned to the exchange: so no task is ever on the books in a
circle.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count

from ..broker.linked import CALM, HUNGER
from ..wire.messages import Kind, Message, owner_of, parcel_id

__all__ = ["ABROAD", "HOME", "Envoy", "Order"]

HOME, ABROAD = False, True

Order = tuple[bool, Message]
"""Where to send what."""

_ENDS = (Kind.OUTCOME, Kind.DROPPED, Kind.LOST)
_AS_THEY_ARE = (Kind.CONST, Kind.UNCONST, Kind.VERDICT, Kind.BROKEN)


class _Side:
    """One of the two books, as the envoy sees it.

    Parameters:
        me: the envoy's number there.
    """

    def __init__(self, me: int) -> None:
        self.me = me
        self.names = (parcel_id(me, serial) for serial in count(1))
        self.seen = 0  # messages from there
        self.sent = 0  # messages to there, words of appetite not counted
        self.appetite = 0  # as of all that we have sent there
        self.heard = 0  # of our messages, as far as it has said so
        self.least = 0  # of its appetite, whatever it says


class Envoy:
    """Translates between the books at home and those abroad.

    Parameters:
        home: this uplink's number as a worker of its broker.
        abroad: this machine's number at the exchange.
    """

    def __init__(self, home: int, abroad: int) -> None:
        self._home = _Side(home)
        self._abroad = _Side(abroad)
        self._lent: dict[int, tuple[int, set[int]]] = {}  # q: p and the tasks of it that are abroad
        self._hosted: dict[int, tuple[int, set[int]]] = {}  # r: q and the tasks of it that are here
        self._retired = False

    def from_home(self, message: Message) -> list[Order]:
        """Return what is to be sent where, since the broker has sent ``message``."""
        return self._pass_on(message, self._home, self._abroad, ABROAD, self._at_home)

    def from_abroad(self, message: Message) -> list[Order]:
        """Return what is to be sent where, since the exchange has sent ``message``."""
        return self._pass_on(message, self._abroad, self._home, HOME, self._at_the_exchange)

    @property
    def idle(self) -> bool:
        """Whether no task is lent or hosted."""
        return not (self._lent or self._hosted)

    def retire(self) -> list[Order]:
        """Return what is to be sent where, since this machine is to leave."""
        self._retired = True
        self._abroad.least = HUNGER
        self._abroad.sent += 1
        self._abroad.appetite = 0
        return [(ABROAD, Message(Kind.RETIRE)), (HOME, _word(self._home, self._abroad))]

    @property
    def may_leave(self) -> bool:
        """Whether this machine retires, has nothing left to do, and the exchange has had all that it sent."""
        heard = self._abroad.heard == self._abroad.sent
        return self._retired and heard and self.idle and bool(self._home.appetite & CALM)

    def _pass_on(
        self, message: Message, here: _Side, there: _Side, to: bool, rule: Callable[[Message], Iterable[Order]]
    ) -> list[Order]:
        here.seen += 1
        orders: list[Order] = []
        if message.kind == Kind.APPETITE:
            here.heard = message.parcel
            if message.parcel == here.sent:  # else it is void, and there will be another word
                here.appetite = message.numbers[0]
                orders.append((to, _word(there, here)))
        elif message.kind in _AS_THEY_ARE:
            orders.append((to, message))
        else:
            orders += rule(message)
        for side, order in orders:
            if order.kind != Kind.APPETITE:
                sent_to = there if side == to else here
                sent_to.sent += 1
                sent_to.appetite = 0
        if there.appetite | there.least:  # with its message, the side here has forgotten what it was told
            orders.append((not to, _word(here, there)))
        return orders

    def _at_home(self, message: Message) -> Iterator[Order]:
        kind, parcel, numbers, body, cargo = message
        if kind == Kind.PARCEL and owner_of(parcel) == self._home.me:  # hosted, and is to go on
            yield HOME, Message(Kind.DROPPED, parcel, numbers[: len(numbers) // 2])
            yield from self._return(ABROAD, self._hosted, parcel, numbers)
        elif kind == Kind.PARCEL:
            name = next(self._abroad.names)
            self._lent[name] = parcel, set(numbers[: len(numbers) // 2])
            yield ABROAD, Message(kind, name, numbers, body, cargo)
        elif kind in _ENDS:
            source, ended = self._take(self._hosted, parcel, numbers)
            if ended:
                yield ABROAD, Message(kind, source, ended, body, cargo)
        elif kind == Kind.DROP:
            yield from self._drop(ABROAD, self._lent, parcel, numbers)

    def _at_the_exchange(self, message: Message) -> Iterator[Order]:
        kind, parcel, numbers, body, cargo = message
        if kind == Kind.PARCEL and owner_of(parcel) == self._abroad.me:  # lent, and comes back
            yield from self._return(HOME, self._lent, parcel, numbers)
            yield ABROAD, Message(Kind.DROPPED, parcel, numbers[: len(numbers) // 2])
        elif kind == Kind.PARCEL:
            name = next(self._home.names)
            self._hosted[name] = parcel, set(numbers[: len(numbers) // 2])
            yield HOME, Message(kind, name, numbers, body, cargo)
        elif kind in _ENDS:
            source, ended = self._take(self._lent, parcel, numbers)
            if ended:
                yield HOME, Message(kind, source, ended, body, cargo)
        elif kind == Kind.DROP:
            yield from self._drop(HOME, self._hosted, parcel, numbers)

    def _return(
        self, to: bool, table: dict[int, tuple[int, set[int]]], parcel: int, numbers: Sequence[int]
    ) -> Iterator[Order]:
        """Return tasks whence they came, with the retries that they have left."""
        left = dict(zip(numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :], strict=True))
        source, moved = self._take(table, parcel, [*left])
        if moved:
            yield to, Message(Kind.RETURN, source, [*moved, *(left[number] for number in moved)])

    def _take(
        self, table: dict[int, tuple[int, set[int]]], parcel: int, numbers: Sequence[int]
    ) -> tuple[int, list[int]]:
        """Take tasks out of a table; return the parcel's other name, and which of them were in it."""
        if parcel not in table:
            return 0, []  # the echo of what has moved
        other, here = table[parcel]
        taken = [number for number in numbers if number in here]
        here.difference_update(taken)
        if not here:
            del table[parcel]
        return other, taken

    def _drop(
        self, to: bool, table: dict[int, tuple[int, set[int]]], parcel: int, numbers: Sequence[int]
    ) -> Iterator[Order]:
        for name, (other, here) in table.items():
            if other == parcel and (unwanted := sorted(here.intersection(numbers))):
                yield to, Message(Kind.DROP, name, unwanted)


def _word(to: _Side, of: _Side) -> Message:
    return Message(Kind.APPETITE, to.seen, (of.appetite | of.least,))
