"""How far one broker carries: the real scheduler and ledger, on simulated machines with up to thousands of workers.

    PYTHONPATH=tests python benchmarks/scaling.py [--seconds N] [--most N]

Only time is simulated. It passes as the constants below say, which are estimates; what the ledger does
for a message is charged at what it really takes here, so that whatever grows with the number of workers shows. Writes
docs/scaling.png and benchmarks/results/scaling.md. Sizes that would take longer than is left are left out.
"""

import argparse
import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from scoop import futures
from scoop.broker.instructions import Ask, Instruction, Send, Unask
from scoop.broker.loop import PATIENCE
from scoop.engine import runtime
from scoop.wire.cargo import Cargo
from scoop.wire.messages import Kind, Message
from simulation.world import World, _Worker, work

HERE = Path(__file__).parent

LATENCY = 20e-6
"""Seconds from one process to another."""
HANDLE = 20e-6
"""What a message costs the worker that sends or receives it."""
PACK = 60e-6
"""What a parcel costs besides, on either side: pickling."""
BROKER_IN = 10e-6
BROKER_OUT = 5e-6
"""What a message costs the broker, besides the ledger."""
SPAWN = 1e-6
"""What a task costs where it was created."""

SIZES = (2, 8, 32, 128, 512, 2_048, 10_000)
LENGTHS = (10e-6, 100e-6, 1e-3, 10e-3, 100e-3)
TASKS = 50
"""Tasks a worker, in each run: fewer are harder to share out."""


class Processor(_Worker):
    """A worker whose messages take time: its own while it is idle, else that of the task it is at."""

    free_at = 0.0
    stolen = 0.0
    working = False

    def spend(self, seconds: float) -> None:
        """Take so much of the processor for what is not a task."""
        if self.working:
            self.stolen += seconds
        else:
            self.free_at = max(self.free_at, self.world.now) + seconds

    def send(self, kind: Kind, parcel: int, numbers: Iterable[int], body: bytes, cargo: Cargo | None = None) -> None:
        """Put a message on its way to the broker."""
        self.spend(HANDLE + PACK * (kind in (Kind.PARCEL, Kind.OUTCOME)))
        message = Message(kind, parcel, list(numbers), body, cargo)
        assert isinstance(self.world, Machine)
        self.world.post(self, message, max(self.free_at, self.world.now) + LATENCY)

    def receive(self) -> None:
        """Take in the next message."""
        kind = self.down[0][1].kind
        self.spend(HANDLE + PACK * (kind in (Kind.PARCEL, Kind.OUTCOME)))
        super().receive()


class Machine(World):
    """A world in which nothing happens by chance, and whose broker can do one thing at a time."""

    def __init__(self, size: int) -> None:
        super().__init__(seed=1, size=size)
        self.messages = 0
        self._broker_free_at = 0.0
        self._waiting = False  # for those that were asked to give
        self._queue: deque[_Worker] = deque()
        self._queued: set[int] = set()
        self._mail: deque[tuple[_Worker, Message]] = deque()

    def _step(self) -> None:
        self._ticks = 0
        if self._queue:
            worker = self._queue.popleft()
            self._queued.discard(worker.number)
            worker.asleep = False
            if hasattr(worker, "scheduler"):
                runtime.current = worker.scheduler
            worker.thread.switch()
            return
        when, _, what = heapq.heappop(self._diary)
        self.now = max(self.now, when)
        what()

    def wake(self, worker: _Worker) -> None:
        """Have the worker go on, in its turn."""
        if worker.asleep and worker.number not in self._queued:
            self._queued.add(worker.number)
            self._queue.append(worker)

    def work(self, seconds: float) -> None:
        """Keep the worker that asks busy for so long, and for what messages take meanwhile."""
        worker = self._workers[runtime.current.slot]  # type: ignore[union-attr]
        assert isinstance(worker, Processor)
        worker.working, done = True, False

        def end() -> None:
            nonlocal done
            if worker.stolen:
                again, worker.stolen = self.now + worker.stolen, 0.0
                self._enter(again, end)
                return
            done = True
            self.wake(worker)

        worker.busy += seconds
        self._enter(max(self.now, worker.free_at) + SPAWN + seconds, end)
        while not done:
            worker.set_aside()
        worker.working = False

    def post(self, worker: _Worker, message: Message, when: float) -> None:
        """Have the broker get a message then, and look at it when it has the time."""

        def arrive() -> None:
            self._mail.append((worker, message))
            if len(self._mail) == 1:
                self._enter(max(self.now, self._broker_free_at), self._look)

        self._enter(when, arrive)

    def _look(self) -> None:
        """The broker handles one message."""
        worker, message = self._mail[0]
        self.messages += 1
        self._consult(lambda: self.ledger.received(worker.number, message))
        self._mail.popleft()
        if self._mail:
            self._enter(self._broker_free_at, self._look)

    def _consult(self, event: Callable[[], list[Instruction]]) -> None:
        begun = time.thread_time()
        instructions = event()
        self._broker_free_at = max(self.now, self._broker_free_at) + BROKER_IN + time.thread_time() - begun
        self._carry_out(instructions)
        if self.ledger.waits and not self._waiting:
            self._waiting = True
            self._enter(self._broker_free_at + PATIENCE, self._lose_patience)

    def _lose_patience(self) -> None:
        self._waiting = False
        if self.ledger.waits:
            self._consult(self.ledger.waited)

    def _start(self, number: int, program: Callable[[], object] | None) -> None:
        worker = self._workers[number] = Processor(self, number, program)
        worker.asleep = True
        self.wake(worker)
        self._carry_out(self.ledger.joined(number))

    def _carry_out(self, instructions: Sequence[Instruction]) -> None:
        for instruction in instructions:
            if isinstance(instruction, Send):
                self._broker_free_at = max(self._broker_free_at, self.now) + BROKER_OUT
                self._deliver(self._workers[instruction.worker], instruction.message)
            elif isinstance(instruction, Ask):
                self.board.ask(instruction.worker, True)
            elif isinstance(instruction, Unask):
                for number in instruction.workers:
                    self.board.ask(number, False)

    def _deliver(self, worker: _Worker, message: Message) -> None:
        def arrive() -> None:
            worker.down.append((self.now, message))
            worker.receive()

        self._enter(self._broker_free_at + LATENCY, arrive)


def flat(count: int, length: float) -> int:
    """A map."""
    return sum(1 for _ in futures.map(work, [length] * count))


def binary(count: int, length: float) -> int:
    """A tree in which each task halves what it is to do."""
    return split(count, length, 0.5)


def lopsided(count: int, length: float) -> int:
    """A tree in which one child gets nine tenths."""
    return split(count, length, 0.9)


def split(count: int, length: float, share: float) -> int:
    """Do ``count`` tasks' work by two tasks that do the same, or do the last one."""
    if count == 1:
        work(length)
        return 1
    more = min(count - 1, max(1, round(count * share)))
    first, second = futures.submit(split, more, length, share), futures.submit(split, count - more, length, share)
    return int(first.result() + second.result())


SHAPES: dict[str, Callable[[int, float], int]] = {"map": flat, "binary tree": binary, "lopsided tree": lopsided}


def efficiency(shape: str, size: int, length: float) -> tuple[float, int]:
    """Return what share of the ideal time a run takes, and how many messages."""
    count = TASKS * size
    machine = Machine(size)
    assert machine.run(lambda: SHAPES[shape](count, length)) == count
    return count * length / size / machine.now, machine.messages


Found = dict[tuple[str, int, float], tuple[float, int]]


def explore(limit: float, most: int) -> Found:
    """Run all shapes and lengths at ever larger sizes, until so many seconds have passed."""
    found: Found = {}
    start = time.monotonic()
    for size in (size for size in SIZES if size <= most):
        begun = time.monotonic()
        for length in reversed(LENGTHS):
            for shape in SHAPES:
                if time.monotonic() - start > limit:
                    return found
                found[shape, size, length] = efficiency(shape, size, length)
        print(f"{size:6} workers: {time.monotonic() - begun:6.1f} s to simulate", flush=True)
    return found


def label(length: float) -> str:
    """Write a length as people do."""
    return f"{length * 1e6:.0f} us" if length < 1e-3 else f"{length * 1e3:.0f} ms"


def table(found: Found) -> str:
    """Return the efficiencies as Markdown."""
    sizes = sorted({size for _, size, _ in found})
    lines = [
        f"Simulated: share of the ideal time, {TASKS} tasks a worker, one broker.",
        "",
        "| shape | task | " + " | ".join(f"{size:,}" for size in sizes) + " |",
        "|---|---|" + "---:|" * len(sizes),
    ]
    for shape in SHAPES:
        for length in LENGTHS:
            cells = [found.get((shape, size, length)) for size in sizes]
            shares = [f"{cell[0]:.2f}" if cell else "" for cell in cells]
            lines.append(f"| {shape} | {label(length)} | " + " | ".join(shares) + " |")
    return "\n".join(lines) + "\n"


def picture(found: Found, path: Path) -> None:
    """Draw efficiency against task length: a panel a shape, a line a number of workers."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    grey = "#808080"
    figure, panels = pyplot.subplots(1, len(SHAPES), figsize=(11, 3.6), sharey=True)
    for panel, shape in zip(panels, SHAPES, strict=True):
        for place, size in enumerate(sorted({size for _, size, _ in found})):
            here = {length: found[shape, size, length] for length in LENGTHS if (shape, size, length) in found}
            points = [(1e3 * length, share) for length, (share, _) in here.items()]
            colour = pyplot.get_cmap("viridis")(0.15 + 0.1 * place)
            xs, ys = [x for x, _ in points], [y for _, y in points]
            panel.plot(xs, ys, "o-", color=colour, label=f"{size:,}", markersize=4)
        panel.set(xscale="log", ylim=(0, 1.02))
        panel.set_title(shape, color=grey)
        panel.set_xlabel("task, ms", color=grey)
        panel.tick_params(colors=grey, which="both")
        panel.grid(True, color=grey, alpha=0.25)
        for spine in panel.spines.values():
            spine.set_visible(False)
    panels[0].set_ylabel("share of the ideal time", color=grey)
    for text in panels[-1].legend(title="workers", frameon=False, labelcolor=grey).get_texts():
        text.set_color(grey)
    figure.savefig(path, dpi=110, transparent=True, bbox_inches="tight")


def main() -> None:
    """Simulate, and write the table and the picture."""
    parser: Any = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240, help="begin no run after so long")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="workers")
    options = parser.parse_args()
    found = explore(options.seconds, options.most)
    (HERE / "results" / "scaling.md").write_text(table(found))
    print(table(found))
    picture(found, HERE.parent / "docs" / "scaling.png")


if __name__ == "__main__":
    main()
