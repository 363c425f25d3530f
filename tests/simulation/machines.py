"""Several simulated machines.

The states of the brokers, the links and the coordinator are the real ones. Connections keep order and nothing else:
what comes next is drawn from one seeded generator, so a run that fails is repeated by its seed. Workers are actors
(``actors.py``).
"""

import random
from collections import Counter, deque
from itertools import count

from scoop.broker.peers import Instruction, Mark, Replace, Send
from scoop.broker.state import BrokerState
from scoop.cluster.coordinator_state import HERE, CoordinatorState
from scoop.cluster.lines.link_state import LinkState
from scoop.cluster.lines.session import Session
from scoop.cluster.spreading.held_back import HeldBack
from scoop.wire.messages import Demand, GiveBack, Message, MessageReader, Offer, Results, SetConstants, encode

from .actors import Actor, Task
from .lines import Way, cut

__all__ = ["Machine", "Run", "Stuck"]

UPLINK = 1
"""The number of the uplink on the origin's machine; that of others is 0."""

MOST_STEPS = 300_000


class Stuck(AssertionError):
    """Nothing can happen any more, or what happens leads nowhere."""


Queue = deque[Message]


class Machine:
    """One machine: its broker, its workers, the connections between them, and those to the coordinator."""

    def __init__(self, run: "Run", number: int, workers: int, spare: bool = False) -> None:
        self.run = run
        self.number = number
        self.is_here = number == HERE
        self.spare = spare or not self.is_here
        self.uplink = UPLINK if self.is_here else 0
        self.broker = BrokerState(number, self.uplink, run.retries)
        self.link = LinkState()
        self.workers: dict[int, Actor] = {}
        self.up: dict[int, Queue] = {}  # from each worker
        self.down: dict[int, Queue] = {}  # to each worker, the uplink included
        here, there = Session(), Session()
        self.out = Way(here, there)  # to the coordinator
        self.back = Way(there, here)  # and from there
        self.to_broker: Queue = deque()  # from the uplink
        self.held = HeldBack()
        self.contents: dict[int, Message] = {}  # of constants that were announced, and come by other ways
        self.retires = False
        self.asked: set[int] = set()
        self.asked_far: set[int] = set()
        self.numbers = count(2 if self.is_here else 1)
        if self.is_here:
            self._start(0)
        self._start(self.uplink)
        for _ in range(workers):
            self._start(next(self.numbers))

    def _start(self, worker: int, failed_starts: int = 0) -> None:
        self.up[worker], self.down[worker] = deque(), deque()
        if worker != self.uplink:
            self.workers[worker] = Actor(self, worker)
        self.obey(self.broker.joined(worker, failed_starts))

    def obey(self, instructions: list[Instruction]) -> None:
        """Do what the broker's state says."""
        for each in instructions:
            if isinstance(each, Send):
                if each.peer in self.down:
                    self.down[each.peer].append(each.message)
            elif isinstance(each, Mark):
                marked = self.asked_far if each.far else self.asked
                (marked.add if each.asked else marked.discard)(each.worker)
            elif isinstance(each, Replace):
                self._start(next(self.numbers), each.failed_starts)

    def die(self, worker: int) -> None:
        """Have a worker die; what it had sent arrives."""
        while self.up[worker]:
            self.obey(self.broker.received(worker, travelled(self.up[worker].popleft())))
        actor = self.workers.pop(worker)
        del self.up[worker], self.down[worker]
        self.asked.discard(worker)
        self.asked_far.discard(worker)
        self.obey(self.broker.left(worker, actor.begun))

    def connections(self) -> list[str]:
        """Return the names of the connections on which something waits."""
        found = [f"up {worker}" for worker, queue in self.up.items() if queue]
        found += [f"down {worker}" for worker, queue in self.down.items() if queue]
        found += [f"content {number}" for number in self.contents]
        return found + [name for name in ("out", "back", "to_broker") if getattr(self, name)]

    def deliver(self, connection: str) -> None:
        """Let the first message of a connection arrive."""
        way, _, number = connection.partition(" ")
        if way == "up":
            self.obey(self.broker.received(int(number), travelled(self.up[int(number)].popleft())))
        elif way == "to_broker":
            self.obey(self.broker.received(self.uplink, travelled(self.to_broker.popleft())))
        elif way == "out":
            self.run.post(self.run.coordinator.received(self.number, self.out.popleft()))
        elif way == "back":
            self._pass_on(self._held_back(self.back.popleft()))
        elif way == "content":
            self._pass_on(self.held.arrived(int(number), self.contents.pop(int(number))))
        elif int(number) != self.uplink:
            self.workers[int(number)].take(travelled(self.down[int(number)].popleft()))
        elif self.is_here:
            self.run.post(self.run.coordinator.received(HERE, self.down[self.uplink].popleft()))
        else:
            self.out.append(self.link.from_broker(self.down[self.uplink].popleft()))
        if self.link.may_leave and self.held.empty:
            self.run.leave(self.number)

    def _held_back(self, message: Message) -> list[Message]:
        """Return what goes on to the broker at once; of some constants the content comes later."""
        if not isinstance(message, SetConstants) or self.run.choice.random() < 0.5:
            return self.held.take(message)
        number = next(self.run.serials)
        self.contents[number] = message
        self.held.announced(number)
        return []

    def _pass_on(self, messages: list[Message]) -> None:
        self.to_broker.extend(map(self.link.from_coordinator, messages))


def travelled(message: Message) -> Message:
    """Return a message as it arrives."""
    (arrived,) = MessageReader().feed(encode(message))
    return arrived


class Run:
    """A run on several machines, all of whose chances come from ``seed``.

    Parameters:
        sizes: workers of each machine, that of the origin first.
        retries: of the run.
        deaths, losses: workers that die, and machines that are lost, at random moments.
        leaves: machines that leave by themselves.
        late: machines that join at random moments.
        cuts: lines to machines that are cut, and made anew.
        constants: whether tasks set and delete constants.
        spare: whether the origin runs nothing.
    """

    def __init__(
        self,
        seed: int,
        sizes: list[int],
        retries: int = 2,
        deaths: int = 0,
        losses: int = 0,
        leaves: int = 0,
        late: int = 0,
        cuts: int = 0,
        constants: bool = False,
        spare: bool = False,
        depth: int = 4,
    ) -> None:
        self.choice = random.Random(seed)
        self.retries = retries
        self.constants = constants
        self.depth = depth
        self.finished = self.refused = False
        self.workers_die, self.machines_go = bool(deaths), bool(losses or leaves)
        self.any_died = False
        self.begun: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()
        self.tasks = count(1)
        self.serials = count(1)
        self.winners: dict[int, str] = {}  # constants that were set: serial, name
        self.coordinator = CoordinatorState()
        self.machines: dict[int, Machine] = {}
        self._next = count(HERE)
        self._deaths, self._losses, self._leaves, self._late = deaths, losses, leaves, late
        self._cuts = cuts
        self._gave_up = False
        self._pace = self.choice.choice((0.02, 0.1, 0.5))
        for size in sizes:
            self._join(size, spare)
        self.origin = self.machines[HERE].workers[0]
        self.origin.begin_program()

    def go(self) -> None:
        """Go on until the program has been told that all work has ended; check that this is so."""
        for _ in range(MOST_STEPS):
            self._step()
            if self.finished:
                self._check()
                return
        raise Stuck("what happens leads nowhere")

    def post(self, posts: list[Send]) -> None:
        """Put what the coordinator says on its connections."""
        for machine, message in posts:
            if machine == HERE:
                self.machines[HERE].to_broker.append(message)
            elif machine in self.machines:
                self.machines[machine].back.append(message)

    def new_task(self, depth: int, needs: frozenset[int]) -> Task:
        """Return a task that a worker spawns that knows these constants."""
        retries = self.choice.choice((0, None, None)) if self.retries else None
        return Task(next(self.tasks), depth, self.retries if retries is None else retries, needs)

    # -- what happens next ---------------------------------------------------------------------------------

    def _step(self) -> None:
        chance = self.choice.random()
        if chance < 0.01 and self._mishap():
            return
        if self._cuts and chance < 0.05:
            self._cuts -= 1
            machine = self.choice.choice([*self.machines.values()])
            cut(machine.out, machine.back)
        if chance < 0.1 and self._tell_demand(self.choice.choice([*self.machines, -1])):
            return
        connections = [
            (machine, connection) for machine in self.machines.values() for connection in machine.connections()
        ]
        actors = [
            actor for machine in self.machines.values() for actor in machine.workers.values() if actor.can_act()
        ]
        if actors and (not connections or self.choice.random() < self._pace):
            self.choice.choice(actors).act()
        elif connections:
            machine, connection = self.choice.choice(connections)
            machine.deliver(connection)
        elif not self._all_tell_demand() and not self._look_again() and not self._join_late():
            raise Stuck(self._state())

    def _all_tell_demand(self) -> int:
        return sum(map(self._tell_demand, [*self.machines, -1]))

    def _tell_demand(self, number: int) -> bool:
        if number == -1:
            posts = self.coordinator.tell_demand()
            self.post(posts)
            return bool(posts)
        instructions = self.machines[number].broker.tell_demand()
        self.machines[number].obey(instructions)
        return bool(instructions)

    def _look_again(self) -> bool:
        """Do what brokers and connections do after a while in which nothing has happened."""
        done = False
        for machine in self.machines.values():
            if machine.broker.requests.can_ask_more:
                machine.obey(machine.broker.waited())
                done = True
            for actor in machine.workers.values():
                done |= actor.look()
        return done

    def _mishap(self) -> bool:
        what = self.choice.choice(("death", "loss", "leave", "late") if self._leaves else ("death", "loss", "late"))
        if what == "death" and self._deaths:
            machine = self.choice.choice([*self.machines.values()])
            victims = [number for number in machine.workers if machine.number != HERE or number]
            if victims:
                self._deaths -= 1
                self.any_died = True
                machine.die(self.choice.choice(victims))
        elif what == "loss" and self._losses and len(self.machines) > 1:
            self._losses -= 1
            self.any_died = True
            self.lose(self.choice.choice([number for number in self.machines if number != HERE]))
        elif what == "leave" and len(self.machines) > 1:
            self._leaves -= 1
            machine = self.machines[self.choice.choice([number for number in self.machines if number != HERE])]
            if not machine.retires:
                machine.retires = True
                machine.out.append(machine.link.retire())
        else:
            return what == "late" and self._join_late()
        return True

    def _join_late(self) -> bool:
        if not self._late:
            return False
        self._late -= 1
        self._join(self.choice.randrange(1, 4))
        return True

    def lose(self, number: int) -> None:
        """Lose a machine; some of what it had sent arrives."""
        machine = self.machines[number]
        for _ in range(self.choice.randrange(len(machine.out) + 1)):
            machine.deliver("out")
        self._remove(number)

    def leave(self, number: int) -> None:
        """Have a machine leave the run, which has given away all that it had."""
        machine = self.machines[number]
        assert machine.broker.table.empty
        assert all(isinstance(message, Demand) for message in machine.out)
        assert not any(isinstance(message, Offer | GiveBack | Results) for message in machine.back)
        self._remove(number)

    def _remove(self, number: int) -> None:
        del self.machines[number]
        self.post(self.coordinator.left(number))
        if len(self.machines) == 1 and not (self._late or self._gave_up):
            self._gave_up = True
            self.post(self.coordinator.give_up("no other machine is left"))

    def _join(self, size: int, spare: bool = False) -> None:
        number = next(self._next)
        self.machines[number] = Machine(self, number, size, spare)
        if number != HERE:
            self.post(self.coordinator.joined(number))

    # -- what must be so at the end -----------------------------------------------------------------------

    def _check(self) -> None:
        if self.refused:
            assert self._gave_up
            assert len(self.machines[HERE].workers) == 1, "others could have worked"
            return
        assert self.origin.program_has_ended
        assert self.coordinator.empty, "tasks in the table of the coordinator"
        for machine in self.machines.values():
            assert machine.broker.table.empty, f"tasks in the table of machine {machine.number}"
            for actor in machine.workers.values():
                assert actor.is_clean(), f"worker {actor.number} of machine {machine.number} has something left"
        while connections := [
            (machine, connection) for machine in self.machines.values() for connection in machine.connections()
        ]:
            machine, connection = connections[0]
            machine.deliver(connection)
        for machine in self.machines.values():
            for actor in machine.workers.values():
                assert actor.known == self.origin.known, "constants differ"

    def _state(self) -> str:
        lines = ["nothing is left to happen"]
        routers = {"coordinator": self.coordinator._router}
        routers |= {f"{number}": machine.broker._router for number, machine in self.machines.items()}
        for name, router in routers.items():
            table = router.table
            lines.append(f"{name}: on offer {table.on_offer}, quarantined {table.quarantine}, held {table.held}")
            known = {n: vars(peer) for n, peer in router.peers.items()}
            lines += [f"  {number}: {values}" for number, values in known.items()]
        lines += [f"  {actor}" for machine in self.machines.values() for actor in machine.workers.values()]
        return "\n".join(lines)
