"""Machines that spread a content, in virtual time: the planner is the real one.

Each machine has a network card that sends and receives so many parts a second, shared evenly by what goes through it.
Some pairs of machines do not reach each other. Machines are lost, join late, or hang for a while.
"""

from dataclasses import dataclass, field

from scoop.cluster.spreading.planner import HERE, Order, Planner

__all__ = ["Host", "Spreading"]

TICK = 0.02
"""Seconds; a part takes two of them at the usual rate."""

PROBE = 2.0
"""Seconds after which a machine knows that it cannot reach another one."""

MOST_TICKS = 500_000


@dataclass
class Host:
    """One machine.

    Parameters:
        up, down: parts that it sends and receives in a second.
        unreachable: machines that it cannot reach.
        joins, lost: when; it hangs between the two moments in ``hangs``.
        relays: whether others may ask it.
    """

    up: float = 25.0
    down: float = 25.0
    unreachable: frozenset[int] = frozenset()
    joins: float = 0.0
    lost: float = float("inf")
    hangs: tuple[float, float] = (0.0, 0.0)
    relays: bool = True
    have: float = 0.0
    order: Order | None = None
    ordered_at: float = 0.0
    ended: float | None = None
    sources: list[int] = field(default_factory=list)


class Spreading:
    """Hosts by their numbers, from 1 on, and the coordinator, which sends ``up`` parts a second."""

    def __init__(self, parts: int, hosts: list[Host], up: float = 25.0) -> None:
        self.parts = parts
        self.hosts = dict(enumerate(hosts, 1))
        self.now = 0.0
        self.orders = 0
        self._up = up
        self._planner = Planner(parts)
        self._joined: set[int] = set()
        self._gone: set[int] = set()

    def go(self) -> float:
        """Go on until all that are left have all; return when that was."""
        next_look = 1.0
        for _ in range(MOST_TICKS):
            self._come_and_go()
            if self._joined == {*self.hosts} and all(self.hosts[number].ended for number in self._there()):
                assert self._planner.done
                return self.now
            self._send()
            if self.now >= next_look:
                next_look += 1.0
                self._obey(self._planner.look(self.now))
            self.now += TICK
        raise AssertionError(f"it never ends: {self.hosts}")

    def _there(self) -> set[int]:
        return self._joined - self._gone

    def _come_and_go(self) -> None:
        for number, host in self.hosts.items():
            if number not in self._joined and host.joins <= self.now:
                self._joined.add(number)
                self._obey(self._planner.wanted(number, host.relays, self.now))
            if number in self._there() and host.lost <= self.now:
                self._gone.add(number)
                self._obey(self._planner.left(number, self.now))

    def _obey(self, orders: list[Order]) -> None:
        for order in orders:
            assert order.source == HERE or self.hosts[order.source].relays
            host = self.hosts[order.machine]
            host.order, host.ordered_at = order, self.now
            host.sources.append(order.source)
            self.orders += 1

    def _hangs(self, number: int) -> bool:
        first, last = self.hosts[number].hangs
        return first <= self.now < last

    def _send(self) -> None:
        sends: dict[int, list[int]] = {}
        for number in self._there():
            host = self.hosts[number]
            if host.order is None or host.have >= host.order.upto:
                continue
            source = host.order.source
            if source in host.unreachable or source in self._gone:
                if self.now - host.ordered_at > PROBE:
                    self._obey(self._planner.not_fetched(number, source, False, self.now))
            elif not self._hangs(number) and (source == HERE or self._has_more(source, host)):
                sends.setdefault(source, []).append(number)
        for source, numbers in sends.items():
            up = (self._up if source == HERE else self.hosts[source].up) / len(numbers)
            for number in numbers:
                self._receive(number, min(up, self.hosts[number].down) * TICK)

    def _has_more(self, source: int, host: Host) -> bool:
        return not self._hangs(source) and int(self.hosts[source].have) > int(host.have)

    def _receive(self, number: int, amount: float) -> None:
        host = self.hosts[number]
        assert host.order is not None
        before = int(host.have + 1e-9)
        host.have = min(host.have + amount, host.order.upto)
        if int(host.have + 1e-9) > before:
            host.have = max(host.have, float(int(host.have + 1e-9)))
            self._obey(self._planner.received(number, int(host.have), self.now))
        if host.have >= self.parts:
            host.ended = self.now
