"""The engine under every order of lines: constants, frames, the inbox and helper threads."""

import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import copy_context
from threading import Thread
from typing import Any

import pytest

from scoop.engine.constants import Constants
from scoop.engine.loops.coroutines import Coroutines
from scoop.engine.process.broker_client import BrokerClient
from scoop.engine.process.program_settings import Settings
from scoop.engine.stealing.inbox import Inbox
from scoop.engine.stealing.result_sender import ResultSender
from scoop.engine.threads.fibers import Fibers
from scoop.engine.threads.helper_threads import HelperThreads
from scoop.wire import codec
from scoop.wire.messages import (
    Cancelled,
    DeleteConstants,
    GiveBack,
    Message,
    MessageReader,
    Results,
    Retire,
    Run,
    SetConstants,
    Steal,
)
from scoop.wire.shared_buffers import BufferPool
from scoop.wire.status_page import StatusPage
from stand_ins import stand_ins

from .interleaver import BatonEvent, BatonRLock, Interleaver, NoLock, over_seeds
from .maps import Process


class Picky:
    """A value whose unpickling is a point at which others may go on."""

    step: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, version: int) -> None:
        self.version = version

    def __reduce__(self) -> Any:
        return _unpickle, (self.version,)


def _unpickle(version: int) -> Picky:
    Picky.step()
    return Picky(version)


def constants_set_anew_while_they_are_unpickled(interleaver: Interleaver) -> None:
    Picky.step = staticmethod(interleaver.step)
    process = Process(interleaver)
    constants = Constants(lambda _: None)
    newest = 0

    def put(version: int) -> None:
        nonlocal newest
        packed = {"name": (codec.dumps(Picky(version)), ())}
        constants.deliver(SetConstants(0, ("name",), codec.dumps(packed), None), process)
        newest = version

    def set_anew() -> None:
        for version in range(2, 6):
            constants.deliver(DeleteConstants(0, ("name",)), process)
            put(version)

    def read() -> None:
        for _ in range(6):
            least = newest
            value = constants.get("name")
            assert value is None or value.version >= least, "an old value, after a new one was set"

    put(1)
    interleaver.run(set_anew, read, read)
    assert constants.get("name").version == 5


class Stream:
    """A socket that takes frames in pieces; a signal handler may send while one is on its way."""

    def __init__(self, interleaver: Interleaver) -> None:
        self.data = bytearray()
        self.client: BrokerClient
        self._interleaver = interleaver
        self._within = 0

    def sendall(self, frame: memoryview) -> None:
        """Take a frame."""
        for place in range(0, len(frame), 11):
            self.data += frame[place : place + 11]
            self._interleaver.step()
            if self._within < 3 and self._interleaver.choice.random() < 0.2:
                self._within += 1
                self.client.send(Retire())


def sends_within_sends(interleaver: Interleaver) -> None:
    stream: Any = Stream(interleaver)
    client = stream.client = BrokerClient(stream, lambda _: None)

    def send(name: int) -> None:
        for number in range(4):
            client.send(Steal(10 * name + number, far=False))

    interleaver.run(lambda: send(1), lambda: send(2))
    received = list(MessageReader().feed(bytes(stream.data)))
    wanted = [message.wanted for message in received if isinstance(message, Steal)]
    for name in (1, 2):
        assert [each for each in wanted if each // 10 == name] == [10 * name + number for number in range(4)]
    assert len(received) - len(wanted) == stream._within
    assert not client._unsent


class RunningChunk:
    """A chunk that may be cancelled."""

    def __init__(self, number: int, unwanted: set[int], step: Callable[[], None]) -> None:
        self.number = number
        self.cancelled = False
        self._unwanted = unwanted
        self._step = step

    def run(self, is_due: object) -> tuple[bytes, Sequence[Any]]:  # noqa: ARG002
        """Run its rows, none of which may begin once it is cancelled."""
        for _ in range(3):
            assert self.cancelled or self.number not in self._unwanted, "a chunk was cancelled, and hears nothing"
            self._step()
        return pickle.dumps((self.number, self.cancelled)), ()

    def has_news(self) -> bool:
        """Return that there are none."""
        return False

    def report(self) -> None:
        """Report nothing."""

    def cancel(self) -> None:
        """Let no row begin any more."""
        self.cancelled = True


class Function:
    """The function of a chunk, as the inbox sees it."""

    function = abs
    name = None

    def parts(self) -> tuple[Any, ...]:
        """Return what it is made of."""
        return (abs,)


def cancel_while_tasks_begin(interleaver: Interleaver) -> None:
    held = [*range(6)]  # as the broker knows it: tasks that were not dropped or given back, in their order
    ends: Counter[int] = Counter()
    begun = StatusPage(2).begun
    cancelled: set[int] = set()

    def hear(message: Message) -> None:
        interleaver.step()
        if isinstance(message, Cancelled | GiveBack):
            for number in message.tasks:
                held.remove(number)
        if isinstance(message, Results | Cancelled | GiveBack):
            ends.update(message.tasks)

    def new_chunk(_: object, columns: tuple[Sequence[int], ...], *__: object) -> Any:
        number = columns[0][0]
        assert number in held[: begun[1]], "if the worker died now, the broker would blame another task"
        return RunningChunk(number, cancelled, interleaver.step)

    results = ResultSender(hear, lambda: 0.0, lambda: True, BufferPool())
    inbox = Inbox(hear, results, begun, 1, True, new_chunk, Coroutines(None))
    calls = [(0, codec.dumps((([number],), {})), None, True, True, (), None, None) for number in held]
    inbox.accept(
        Run(7, [*held], pickle.dumps(([codec.dumps(Function())], calls, (), Settings(0, 0, {}, [], False, {}))), None)
    )
    assert len(inbox.waiting) == len(held)

    def run() -> None:
        while (task := inbox.take()) is not None:
            inbox.run(task)

    def cancel() -> None:
        for number in interleaver.choice.sample(range(6), 4):
            inbox.cancel(7, [number])
            cancelled.add(number)

    interleaver.run(run, cancel, lambda: inbox.give_back(1))
    assert ends == Counter(range(6)), "each task ends once"
    assert not inbox._current
    assert not inbox._cancelled
    assert inbox.all_answered()


class Worker:
    """What helper threads need of a scheduler."""

    def wake(self) -> None:
        """Wake no thread."""

    look_again = wake

    def rise(self, fibers: Fibers) -> None:
        """Tell the broker nothing."""


def helpers_are_started_when_needed(interleaver: Interleaver) -> None:
    started: list[object] = []
    calls: list[int] = []

    class NewThread:
        def __init__(self, **_: object) -> None:
            pass

        def start(self) -> None:
            interleaver.step()
            started.append(interleaver.current)

    with stand_ins({"Thread": (Thread, NewThread)}):
        worker: Any = Worker()
        helpers = HelperThreads(worker, worker, lambda: BatonEvent(interleaver), copy_context)

        def cover() -> None:
            with helpers.covering(None):
                assert helpers._starting, "a thread sleeps, and no helper works in its place"

        def poll() -> None:
            helpers.poll(None)
            assert helpers._starting, "a thread polls, and no helper works in its place"

        def defer() -> None:
            helpers.defer(lambda: calls.append(1))
            assert helpers._starting or calls
            helpers.make_deferred_call()

        interleaver.run(cover, poll, defer)
        assert len(started) == 1, "one helper is enough"
        assert calls == [1]
        assert not helpers._blocked
        assert not helpers._making


SCENARIOS = {
    constants_set_anew_while_they_are_unpickled: 150,
    sends_within_sends: 300,
    cancel_while_tasks_begin: 200,
    helpers_are_started_when_needed: 300,
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_engine_is_safe_in_every_order_of_lines(scenario: Any) -> None:
    over_seeds(scenario, SCENARIOS[scenario])


@pytest.mark.parametrize("scenario", [sends_within_sends, cancel_while_tasks_begin])
def test_without_its_lock_the_engine_is_found_to_be_unsafe(scenario: Any) -> None:
    with pytest.raises(AssertionError, match="seed"):
        over_seeds(scenario, 2000, lock=NoLock, rlock=NoLock)


def test_a_deadlock_between_paths_is_found() -> None:
    def take_both(interleaver: Interleaver) -> None:
        first, second = BatonRLock(interleaver), BatonRLock(interleaver)

        def take(one: BatonRLock, other: BatonRLock) -> None:
            with one:
                interleaver.step()
                with other:
                    pass

        interleaver.run(lambda: take(first, second), lambda: take(second, first))

    with pytest.raises(AssertionError, match="deadlock"):
        over_seeds(take_both, 100)
