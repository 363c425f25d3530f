"""Several simulated machines.

The books of each machine, the envoys and the exchange are the real ones. Links keep order and nothing else: what
comes next is drawn from one seeded generator, so a run that fails is repeated by its seed. Workers are actors
(``actors.py``).
"""

import random
from collections import Counter, deque
from itertools import count

from scoop.broker.branch import Branch
from scoop.broker.instructions import Ask, Instruction, Replace, Send, Unask
from scoop.broker.linked import CALM
from scoop.uplink.envoy import HOME, Envoy, Order
from scoop.uplink.exchange import HERE
from scoop.uplink.junction import Junction, Post
from scoop.wire.messages import Message

from .actors import Actor, Task

__all__ = ["Run", "Site", "Stuck"]

UPLINK = 1
"""The number of the uplink on the origin's machine; that of others is 0."""

MOST_STEPS = 300_000


class Stuck(AssertionError):
    """Nothing can happen any more, or what happens leads nowhere."""


Queue = deque[Message]


class Site:
    """One machine: its books, its workers, the links between them, and the one to the exchange."""

    def __init__(self, run: "Run", number: int, workers: int, spare: bool = False) -> None:
        self.run = run
        self.number = number
        self.is_here = number == HERE
        self.uplink = UPLINK if self.is_here else 0
        self.branch = Branch(self.uplink, self.is_here, run.retries, str, spare or not self.is_here)
        self.envoy = run.junction.envoy if self.is_here else Envoy(0, number)
        self.workers: dict[int, Actor] = {}
        self.up: dict[int, Queue] = {}  # from each worker
        self.down: dict[int, Queue] = {}  # to each worker, the uplink included
        self.out: Queue = deque()  # to the exchange
        self.back: Queue = deque()  # and from there
        self.to_broker: Queue = deque()  # from the uplink
        self.asked: set[int] = set()
        self.asked_far: set[int] = set()
        self.numbers = count(2 if self.is_here else 1)
        if self.is_here:
            self._start(0)
        self._start(self.uplink)
        for _ in range(workers - (self.is_here and not spare)):
            self._start(next(self.numbers))

    def _start(self, worker: int, stillborn: int = 0) -> None:
        self.up[worker], self.down[worker] = deque(), deque()
        if worker != self.uplink:
            self.workers[worker] = Actor(self, worker)
        self.obey(self.branch.joined(worker, stillborn))

    def obey(self, instructions: list[Instruction]) -> None:
        """Do what the books say."""
        for each in instructions:
            if isinstance(each, Send):
                if each.worker in self.down:
                    self.down[each.worker].append(each.message)
            elif isinstance(each, Ask):
                (self.asked_far if each.far else self.asked).add(each.worker)
            elif isinstance(each, Unask):
                (self.asked_far if each.far else self.asked).difference_update(each.workers)
            elif isinstance(each, Replace):
                self._start(next(self.numbers), each.stillborn)

    def die(self, worker: int) -> None:
        """Have a worker die; what it had sent arrives."""
        while self.up[worker]:
            self.obey(self.branch.received(worker, self.up[worker].popleft()))
        actor = self.workers.pop(worker)
        del self.up[worker], self.down[worker]
        self.asked.discard(worker)
        self.asked_far.discard(worker)
        self.obey(self.branch.left(worker, actor.taken))

    def links(self) -> list[str]:
        """Return the names of the links on which something waits."""
        found = [f"up {worker}" for worker, queue in self.up.items() if queue]
        found += [f"down {worker}" for worker, queue in self.down.items() if queue]
        return found + [name for name in ("out", "back", "to_broker") if getattr(self, name)]

    def deliver(self, link: str) -> None:
        """Let the first message of a link arrive."""
        way, _, number = link.partition(" ")
        if way == "up":
            self.obey(self.branch.received(int(number), self.up[int(number)].popleft()))
        elif way == "to_broker":
            self.obey(self.branch.received(self.uplink, self.to_broker.popleft()))
        elif way == "out":
            self.run.post(self.run.junction.from_machine(self.number, self.out.popleft()))
        elif way == "back":
            self._carry_out(self.envoy.from_abroad(self.back.popleft()))
        elif int(number) != self.uplink:
            self.workers[int(number)].take(self.down[int(number)].popleft())
        elif self.is_here:
            self.run.post(self.run.junction.from_home(self.down[self.uplink].popleft()))
        else:
            self._carry_out(self.envoy.from_home(self.down[self.uplink].popleft()))

    def _carry_out(self, orders: list[Order]) -> None:
        for to, message in orders:
            (self.to_broker if to == HOME else self.out).append(message)


class Run:
    """A run on several machines, all of whose chances come from ``seed``.

    Parameters:
        sizes: workers of each machine, that of the origin first.
        retries: of the run.
        deaths, losses: workers that die, and machines that are lost, at random moments.
        late: machines that join at random moments.
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
        late: int = 0,
        constants: bool = False,
        spare: bool = False,
        depth: int = 4,
    ) -> None:
        self.choice = random.Random(seed)
        self.retries = retries
        self.constants = constants
        self.depth = depth
        self.finished = self.refused = False
        self.workers_die, self.losses = bool(deaths), losses
        self.any_died = False
        self.begun: Counter[int] = Counter()
        self.ended: Counter[int] = Counter()
        self.tasks = count(1)
        self.serials = count(1)
        self.winners: dict[int, str] = {}  # constants that were set: serial, name
        self.junction = Junction(UPLINK)
        self.sites: dict[int, Site] = {}
        self._next = count(HERE)
        self._deaths, self._to_lose, self._late = deaths, losses, late
        self._gave_up = False
        self._pace = self.choice.choice((0.02, 0.1, 0.5))
        for size in sizes:
            self._join(size, spare)
        self.origin = self.sites[HERE].workers[0]
        self.origin.begin_program()

    def go(self) -> None:
        """Go on until the program has been told that all work has ended; check that this is so."""
        for _ in range(MOST_STEPS):
            self._step()
            if self.finished:
                self._check()
                return
        raise Stuck("what happens leads nowhere")

    def post(self, posts: list[Post]) -> None:
        """Put what the junction says on its links."""
        for machine, message in posts:
            if machine == HERE:
                self.sites[HERE].to_broker.append(message)
            elif machine in self.sites:
                self.sites[machine].back.append(message)

    def new_task(self, depth: int, needs: frozenset[int]) -> Task:
        """Return a task that a worker spawns that knows these constants."""
        retries = self.choice.choice((0, None, None)) if self.retries else None
        return Task(next(self.tasks), depth, self.retries if retries is None else retries, needs)

    # -- what happens next ---------------------------------------------------------------------------------

    def _step(self) -> None:
        chance = self.choice.random()
        if chance < 0.01 and self._mishap():
            return
        if chance < 0.1 and self._speak(self.choice.choice([*self.sites, -1])):
            return
        links = [(site, link) for site in self.sites.values() for link in site.links()]
        actors = [actor for site in self.sites.values() for actor in site.workers.values() if actor.can_act()]
        if actors and (not links or self.choice.random() < self._pace):
            self.choice.choice(actors).act()
        elif links:
            site, link = self.choice.choice(links)
            site.deliver(link)
        elif not self._all_speak() and not self._look_again():
            raise Stuck(self._state())

    def _all_speak(self) -> int:
        return sum(map(self._speak, [*self.sites, -1]))

    def _speak(self, number: int) -> bool:
        if number == -1:
            posts = self.junction.speak()
            self.post(posts)
            return bool(posts)
        instructions = self.sites[number].branch.speak()
        self.sites[number].obey(instructions)
        return bool(instructions)

    def _look_again(self) -> bool:
        """Do what brokers and links do after a while in which nothing has happened."""
        done = False
        for site in self.sites.values():
            if site.branch.waits:
                site.obey(site.branch.waited())
                done = True
            for actor in site.workers.values():
                done |= actor.look()
        return done

    def _mishap(self) -> bool:
        what = self.choice.choice(("death", "loss", "late"))
        if what == "death" and self._deaths:
            site = self.choice.choice([*self.sites.values()])
            victims = [number for number in site.workers if site.number != HERE or number]
            if victims:
                self._deaths -= 1
                self.any_died = True
                site.die(self.choice.choice(victims))
        elif what == "loss" and self._to_lose and len(self.sites) > 1:
            self._to_lose -= 1
            self.any_died = True
            self.lose(self.choice.choice([number for number in self.sites if number != HERE]))
        elif what == "late" and self._late:
            self._late -= 1
            self._join(self.choice.randrange(1, 4))
        else:
            return False
        return True

    def lose(self, machine: int) -> None:
        """Lose a machine; some of what it had sent arrives."""
        site = self.sites[machine]
        for _ in range(self.choice.randrange(len(site.out) + 1)):
            site.deliver("out")
        del self.sites[machine]
        self.post(self.junction.left(machine))
        if len(self.sites) == 1 and not (self._late or self._gave_up):
            self._gave_up = True
            self.post(self.junction.give_up("nobody is left"))

    def _join(self, size: int, spare: bool = False) -> None:
        number = next(self._next)
        self.sites[number] = Site(self, number, size, spare)
        if number != HERE:
            self.post(self.junction.joined(number))

    # -- what must be so at the end -----------------------------------------------------------------------

    def _check(self) -> None:
        if self.refused:
            assert self._gave_up
            assert len(self.sites[HERE].workers) == 1, "others could have worked"
            return
        assert self.origin.program_has_ended
        assert self.junction.exchange.empty, "tasks on the books of the exchange"
        for site in self.sites.values():
            assert site.branch.empty, f"tasks on the books of machine {site.number}"
            assert site.envoy.idle, f"tasks with the envoy of machine {site.number}"
            for actor in site.workers.values():
                assert actor.is_clean(), f"worker {actor.number} of machine {site.number} has something left"
        while links := [(site, link) for site in self.sites.values() for link in site.links()]:
            site, link = links[0]
            site.deliver(link)
        for site in self.sites.values():
            for actor in site.workers.values():
                assert actor.known == self.origin.known, "constants differ"

    def _state(self) -> str:
        lines = ["nothing is left to happen"]
        exchange = self.junction.exchange
        lines.append(f"exchange: stock {exchange._stock}, hungry {exchange._demand.hungry}, calm {exchange._calm}")
        lines.append(f"  told {exchange._told}, suspects {exchange._suspects}, CALM is {CALM}")
        for site in self.sites.values():
            branch = site.branch
            lines.append(f"{site.number}: stock {branch._stock}, suspects {branch._suspects}, told {branch._told}")
            lines.append(f"  hungry {branch._demand.hungry}, uplink {branch._workers[site.uplink].hungry}")
            lines.append(f"  wanted {branch._wanted}, calm {branch._calm}, lent {site.envoy._lent}")
            lines += [f"  {actor}" for actor in site.workers.values()]
        return "\n".join(lines)
