"""How far one broker carries: the real scheduler and broker state, on machines of up to thousands of workers.

    PYTHONPATH=tests python benchmarks/scaling.py [--seconds N] [--most N]

Only time is simulated. Messages take as long as the constants below estimate. The broker's state handles each message
for real, and its real time counts. So the result shows all costs that grow with the number of workers. The script
writes docs/scaling.png and benchmarks/results/scaling.md. It leaves out sizes for which the time is not enough.
"""

import argparse
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scoop import futures
from scoop.broker.peers import Instruction
from scoop.wire.messages import Message, Offer, Results, Run
from simulation.world import SimWorker, World, work

HERE = Path(__file__).parent

LATENCY = 20e-6
"""Seconds from one process to another."""
HANDLE = 20e-6
"""What a message costs the worker that sends or receives it."""
PACK = 60e-6
"""What a message with tasks or results costs besides, on either side: pickling."""
BROKER_IN = 10e-6
BROKER_OUT = 5e-6
"""What a message costs the broker, besides its state."""
SPAWN = 1e-6
"""What a task costs where it was created."""

SIZES = (2, 8, 32, 128, 512, 2_048, 10_000)
LENGTHS = (10e-6, 100e-6, 1e-3, 10e-3, 100e-3)
TASKS = 50
"""Tasks a worker, in each run: fewer are harder to share out."""


class Processor(SimWorker):
    """A worker whose messages take time: its own while it is idle, else that of the task it is at."""

    free_at = 0.0
    stolen = 0.0

    def spend(self, message: Message) -> None:
        """Take the time of the processor that a message costs."""
        seconds = HANDLE + PACK * isinstance(message, Offer | Run | Results)
        if self.working:
            self.stolen += seconds
        else:
            self.free_at = max(self.free_at, self.world.now) + seconds

    def send(self, message: Message) -> None:
        """Put a message on its way to the broker."""
        self.spend(message)
        super().send(message)

    def arrive(self, message: Message) -> None:
        """Take in a message."""
        self.spend(message)
        super().arrive(message)


class Machine(World):
    """A world in which nothing happens by chance, and whose broker can do one thing at a time."""

    new_worker = Processor

    def __init__(self, size: int) -> None:
        super().__init__(seed=1, size=size, preempted=0)
        self.messages = 0
        self._broker_free_at = 0.0
        self._mail: deque[SimWorker] = deque()  # workers of which messages have arrived, in this order

    def work(self, seconds: float) -> None:
        """Keep the thread that asks busy for so long, and for what messages take meanwhile."""
        assert self.timeline.current is not None
        worker: Processor = self.timeline.current.owner
        behind = max(0.0, worker.free_at - self.now)
        super().work(behind + SPAWN + seconds)
        while worker.stolen:
            again, worker.stolen = worker.stolen, 0.0
            super().work(again)

    def post_up(self, worker: SimWorker) -> None:
        """Have the broker get a message, and look at it when it has the time."""

        def arrive() -> None:
            self._mail.append(worker)
            if len(self._mail) == 1:
                self.timeline.at(max(self.now, self._broker_free_at), self._look)

        assert isinstance(worker, Processor)
        worker.up_at = max(worker.up_at, max(worker.free_at, self.now) + LATENCY)
        self.timeline.at(worker.up_at, arrive)

    def _look(self) -> None:
        """Let the broker handle one message."""
        self.messages += 1
        self.hear(self._mail[0])
        self._mail.popleft()
        if self._mail:
            self.timeline.at(self._broker_free_at, self._look)

    def consult(self, event: Callable[[], list[Instruction]]) -> None:
        """Tell the broker of an event, and charge what it takes here."""

        def timed() -> list[Instruction]:
            begun = time.thread_time()
            instructions = event()
            self._broker_free_at = max(self.now, self._broker_free_at) + BROKER_IN + time.thread_time() - begun
            return instructions

        super().consult(timed)

    def post_down(self, worker: SimWorker, message: Message) -> None:
        """Have a worker get a message, when the broker has sent it."""
        self._broker_free_at = max(self._broker_free_at, self.now) + BROKER_OUT
        self.timeline.at(self._broker_free_at + LATENCY, lambda: worker.arrive(message))


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
