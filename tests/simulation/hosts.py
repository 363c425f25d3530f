"""Several simulated hosts in virtual time: their schedulers, brokers and coordinator as they are; lines have delays.

Nothing happens by chance. Of processors only the coordinator's is simulated, some of which each message takes.
"""

from collections.abc import Callable, Sequence
from itertools import count
from math import inf
from typing import Any

from scoop.broker.peers import Instruction, Mark, Send
from scoop.broker.state import BrokerState
from scoop.cluster.coordinator_state import HERE, CoordinatorState
from scoop.engine.process.limits import Limits
from scoop.tuning import TUNING
from scoop.wire.messages import Message

from .world import SimWorker, World

__all__ = ["Hosts"]

UPLINK = 1
"""The number of the uplink on the origin's machine; that of others is 0."""

WITHIN = 0.0001
"""Seconds that a message takes within a machine."""

HANDLE = 0.0001
"""Seconds that the coordinator takes for a message that comes in, or goes out."""


class Host(World):
    """One machine of the run."""

    def __init__(self, machine: int, workers: int, size: int) -> None:
        super().__init__(seed=1, size=size, preempted=0)
        self.machine, self.uplink = machine, 0 if machine else UPLINK
        self.broker = BrokerState(machine, self.uplink, begun=self._begun_by, clock=lambda: self.now)
        self.limits = Limits(2, spare=True)
        self.send_up: Callable[[Message], None]
        self._workers_here = workers
        self._numbers = count(self.uplink + 1)
        self._demand_at = inf

    def start(self, program: Callable[[], Any]) -> None:
        """Start the uplink and the workers, and the origin where it is."""
        if self.machine == HERE:
            self.start_worker(0, program)
        self.consult(lambda: self.broker.joined(self.uplink))
        for _ in range(self._workers_here):
            self.start_worker(next(self._numbers))

    def take(self, message: Message) -> None:
        """Take in a message of the coordinator."""
        self.consult(lambda: self.broker.received(self.uplink, message))

    def consult(self, event: Callable[[], list[Instruction]]) -> None:
        """Tell the broker of an event; a moment later it tells the other machines what it needs."""
        super().consult(event)
        self._tell_demand_at(self.now + TUNING.tell_demand_after_seconds)

    def _tell_demand_at(self, when: float) -> None:
        if when < self._demand_at:
            self._demand_at = when
            self.timeline.at(when, lambda: self._tell_demand(when))

    def _tell_demand(self, when: float) -> None:
        if when == self._demand_at:
            self._demand_at = inf
            self.carry_out(self.broker.tell_demand())
            self._tell_demand_at(self.now + self.broker.seconds_to_next_look())

    def _begun_by(self, worker: int) -> int:
        return self.page.begun[self.page.cell(worker)]

    def carry_out(self, instructions: Sequence[Instruction]) -> None:
        """Do what the broker says."""
        for each in instructions:
            if isinstance(each, Send) and each.peer == self.uplink:
                self.send_up(each.message)
            elif isinstance(each, Mark) and each.far:
                self.page.ask_far(each.worker, each.asked)
            else:
                super().carry_out([each])

    def _latency(self) -> float:
        return self.now + WITHIN


class Hosts(Host):
    """The machine of the origin, and others.

    Parameters:
        sizes: workers of each machine, the origin's first.
        delay: seconds that a message takes from one machine to another.
    """

    def __init__(self, sizes: Sequence[int], delay: float) -> None:
        super().__init__(HERE, sizes[HERE], sum(sizes))
        self.coordinator = CoordinatorState()
        self.messages = 0
        self.machines: list[Host] = [self]
        self._delay = delay
        self._coordinator_tells_demand = False
        self._coordinator_free_at = 0.0
        self._looks_at = inf
        for machine, workers in enumerate(sizes[1:], 1):
            host = Host(machine, workers, self.size)
            host.timeline = self.timeline
            self.machines.append(host)
        for host in self.machines:
            host.send_up = self._way_up(host)

    def start(self, program: Callable[[], Any]) -> None:
        """Start all machines."""
        for host in self.machines[1:]:
            host.start(program)
            self._post(self.coordinator.joined(host.machine))
        super().start(program)

    def all_workers(self) -> list[SimWorker]:
        """Return the processes of all machines."""
        return super().all_workers() + [each for host in self.machines[1:] for each in host.all_workers()]

    def _way_up(self, host: Host) -> Callable[[Message], None]:
        def send(message: Message) -> None:
            self.messages += 1
            arrives = self.now + self._delay_to(host)
            self.timeline.at(
                arrives, lambda: self.timeline.at(self._handled(), lambda: self._hear(host.machine, message))
            )

        return send

    def _handled(self) -> float:
        """Return when the coordinator will have handled one more message."""
        self._coordinator_free_at = max(self.now, self._coordinator_free_at) + HANDLE
        return self._coordinator_free_at

    def _delay_to(self, host: Host) -> float:
        return self._delay if host.machine else WITHIN

    def _hear(self, machine: int, message: Message) -> None:
        self._post(self.coordinator.received(machine, message))

    def _post(self, posts: Sequence[Send]) -> None:
        for machine, message in posts:
            self._send_down(self.machines[machine], message)
        if not self._coordinator_tells_demand:
            self._coordinator_tells_demand = True
            self.timeline.at(self.now + TUNING.tell_demand_after_seconds, self._tell_demand_of_coordinator)

    def _send_down(self, host: Host, message: Message) -> None:
        self.messages += 1
        self.timeline.at(self._handled() + self._delay_to(host), lambda: host.take(message))

    def _tell_demand_of_coordinator(self) -> None:
        self._coordinator_tells_demand = False
        if posts := self.coordinator.tell_demand(self.now):
            self._post(posts)
        if self.now < (look_at := self.coordinator.look_at) < inf and look_at != self._looks_at:
            self._looks_at = look_at
            self.timeline.at(look_at, self._tell_demand_of_coordinator)
