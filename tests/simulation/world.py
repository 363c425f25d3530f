"""The simulated machine.

Every worker is the real Scheduler, with its real hub and greenlets; the broker is the real Ledger. Only what is
outside of them is simulated: messages take time and overtake each other between links (never on one), a
sleeping thread is a greenlet set aside, and work is an entry in the diary. All choices come from one seeded
generator, so a run that fails is repeated by its seed.

What a thread of its own does in a real worker, the link, happens here at any moment the worker is not running
Python code of ours: while it works, while it sleeps, and within every ``send``.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from greenlet import getcurrent, greenlet

from scoop.broker.instructions import Ask, Instruction, Replace, Send, Unask
from scoop.broker.ledger import Ledger
from scoop.engine import runtime
from scoop.engine.future import TRANSITIONS, Future
from scoop.engine.limits import Limits
from scoop.engine.scheduler import Scheduler
from scoop.wire.board import Board
from scoop.wire.cargo import Cargo
from scoop.wire.messages import Kind, Message

__all__ = ["Deadlock", "World", "here", "only_drawn_transitions", "work"]

TICK = 0.002
_MOST_WORKERS = 10_000
_MOST_TICKS = 100_000

here: "World"
"""The world that runs now: tasks ask it for time."""


class Deadlock(AssertionError):
    """Nothing can happen any more, and the program has not ended."""


class _Bell:
    def __init__(self, worker: "_Worker") -> None:
        self._worker = worker
        self._rung = False

    def sleep(self, timeout: float | None = None) -> None:
        assert timeout is None, "no deadlines here: those need threads"
        if not self._rung:
            self._worker.set_aside()
        self._rung = False

    def ring(self) -> None:
        if not self._rung:
            self._rung = True
            self._worker.world.wake(self._worker)


class _Worker:
    """One simulated process."""

    def __init__(self, world: "World", number: int, program: Callable[[], object] | None) -> None:
        self.world = world
        self.number = number
        self.alive = True
        self.asleep = False
        self.up: deque[tuple[float, Message]] = deque()
        self.down: deque[tuple[float, Message]] = deque()
        self.busy = 0.0
        self._program = program
        self.thread: greenlet = greenlet(self._run)  # which of its greenlets is to be switched to
        self.scheduler: Scheduler

    def _run(self) -> None:
        world = self.world
        self.scheduler = Scheduler(
            self.number, world.size, world.board, self.send, lambda: _Bell(self), lambda: world.now, world.limits
        )
        runtime.current = self.scheduler
        if self._program is None:
            self.scheduler.run_forever()
        else:
            world.result = self._program()
            self.scheduler.drain()
            world.ended = True
        world.greenlet.switch()

    def send(self, kind: Kind, parcel: int, numbers: Iterable[int], body: bytes, cargo: Cargo | None = None) -> None:
        self.up.append((self.world.latency(), Message(kind, parcel, list(numbers), body, cargo)))
        # The broker is another process and the link another thread: both may act before we go on.
        if self.world.choice.random() < 0.3:
            while self.up:
                self.world.to_broker(self)
        while self.down and self.world.choice.random() < 0.5:
            self.receive()

    def receive(self) -> None:
        _, message = self.down.popleft()
        if message.kind == Kind.STEAL:
            self.scheduler.giving.give()
            self.scheduler.imports.flush()
        self.scheduler.deliver(message)
        if self.scheduler.asked():
            self.world.tick(self)

    def set_aside(self) -> None:
        """Leave the thread that all share to others, until the world comes back to us."""
        self.asleep = True
        self.thread = getcurrent()
        self.world.greenlet.switch()


class World:
    """A machine with ``size`` workers, all of whose chances come from ``seed``.

    Parameters:
        slowest: seconds a message may take; each takes a random part of it.
        deaths: how many workers die, at random moments.
        spare: whether the origin, who comes on top of ``size`` workers then, runs nothing.
    """

    def __init__(
        self, seed: int, size: int, slowest: float = 0.0002, deaths: int = 0, retries: int = 2, spare: bool = False
    ) -> None:
        self.choice = random.Random(seed)
        self.size = size
        self.now = 0.0
        self.ended = False
        self.result: Any = None
        self.parcels = 0
        self.board = Board.of_size(_MOST_WORKERS)
        self.ledger = Ledger(retries=retries, spare=spare)
        self.limits = Limits(retries, spare=spare)
        self._slowest = slowest
        self._deaths = deaths
        self._numbers = count(1)
        self._workers: dict[int, _Worker] = {}
        self._graves: list[_Worker] = []
        self._runnable: list[_Worker] = []
        self._diary: list[tuple[float, int, Callable[[], None]]] = []
        self._entries = count()
        self._ticking: set[int] = set()
        self._ticks = 0  # in a row, with nothing else between them
        self.greenlet: greenlet

    def run(self, program: Callable[[], Any]) -> Any:
        """Run ``program`` on the origin, to the end of all work; return its result."""
        global here
        here = self
        self.greenlet = getcurrent()
        outside = runtime.current
        try:
            self._start(0, program)
            for _ in range(self.size - (not self.limits.spare)):
                self._start(next(self._numbers), None)
            while not self.ended:
                self._step()
        finally:
            runtime.current = outside
            for worker in [*self._graves, *self._workers.values()]:
                if hasattr(worker, "scheduler"):
                    worker.scheduler.close()
        return self.result

    # -- what happens next ---------------------------------------------------------------------------------

    def _step(self) -> None:
        """Let one thing happen, chosen at random from what can happen now; else let time pass."""
        moves: list[Callable[[], None]] = []
        for worker in self._workers.values():
            if worker.up and worker.up[0][0] <= self.now:
                moves.append(lambda w=worker: self.to_broker(w))  # type: ignore[misc]
            if worker.down and worker.down[0][0] <= self.now and hasattr(worker, "scheduler"):
                moves.append(worker.receive)
        moves += [lambda w=worker: self._switch_to(w) for worker in self._runnable]  # type: ignore[misc]
        if moves:
            self._ticks = 0
            self.choice.choice(moves)()
            if self._deaths and self.choice.random() < 0.002:
                self._kill()
            return
        if self.ledger.waits and self.choice.random() < 0.5:
            self._carry_out(self.ledger.waited())
            return
        times = [queue[0][0] for w in self._workers.values() for queue in (w.up, w.down) if queue]
        times += [self._diary[0][0]] if self._diary else []
        if not times:
            raise Deadlock(f"at {self.now:.6f} s nothing is left to happen, and the program has not ended")
        self.now = max(self.now, min(times))
        while self._diary and self._diary[0][0] <= self.now:
            heapq.heappop(self._diary)[2]()

    def _switch_to(self, worker: _Worker) -> None:
        self._runnable.remove(worker)
        worker.asleep = False
        if hasattr(worker, "scheduler"):
            runtime.current = worker.scheduler
        worker.thread.switch()

    def wake(self, worker: _Worker) -> None:
        if worker.asleep and worker.alive and worker not in self._runnable:
            self._runnable.append(worker)

    def work(self, seconds: float) -> None:
        """Keep the worker that asks busy for so long."""
        assert isinstance(runtime.current, Scheduler)
        worker = self._workers[runtime.current.slot]
        worker.busy += seconds
        done = False

        def end() -> None:
            nonlocal done
            done = True
            self.wake(worker)

        self._enter(self.now + seconds, end)
        while not done:
            worker.set_aside()

    def latency(self) -> float:
        return self.now + self.choice.random() * self._slowest

    def tick(self, worker: _Worker) -> None:
        """Have the link of an asked worker look at it in a while, as it does until nobody is hungry."""
        if worker.number in self._ticking:
            return
        self._ticking.add(worker.number)

        def look() -> None:
            self._ticks += 1
            if self._ticks > _MOST_TICKS:
                raise Deadlock(f"at {self.now:.6f} s links look at their workers, and nothing comes of it")
            self._ticking.discard(worker.number)
            if worker.alive and worker.scheduler.asked():
                worker.scheduler.giving.give()
                worker.scheduler.imports.flush()
                self.tick(worker)

        self._enter(self.now + TICK, look)

    def _enter(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._diary, (when, next(self._entries), what))

    # -- workers and the broker ----------------------------------------------------------------------------

    def _start(self, number: int, program: Callable[[], object] | None) -> None:
        worker = self._workers[number] = _Worker(self, number, program)
        worker.asleep = True
        self.wake(worker)
        self._carry_out(self.ledger.joined(number))

    def _kill(self) -> None:
        victim = self.choice.choice([w for w in self._workers.values() if w.number] or [None])
        if victim is None:
            return
        self._deaths -= 1
        while victim.up:  # what it has sent is in the socket, and arrives
            self.to_broker(victim)
        victim.alive = False
        del self._workers[victim.number]
        self._graves.append(victim)
        if victim in self._runnable:
            self._runnable.remove(victim)
        self._carry_out(self.ledger.left(victim.number, self.board.taken[victim.number]))

    def to_broker(self, worker: _Worker) -> None:
        _, message = worker.up.popleft()
        self.parcels += message.kind == Kind.PARCEL
        self._carry_out(self.ledger.received(worker.number, message))

    def _carry_out(self, instructions: Sequence[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, Send):
                self._workers[instruction.worker].down.append((self.latency(), instruction.message))
            elif isinstance(instruction, Ask):
                self.board.ask(instruction.worker, True)
            elif isinstance(instruction, Unask):
                for number in instruction.workers:
                    self.board.ask(number, False)
            elif isinstance(instruction, Replace):
                self._start(next(self._numbers), None)


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
                assert old is None or state in TRANSITIONS[old], f"a future went from {old} to {state}"
                slot.__set__(future, state)

        type.__setattr__(Future, "_state", Checked())

    def __exit__(self, *_: object) -> None:
        type.__setattr__(Future, "_state", self._slot)
