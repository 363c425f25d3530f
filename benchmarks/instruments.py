"""What a task costs more while instruments listen: the same tasks with each instrument, in one process, by turns.

    python -m scoop -n 1 benchmarks/instruments.py [--rounds N]

The processor time of nested `fib` by submit, whose tasks are the shortest there are. The script compares the tenth
part of all measurements that were fastest, since a busy machine disturbs these least.
"""

import argparse
import os
from collections.abc import Callable
from time import monotonic, thread_time
from typing import cast

from scoop import futures
from scoop.engine import runtime
from scoop.engine.listening import hear_each
from scoop.engine.process import instruments
from scoop.engine.process.instruments import Instrument
from scoop.engine.scheduler import Scheduler
from scoop.machine.counting import TaskCounter
from scoop.machine.many_tasks import ManyTasks
from scoop.trace.lines import Lines
from scoop.trace.recorder import Recorder
from scoop.wire.status_page import StatusPage
from work import fib_tasks

SIZE = 9
"""Of fib: a hundred tasks, so that most measurements fit between two turns of other programs."""


def main() -> None:
    """Measure, and print a line for each instrument."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    scheduler = cast(Scheduler, runtime.current)
    if runtime.current is None or scheduler.size != 1:
        parser.error("start this with: python -m scoop -n 1")
    page, sink = StatusPage(2), os.open(os.devnull, os.O_WRONLY)
    ways: dict[str, Instrument | None] = {
        "none": None,
        "none again": None,
        "--progress": TaskCounter(page, 1, ManyTasks(scheduler, page, 1)),
        "--progress=table": TaskCounter(page, 1),
        "--trace": Recorder(Lines(scheduler.identity, monotonic()), lambda lines: os.write(sink, lines), 40),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for each in range(rounds):
        for name, instrument in [*ways.items()][:: -1 if each % 2 else 1]:
            listen_alone(scheduler, instrument)
            fib(SIZE)
            seconds[name] += [cpu_seconds(lambda: fib(SIZE)) for _ in range(5)]
    listen_alone(scheduler, None)
    fastest = {name: sorted(found)[len(found) // 10] for name, found in seconds.items()}
    for name, found in fastest.items():
        print(f"{name:17}{found / fib_tasks(SIZE) * 1e6:8.2f} us a task{found / fastest['none']:8.3f} times")


def fib(n: int) -> int:
    """Compute a Fibonacci number: each call is a task that waits for two others."""
    if n < 2:
        return n
    left, right = futures.submit(fib, n - 1), futures.submit(fib, n - 2)
    return left.result() + right.result()


def listen_alone(scheduler: Scheduler, instrument: Instrument | None) -> None:
    """Have this instrument listen, if it is one, and no other."""
    for each in instruments.listening():
        instruments.remove(each)
    if instrument is not None:
        instruments.add(instrument)
    hear_each(scheduler)


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return the processor time of a call on this thread."""
    since = thread_time()
    call()
    return thread_time() - since


if __name__ == "__main__":
    main()
