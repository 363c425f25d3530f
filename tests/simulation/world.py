"""The simulated machine.

Every worker is the real Scheduler, with its real fibers and its real Receiver. The broker is the real BrokerState.
Only what is outside of them is simulated: messages take time and overtake each other between links (never on one),
threads are those of ``threads.py``, and work is an entry in the diary. All choices come from one seeded generator, so
a run that fails is repeated by its seed.

A worker has its main thread, the I/O thread, and whatever helper threads and jobs of the I/O thread's there are. Each
may be preempted wherever it takes a lock or sends a message.
"""

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from greenlet import getcurrent

from scoop.broker.peers import Instruction, Replace, Send
from scoop.broker.state import BrokerState
from scoop.engine import runtime
from scoop.engine.constants import Constants
from scoop.engine.process.limits import Identity, Limits
from scoop.engine.receiver import Receiver
from scoop.engine.results.future import Future
from scoop.engine.results.states import TRANSITIONS
from scoop.engine.scheduler import Scheduler
from scoop.engine.tasks.cost_model import CostModel
from scoop.engine.tasks.outside import Outside
from scoop.maps.received_chunk import ReceivedChunk
from scoop.tuning import TUNING
from scoop.wire.messages import Message, Offer
from scoop.wire.status_page import StatusPage
from stand_ins import stand_ins

from .threads import Deadlock, SimEvent, SimLock, SimRLock, SimThread, Timeline

__all__ = ["Deadlock", "SimWorker", "World", "here", "only_drawn_transitions", "work"]

_MOST_WORKERS = 10_000

here: "World"
"""The world that runs now: tasks ask it for time."""


class SimWorker:
    """One simulated process."""

    def __init__(self, world: "World", number: int, program: Callable[[], object] | None) -> None:
        self.world = world
        self.number = number
        self.alive = True
        self.up: deque[Message] = deque()
        self.down: deque[Message] = deque()
        self.up_at = self.down_at = 0.0  # when the last message on the way arrives: links keep order
        self.busy = 0.0
        self.working = 0  # threads that are at work
        self.scheduler: Scheduler | None = None
        self._program = program
        self._arrived = SimEvent(world.timeline)
        self._io_thread = SimThread(world.timeline, self, self._listen)
        SimThread(world.timeline, self, self._run).start()

    def _run(self) -> None:
        world, timeline = self.world, self.world.timeline
        outside = Outside(
            world.page,
            self.send,
            lambda: SimEvent(timeline),
            timeline.clock,
            lambda: timeline.current is self._io_thread,
            CostModel(),
            ReceivedChunk,
        )
        is_origin = self._program is not None
        identity = Identity(world.machine, self.number, world.size, is_origin)
        self.scheduler = runtime.current = Scheduler(identity, world.limits, outside)
        self._io_thread.start()
        if self._program is None:
            self.scheduler.run_forever()
        else:
            world.result = self._program()
            self.scheduler.drain()
            world.ended = True

    def _listen(self) -> None:
        """Do as the threads that share the role of the I/O thread."""
        assert self.scheduler is not None
        timeline, receiver = self.world.timeline, Receiver(self.scheduler, Constants(self.send))
        while True:
            if self.down:
                job = receiver.deliver(self.down.popleft())
            else:
                self._arrived.sleep(receiver.seconds_to_next_tick())
                job = None if self.down else receiver.tick()
            if job is not None:
                SimThread(timeline, self, job).start()

    def send(self, message: Message) -> None:
        """Put a message on its way to the broker."""
        if self.alive and not self.world.timeline.over:
            self.up.append(message)
            self.world.post_up(self)
            self.world.timeline.may_preempt(0.3)

    def arrive(self, message: Message) -> None:
        """Let a message come in."""
        if self.alive:
            self.down.append(message)
            self._arrived.set()


class World:
    """A machine with ``size`` workers beside the origin, all of whose chances come from ``seed``.

    With one worker, that is the origin, unless it is spared.

    Parameters:
        slowest: seconds a message may take; each takes a random part of it.
        deaths: how many workers die, at random moments.
        spare: whether the origin runs nothing.
        preempted: how often a thread is preempted where it takes a lock; 0 leaves nothing to chance.
    """

    new_worker: type[SimWorker] = SimWorker
    machine = 0

    def __init__(
        self,
        seed: int,
        size: int,
        slowest: float = 0.0002,
        deaths: int = 0,
        retries: int = 2,
        spare: bool = False,
        preempted: float = 0.05,
    ) -> None:
        self.size = size
        self.timeline = Timeline(seed, preempted)
        self.timeline.on_switch = _enter_process
        self.ended = False
        self.result: Any = None
        self.offers = 0
        self.page = StatusPage(_MOST_WORKERS)
        self.broker = BrokerState(retries=retries)
        self.limits = Limits(retries, spare=spare)
        self.workers: dict[int, SimWorker] = {}
        self._slowest = slowest
        self._deaths = deaths
        self._numbers = count(1)
        self._dead: list[SimWorker] = []  # kept: what they have suspended is not to be unwound before the end
        self._events = 0  # that the broker has heard of

    @property
    def now(self) -> float:
        """The time."""
        return self.timeline.now

    def run(self, program: Callable[[], Any]) -> Any:
        """Run ``program`` on the origin, to the end of all work; return its result."""
        global here
        here = self
        timeline, outside = self.timeline, runtime.current
        timeline.greenlet = getcurrent()
        collecting = gc.isenabled()
        gc.disable()  # when it collects does not depend on the seed
        try:
            with stand_ins(self._stand_ins()):
                self.start(program)
                while not self.ended:
                    timeline.step()
                    if self._deaths and timeline.choice.random() < 0.002:
                        self._kill()
        finally:
            timeline.over = True
            for worker in self.all_workers():
                if worker.scheduler is not None:
                    worker.scheduler.close()
            runtime.current = outside
            if collecting:
                gc.enable()
        return self.result

    def _stand_ins(self) -> dict[str, tuple[object, object]]:
        timeline = self.timeline
        return {
            "Lock": (threading.Lock, lambda: SimLock(timeline)),
            "RLock": (threading.RLock, lambda: SimRLock(timeline)),
            "Thread": (threading.Thread, self._new_thread),
            "current_thread": (threading.current_thread, lambda: timeline.current),
            "get_ident": (threading.get_ident, timeline.ident),
            "monotonic": (time.monotonic, timeline.clock),
        }

    def _new_thread(self, target: Callable[..., object], args: tuple[Any, ...] = (), **_: object) -> SimThread:
        assert self.timeline.current is not None
        return SimThread(self.timeline, self.timeline.current.owner, partial(target, *args))

    def work(self, seconds: float) -> None:
        """Keep the thread that asks busy for so long."""
        timeline = self.timeline
        assert timeline.current is not None
        worker: SimWorker = timeline.current.owner
        assert worker.scheduler is None or not worker.scheduler.is_io_thread(), "the I/O thread runs a task"
        worker.busy += seconds
        worker.working += 1
        timeline.working += 1
        timeline.sleep_until(timeline.now + seconds)
        timeline.working -= 1
        worker.working -= 1

    # -- workers and the broker ----------------------------------------------------------------------------

    def start(self, program: Callable[[], Any]) -> None:
        """Start the origin and its workers."""
        self.start_worker(0, program)
        alone = self.size == 1 and not self.limits.spare
        for _ in range(0 if alone else self.size):
            self.start_worker(next(self._numbers))

    def all_workers(self) -> list[SimWorker]:
        """Return the processes that run, or did."""
        return [*self._dead, *self.workers.values()]

    def start_worker(self, number: int, program: Callable[[], object] | None = None) -> None:
        """Start a process."""
        self.page.clear(number)
        self.workers[number] = self.new_worker(self, number, program)
        self.consult(lambda: self.broker.joined(number))

    def _kill(self) -> None:
        victims = [worker for worker in self.workers.values() if worker.number]
        if not victims:
            return
        victim = self.timeline.choice.choice(victims)
        self._deaths -= 1
        while victim.up:  # what it has sent is in the socket, and arrives
            self.hear(victim)
        victim.alive = False
        self.timeline.working -= victim.working
        del self.workers[victim.number]
        self._dead.append(victim)
        self.timeline.forget(victim)
        self.consult(lambda: self.broker.left(victim.number, self.page.begun[self.page.cell(victim.number)]))

    def post_up(self, worker: SimWorker) -> None:
        """Have the broker hear a message, in a while."""
        worker.up_at = max(worker.up_at, self._latency())
        self.timeline.at(worker.up_at, lambda: self.hear(worker))

    def post_down(self, worker: SimWorker, message: Message) -> None:
        """Have a worker get a message, in a while."""
        worker.down_at = max(worker.down_at, self._latency())
        self.timeline.at(worker.down_at, lambda: worker.arrive(message))

    def _latency(self) -> float:
        return self.timeline.now + self.timeline.choice.random() * self._slowest

    def hear(self, worker: SimWorker) -> None:
        """Let the broker have the next message of a worker, if it has not had it already."""
        if worker.up:
            message = worker.up.popleft()
            self.timeline.quiet_steps = 0
            self.offers += isinstance(message, Offer)
            self.consult(lambda: self.broker.received(worker.number, message))

    def consult(self, event: Callable[[], list[Instruction]]) -> None:
        """Tell the broker of an event, and do what it says."""
        self._events += 1
        self.carry_out(event())
        if self.broker.requests.can_ask_more:
            events = self._events
            self.timeline.at(self.now + TUNING.ask_more_after_seconds, lambda: self._ask_more(events))

    def _ask_more(self, events: int) -> None:
        if events == self._events and self.broker.requests.can_ask_more:
            self.consult(self.broker.waited)

    def carry_out(self, instructions: Sequence[Instruction]) -> None:
        """Do what the broker says."""
        for instruction in instructions:
            if isinstance(instruction, Send):
                if instruction.peer in self.workers:
                    self.post_down(self.workers[instruction.peer], instruction.message)
            elif isinstance(instruction, Replace):
                self.start_worker(next(self._numbers))
            else:
                self.page.ask(instruction.worker, instruction.asked)


def _enter_process(thread: SimThread) -> None:
    if thread.owner.scheduler is not None:
        runtime.current = thread.owner.scheduler


def work(seconds: float) -> None:
    """What a simulated task does for ``seconds``."""
    here.work(seconds)


class only_drawn_transitions:  # noqa: N801 - reads as a sentence
    """A context in which a future that leaves its table of transitions fails the test."""

    def __enter__(self) -> None:
        self._slot = slot = Future.__dict__["_state"]

        class Checked:
            def __get__(self, future: Future, owner: type | None = None) -> int:
                state: int = slot.__get__(future, owner)
                return state

            def __set__(self, future: Future, state: int) -> None:
                try:
                    old = slot.__get__(future)
                except AttributeError:
                    old = None  # it is being made
                assert old is None or state in TRANSITIONS.get(old, ()), f"a future went from {old} to {state}"
                slot.__set__(future, state)

        type.__setattr__(Future, "_state", Checked())

    def __exit__(self, *_: object) -> None:
        type.__setattr__(Future, "_state", self._slot)
