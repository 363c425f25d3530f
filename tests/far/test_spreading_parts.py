"""Machines that spread a content, all in this process, over real lines: what goes wrong, and what comes of it."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import pytest

from scoop.cluster.lines.certificate import new_terms
from scoop.cluster.lines.transport import Terms
from scoop.cluster.spreading import relay, sending
from scoop.cluster.spreading.content import Incoming
from scoop.cluster.spreading.receiving import Receiving
from scoop.cluster.spreading.sending import Sending
from scoop.tuning import TUNING
from scoop.wire.messages import Message, NotFetched, Received, Results, SetConstants, Wanted
from scoop.wire.shared_buffers import SharedBuffers

PARTS = 20

LIMIT = 60.0


class Machines:
    """The coordinator, and machines that joined it.

    Parameters:
        told: the messages of machines, as they came.
        addresses: what machines say where they listen, if it is not the truth.
        got: what went on to the broker of each machine.
    """

    def __init__(self, terms: Terms, relays: bool) -> None:
        self.told: list[tuple[int, Message]] = []
        self.got: dict[int, list[Message]] = {}
        self.machines: dict[int, Receiving] = {}
        self.addresses: tuple[str, ...] = ()
        self._terms = terms
        self._soon = asyncio.get_running_loop().call_soon
        self.sending = Sending(self._to_machine, relays)

    def join(self, number: int) -> None:
        """Have another machine."""
        self.got[number] = []

        def post(message: Message) -> None:
            self._soon(self._from_machine, number, message)

        self.machines[number] = Receiving(number, self._terms, post, self.got[number].append)

    async def lose(self, number: int) -> None:
        """Lose a machine."""
        await self.machines.pop(number).close()
        self.sending.left(number)

    def _to_machine(self, number: int, message: Message) -> None:
        if number in self.machines:
            self._soon(self.machines[number].take, message)

    def _from_machine(self, number: int, message: Message) -> None:
        if number in self.machines:
            if isinstance(message, Wanted) and self.addresses:
                message = message._replace(addresses=self.addresses)
            self.told.append((number, message))
            assert self.sending.take(number, message)

    async def all_got(self, count: int = 1) -> None:
        """Wait until all machines have got so many messages."""
        async with asyncio.timeout(LIMIT):
            while any(len(self.got[number]) < count for number in self.machines):
                await asyncio.sleep(0.005)


@asynccontextmanager
async def machines(count: int, relays: bool = True) -> AsyncIterator[Machines]:
    """Have some machines."""
    found = Machines(new_terms("run")._replace(address="tls://127.0.0.1:1"), relays)
    for number in range(1, count + 1):
        found.join(number)
    yield found
    found.sending.close()
    for machine in found.machines.values():
        await machine.close()


@pytest.fixture(autouse=True)
def _with_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    small = TUNING._replace(spread_bytes=100_000, spread_part_bytes=20_000, spread_begin_at_once=1)
    monkeypatch.setattr(sending, "TUNING", small)
    monkeypatch.setattr(relay, "TUNING", TUNING._replace(spread_reach_seconds=0.3))


def large() -> SetConstants:
    """Return a message with a large body and large buffers."""
    buffers = SharedBuffers.empty()
    buffers.append(os.urandom(PARTS * 10_000))
    return SetConstants(0, ("x",), os.urandom(PARTS * 10_000 - 500), buffers)


def is_same(one: Message, other: Message) -> bool:
    """Whether a message has arrived as it was."""
    assert isinstance(one, SetConstants)
    assert isinstance(other, SetConstants)
    assert one.buffers
    assert other.buffers
    return (one.names, one.body, one.buffers.map(own=False)) == (
        other.names,
        other.body,
        other.buffers.map(own=False),
    )


def run(main: Coroutine[object, object, None]) -> None:
    """Run it to its end, and drop what it leaves."""
    asyncio.run(main)
    gc.collect()


def test_all_get_what_was_sent() -> None:
    async def main() -> None:
        async with machines(4) as found:
            message = large()
            for number in found.machines:
                found.sending.send(number, message)
            await found.all_got()
            assert all(is_same(got[0], message) for got in found.got.values())

    run(main())


def test_results_overtake_and_constants_do_not() -> None:
    async def main() -> None:
        async with machines(1) as found:
            result, small = Results(1, [1], b"", None), SetConstants(0, ("y",), b"", None)
            first, second = large(), large()
            for message in (first, small, result, second):
                found.sending.send(1, message)
            await found.all_got(4)
            got = found.got[1]
            assert got[0] == result
            assert got[2] == small
            assert is_same(got[1], first)
            assert is_same(got[3], second)

    run(main())


def test_without_relay_no_machine_listens() -> None:
    async def main() -> None:
        async with machines(3, relays=False) as found:
            message = large()
            for number in found.machines:
                found.sending.send(number, message)
            await found.all_got()
            assert all(is_same(got[0], message) for got in found.got.values())
            assert all(not message.addresses for _, message in found.told if isinstance(message, Wanted))

    run(main())


def test_machines_that_reach_no_other_get_all_from_the_coordinator() -> None:
    async def main() -> None:
        async with machines(3) as found:
            found.addresses = ("tls://127.0.0.1:9",)  # where nobody listens
            message = large()
            for number in found.machines:
                found.sending.send(number, message)
            await found.all_got()
            assert all(is_same(got[0], message) for got in found.got.values())

    run(main())


def test_a_machine_may_be_lost_in_the_midst_and_another_join() -> None:
    async def main() -> None:
        async with machines(4) as found:
            message = large()
            for number in found.machines:
                found.sending.send(number, message)
            async with asyncio.timeout(LIMIT):
                while not any(isinstance(each, Received) and each.parts > 5 for _, each in found.told):
                    await asyncio.sleep(0)
            first = next(number for number, each in found.told if isinstance(each, Received) and each.parts > 5)
            await found.lose(first)
            found.join(5)
            found.sending.send(5, message)
            await found.all_got()
            assert all(is_same(found.got[number][0], message) for number in found.machines)

    run(main())


@pytest.mark.thorough
@pytest.mark.skipif(
    sys.version_info[:3] == (3, 13, 0), reason="Python 3.13.0 keeps the frames of futures that failed"
)
def test_a_machine_that_passes_wrong_bytes_on_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with machines(3) as found:
            message = large()
            for number in found.machines:
                found.sending.send(number, message)
            await found.all_got()
            assert all(is_same(got[0], message) for got in found.got.values())
            assert any(isinstance(each, NotFetched) and each.wrong for _, each in found.told)

    monkeypatch.setattr(Incoming, "read", lambda *_: b"wrong" * 4000)
    run(main())
