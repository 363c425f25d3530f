"""A machine's part in spreading: it takes in the contents of large messages, and passes them on; asyncio."""

import asyncio
from collections.abc import Callable, Coroutine

from ...tuning import TUNING
from ...wire.messages import (
    Announced,
    Fetch,
    GetPart,
    Message,
    NotFetched,
    Part,
    Received,
    Settled,
    Wanted,
)
from ..lines.transport import Line, LineBroken, Terms
from .content import Incoming, WrongBytes
from .held_back import HeldBack
from .planner import HERE
from .relay import Relay, reach

__all__ = ["Receiving"]


class _Arrival:
    """A content that is on its way here; when it is complete, others may still ask for it."""

    def __init__(self, frame: int, buffers: int, part_bytes: int) -> None:
        self.content = Incoming(frame, buffers, part_bytes)
        self.asked = 0  # parts that the coordinator was asked for: they will come
        self.order: Fetch | None = None
        self.line: Line | None = None  # to the source, if that is another machine
        self._is_over = False
        self._news = asyncio.Event()

    async def part(self, number: int) -> bytes:
        """See Passed."""
        while number >= self.content.have and not self._is_over:
            await self._news.wait()
        if self._is_over:
            raise ValueError("nobody should want it any more")
        return self.content.read(number)

    def tell(self, is_over: bool = False) -> None:
        """Wake those who wait for a part: there is one, or all is over."""
        self._is_over |= is_over
        self._news.set()
        self._news = asyncio.Event()

    def follow(self, order: Fetch) -> None:
        """Have another source from now on. What still connects to the last one finds that out by itself."""
        self.order = order
        self.content.checksums = order.checksums
        if self.line is not None:
            self.line.close()
            self.line = None


class Receiving:
    """The contents of this machine.

    Parameters:
        machine: its number.
        post: sends a message to the coordinator.
        deliver: takes each message that may go on to the broker, in order.
    """

    def __init__(
        self,
        machine: int,
        terms: Terms,
        post: Callable[[Message], None],
        deliver: Callable[[Message], None],
    ) -> None:
        self._terms = terms
        self._post = post
        self._deliver = deliver
        self._held = HeldBack()
        self._arrivals: dict[int, _Arrival] = {}
        self._relay = Relay(machine, terms, self._arrivals)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def empty(self) -> bool:
        """Whether all that the coordinator has sent has gone on to the broker."""
        return self._held.empty

    def take(self, message: Message) -> None:
        """Take a message of the coordinator's."""
        if isinstance(message, Announced):
            self._held.announced(message.content)
            self._arrivals[message.content] = _Arrival(message.frame_bytes, message.buffer_bytes, message.part_bytes)
            self._start(self._want(message))
        elif isinstance(message, Fetch):
            self._fetch(self._arrivals[message.content], message)
        elif isinstance(message, Part):
            if (arrival := self._arrivals.get(message.content)) is not None:
                self._add(message.content, arrival, message.part, message.body)
                self._ask_coordinator(message.content, arrival)
        elif isinstance(message, Settled):
            self._arrivals.pop(message.content).tell(is_over=True)
        else:
            for each in self._held.take(message):
                self._deliver(each)

    async def close(self) -> None:
        self._relay.close()
        for arrival in self._arrivals.values():
            arrival.tell(is_over=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _want(self, message: Announced) -> None:
        addresses = await self._relay.open() if message.relay else ()
        self._post(Wanted(message.content, addresses))

    def _fetch(self, arrival: _Arrival, order: Fetch) -> None:
        arrival.follow(order)
        if order.source == HERE:
            self._ask_coordinator(order.content, arrival)
        else:
            self._start(self._fetch_from_machine(arrival, order))

    def _ask_coordinator(self, number: int, arrival: _Arrival) -> None:
        order, have = arrival.order, arrival.content.have
        if order is None or order.source != HERE:
            return
        arrival.asked = max(arrival.asked, have)
        while arrival.asked < min(have + TUNING.spread_parts_ahead, order.upto):
            self._post(GetPart(number, arrival.asked))
            arrival.asked += 1

    def _add(self, number: int, arrival: _Arrival, part: int, data: bytes) -> None:
        """Take in a part, if it is the next one. Raises WrongBytes."""
        content = arrival.content
        if not content.add(part, data):
            return
        arrival.tell()
        if content.have == content.parts:
            for each in self._held.arrived(number, content.message()):
                self._deliver(each)
        self._post(Received(number, content.have))

    async def _fetch_from_machine(self, arrival: _Arrival, order: Fetch) -> None:
        """Fetch parts from another machine; tell the coordinator if they do not come."""
        wrong = False
        line: Line | None = None
        try:
            line = await reach(self._terms, order.source, order.content, order.addresses)
            if arrival.order is order:
                arrival.line = line
                await self._fetch_by(line, arrival, order)
                return
        except (WrongBytes, ValueError, TypeError):
            wrong = True
        except (OSError, LineBroken):
            pass
        finally:
            if line is not None:
                line.close()
        if arrival.order is order:
            arrival.line = None
            self._post(NotFetched(order.content, order.source, wrong))

    async def _fetch_by(self, line: Line, arrival: _Arrival, order: Fetch) -> None:
        content = arrival.content
        first = content.have
        for part in range(first, min(first + TUNING.spread_parts_ahead, order.upto)):
            await line.write(part)
        while content.have < order.upto:
            part, data = await line.read()
            if part + TUNING.spread_parts_ahead < order.upto:
                await line.write(part + TUNING.spread_parts_ahead)
            self._add(order.content, arrival, part, data)
