"""A run on a thousand hosts of 64 workers, some of which are lost: who works when, as a picture.

    PYTHONPATH=tests python benchmarks/thousand_hosts.py [--hosts N] [--workers N] [--tasks N] [--lose N]

Only time is simulated. The states of all brokers, of the links and of the coordinator are the real ones, and the real
time that the coordinator takes for each message counts. Workers and the program are simulated: a worker runs one task
after another, and gives back half of what it has when it is asked; the program has a map of long rows, and gives what
it is asked for. Tasks last between half and one and a half times the given seconds. Hosts are lost at random moments,
with all that they had; a minute later each of them has joined anew. The script writes docs/thousand-hosts.png.
"""

import argparse
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from math import inf
from pathlib import Path
from typing import NamedTuple

from scoop.broker.peers import Instruction, Mark, Send
from scoop.broker.state import BrokerState
from scoop.cluster.coordinator_state import HERE, CoordinatorState
from scoop.cluster.lines.link_state import LinkState
from scoop.tuning import TUNING
from scoop.wire.messages import (
    AllDone,
    GiveBack,
    Idle,
    Lost,
    Message,
    Offer,
    ProgramEnded,
    Results,
    Run,
    Steal,
    batch_ids,
)
from simulation.threads import Timeline

PICTURE = Path(__file__).parent.parent / "docs" / "thousand-hosts.png"

WITHIN = 50e-6
"""Seconds from one process of a host to another."""
BETWEEN = 500e-6
"""Seconds from a host to the coordinator."""
HANDLE = 30e-6
"""What a message costs the coordinator, in or out, besides its state: the socket, the encryption."""
AWAY = 60.0
"""Seconds until a host that was lost has joined anew."""
LOOK = 0.05
"""Seconds between two looks of a busy worker at what its broker asks for."""

ORIGIN, UPLINK = 0, 1

Place = tuple[int, int]


class Settings(NamedTuple):
    """What is simulated."""

    hosts: int
    workers: int
    tasks: int
    seconds: float
    lose: int
    picture: Path


class Worker:
    """One worker: runs one task after another."""

    def __init__(self, host: "Host", number: int) -> None:
        self.host, self.number = host, number
        self.begun = 0
        self._inbox: OrderedDict[Place, None] = OrderedDict()
        self._seen = 0
        self.is_busy = False
        self._say(Idle(0, False))

    def take(self, message: Message) -> None:
        """Take in a message of the broker."""
        self._seen += 1
        match message:
            case Run(batch, tasks, _, _):
                self._inbox.update(((batch, task), None) for task in tasks)
                self._go_on()
            case Steal():
                self._give_back()
        if not (self.is_busy or self._inbox):
            self._say(Idle(self._seen, False))

    def _give_back(self) -> None:
        backs: dict[int, list[int]] = {}
        for _ in range(len(self._inbox) // 2):
            batch, task = self._inbox.popitem()[0]
            backs.setdefault(batch, []).append(task)
        for batch, tasks in backs.items():
            self._say(GiveBack(batch, tasks, (), ()))

    def _go_on(self) -> None:
        if self._inbox and not self.is_busy:
            place = self._inbox.popitem(last=False)[0]
            self.is_busy = True
            self.begun += 1
            self.host.run.busy += 1
            self.host.later(self.host.run.length_of(), lambda: self._end(place))

    def _end(self, place: Place) -> None:
        self.is_busy = False
        self.host.run.busy -= 1
        self._say(Results(place[0], [place[1]], b"", None))
        self._go_on()
        if not self.is_busy:
            self._say(Idle(self._seen, False))

    def _say(self, message: Message) -> None:
        self.host.later(WITHIN, lambda: self.host.hear(self.number, message))


class Program:
    """The origin: it has a map of long rows, of which it gives as many as others want, some ahead."""

    def __init__(self, host: "Host", tasks: int) -> None:
        self.host = host
        self.begun = 0
        self.left, self.done = tasks, 0
        self.total = tasks
        self.has_ended = False
        self._batches = batch_ids(HERE, ORIGIN)
        self._away: set[Place] = set()
        self._seen = 0
        self._wanted = 0
        self._is_giving = False

    def take(self, message: Message) -> None:
        """Take in a message of the broker."""
        self._seen += 1
        match message:
            case Steal(wanted, _):
                self._wanted = wanted
                if not self._is_giving:
                    self._is_giving = True
                    self.host.later(WITHIN, self._give)
            case Results(batch, tasks, _, _):
                self._away.difference_update((batch, task) for task in tasks)
                self.done += len(tasks)
            case Lost(batch, tasks, _, _):
                raise AssertionError(f"tasks {batch}, {tasks} are lost")
            case AllDone():
                self.has_ended = True
        if self.done == self.total and not self.has_ended:
            self._say(ProgramEnded(self._seen, False))

    def _give(self) -> None:
        self._is_giving = False
        rows = min(self.left, 2 * self._wanted, TUNING.batch_tasks)
        self._wanted = 0
        if rows:
            self.left -= rows
            batch = next(self._batches)
            self._away.update((batch, task) for task in range(rows))
            self._say(Offer(batch, range(rows), [8] * rows, [0] * rows, b"", None))

    def _say(self, message: Message) -> None:
        self.host.later(WITHIN, lambda: self.host.hear(ORIGIN, message))


class Host:
    """One machine: its broker and its workers."""

    def __init__(self, run: "Simulation", machine: int) -> None:
        self.run, self.machine = run, machine
        self.is_up = True
        self.link = LinkState()
        self.uplink = 0 if machine else UPLINK
        self.broker = run.new_broker(self)
        self.peers: dict[int, Worker | Program] = {}
        self._demand_at = inf
        self._waits = False

    def start(self) -> None:
        """Start the workers; on the origin's machine there is the program alone."""
        if self.machine == HERE:
            self.peers[ORIGIN] = self.run.program = Program(self, self.run.settings.tasks)
            self.obey(self.broker.joined(ORIGIN))
        self.obey(self.broker.joined(self.uplink))
        for number in range(self.uplink + 1, self.uplink + 1 + self.run.settings.workers) if self.machine else ():
            self.obey(self.broker.joined(number))
            self.peers[number] = Worker(self, number)

    def later(self, seconds: float, event: Callable[[], object]) -> None:
        """Have something happen on this host, unless it is lost by then."""

        def happen() -> None:
            if self.is_up:
                event()

        self.run.clock.at(self.run.clock.now + seconds, happen)

    def hear(self, number: int, message: Message) -> None:
        """Let the broker hear a worker."""
        self.obey(self.broker.received(number, message))

    def take(self, message: Message) -> None:
        """Take in a message of the coordinator."""
        message = self.link.from_coordinator(message) if self.machine else message
        self.obey(self.broker.received(self.uplink, message))

    def begun_by(self, number: int) -> int:
        """Return how many tasks a worker has begun."""
        return self.peers[number].begun if number in self.peers else 0

    def obey(self, instructions: Sequence[Instruction]) -> None:
        """Do what the broker says; a moment later it tells the others what it needs."""
        for each in instructions:
            if isinstance(each, Send) and each.peer == self.uplink:
                message = self.link.from_broker(each.message) if self.machine else each.message
                self.run.to_coordinator(self.machine, message)
            elif isinstance(each, Send):
                self.later(WITHIN, partial(self.peers[each.peer].take, each.message))
            else:
                assert isinstance(each, Mark), each
        if self.broker.requests.can_ask_more and not self._waits:
            self._waits = True
            self.later(LOOK, self._look_again)
        self._tell_demand_at(self.run.clock.now + TUNING.tell_demand_after_seconds)

    def _look_again(self) -> None:
        self._waits = False
        if self.broker.requests.can_ask_more:
            self.obey(self.broker.waited())

    def _tell_demand_at(self, when: float) -> None:
        if when < self._demand_at:
            self._demand_at = when
            self.later(when - self.run.clock.now, lambda: self._tell_demand(when))

    def _tell_demand(self, when: float) -> None:
        if when == self._demand_at:
            self._demand_at = inf
            if instructions := self.broker.tell_demand():
                self.obey(instructions)
            self._tell_demand_at(self.run.clock.now + self.broker.seconds_to_next_look())


class Simulation:
    """A run on many hosts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Timeline(seed=1, preempted=0)
        self.clock.working = 1  # looks that find nothing are no deadlock: tasks take long
        self.choice = self.clock.choice
        self.coordinator = CoordinatorState()
        self.messages = 0
        self.coordinator_seconds = 0.0
        self.busy = 0
        self.history: list[tuple[float, int, int, int]] = []  # time, busy, done, workers there
        self.losses: list[float] = []
        self.program: Program
        self.hosts: dict[int, Host] = {}
        self._numbers = count(HERE)
        self._free_at = 0.0
        self._tells_demand = False
        self._looks_at = inf

    def go(self) -> None:
        """Simulate it to its end."""
        settings = self.settings
        for _ in range(settings.hosts + 1):
            self._join()
        expected = settings.tasks * settings.seconds / (settings.hosts * settings.workers)
        for _ in range(settings.lose):
            self.clock.at(self.choice.uniform(0.1, 0.8) * expected, self._lose)
        self._note()
        while not self.program.has_ended:
            self.clock.step()

    def new_broker(self, host: Host) -> BrokerState:
        """Return the state of a host's broker."""
        return BrokerState(host.machine, host.uplink, begun=host.begun_by, clock=lambda: self.clock.now)

    def length_of(self) -> float:
        """Return how long the next task takes."""
        return self.settings.seconds * self.choice.uniform(0.5, 1.5)

    def to_coordinator(self, machine: int, message: Message) -> None:
        """Have a message arrive at the coordinator, and be handled when it has the time."""
        delay = BETWEEN if machine else WITHIN

        def arrive() -> None:
            if machine in self.hosts:
                self._consult(lambda: self.coordinator.received(machine, message))

        self.clock.at(self.clock.now + delay, lambda: self.clock.at(self._free_at, arrive))

    def _consult(self, event: Callable[[], list[Send]], is_event: bool = True) -> None:
        """Tell the coordinator of an event, and charge what that takes here."""
        begun = time.thread_time()
        posts = event()
        messages = is_event + len(posts)
        took = time.thread_time() - begun + HANDLE * messages
        self.messages += messages
        self.coordinator_seconds += took
        self._free_at = max(self.clock.now, self._free_at) + took
        for machine, message in posts:
            if (host := self.hosts.get(machine)) is not None:
                delay = self._free_at - self.clock.now + (BETWEEN if machine else WITHIN)
                host.later(delay, partial(host.take, message))
        if (is_event or posts) and not self._tells_demand:
            self._tells_demand = True
            self.clock.at(self._free_at + TUNING.tell_demand_after_seconds, self._tell_demand)

    def _tell_demand(self) -> None:
        """Do as Coordinator._tell_demand."""
        self._tells_demand = False
        self._consult(lambda: self.coordinator.tell_demand(self.clock.now), is_event=False)
        if self.clock.now < (look_at := self.coordinator.look_at) < inf and look_at != self._looks_at:
            self._looks_at = look_at
            self.clock.at(look_at, self._tell_demand)

    def _join(self) -> None:
        machine = next(self._numbers)
        host = self.hosts[machine] = Host(self, machine)
        if machine != HERE:
            self._consult(lambda: self.coordinator.joined(machine))
        host.start()

    def _lose(self) -> None:
        machine = self.choice.choice([each for each in self.hosts if each != HERE])
        host = self.hosts.pop(machine)
        host.is_up = False
        self.busy -= sum(1 for each in host.peers.values() if isinstance(each, Worker) and each.is_busy)
        self.losses.append(self.clock.now)
        self._consult(lambda: self.coordinator.left(machine, "the host was lost"))
        self.clock.at(self.clock.now + AWAY, self._join)

    def _note(self) -> None:
        workers = (len(self.hosts) - 1) * self.settings.workers
        self.history.append((self.clock.now, self.busy, self.program.done, workers))
        self.clock.at(self.clock.now + max(0.05, self.settings.seconds / 100), self._note)


def picture(run: Simulation, path: Path) -> None:
    """Draw how many workers there are, and how many of them work."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    grey = "#808080"
    times, busy, _, there = zip(*run.history, strict=True)
    figure, panel = pyplot.subplots(figsize=(9, 3.2))
    panel.fill_between(times, there, color=grey, alpha=0.25, linewidth=0, label="workers there", step="post")
    panel.fill_between(times, busy, color="#2a788e", linewidth=0, label="workers at work", step="post")
    panel.plot(run.losses, [0] * len(run.losses), "|", color="#c04040", markersize=14, label="a host is lost")
    panel.set_xlabel("seconds", color=grey)
    panel.tick_params(colors=grey)
    for spine in panel.spines.values():
        spine.set_visible(False)
    for text in panel.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3).get_texts():
        text.set_color(grey)
    figure.savefig(path, dpi=110, transparent=True, bbox_inches="tight")


def main() -> None:
    """Simulate, print the figures, and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=64, help="of each host")
    parser.add_argument("--tasks", type=int, default=256_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="that a task takes, about")
    parser.add_argument("--lose", type=int, default=30, help="how many hosts are lost")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    settings = Settings(**vars(parser.parse_args()))
    run = Simulation(settings)
    begun = time.monotonic()
    run.go()
    ideal = settings.tasks * settings.seconds / (settings.hosts * settings.workers)
    took = time.monotonic() - begun
    print(f"simulated {run.clock.now:.0f} s, in {took:.0f} s; {ideal / run.clock.now:.2f} of the ideal")
    first = next(when for when, busy, _, there in run.history if busy > 0.99 * there)
    print(f"99% of the workers were at work after {first:.1f} s")
    print(f"the coordinator was at work for {run.coordinator_seconds / run.clock.now:.0%} of the time:")
    a_task, messages = 1e6 * run.coordinator_seconds / settings.tasks, run.messages / settings.tasks
    print(f"{a_task:.0f} us a task, {messages:.1f} messages")
    picture(run, settings.picture)


if __name__ == "__main__":
    main()
