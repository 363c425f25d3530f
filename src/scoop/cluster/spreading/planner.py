"""Which machine gets a content from which other one, pure: events in, orders out.

    coordinator ──> fastest host ──> next host ──> ... ──> slowest host

The machines form a chain. Each passes a part on as soon as it has it, so all of them have the content soon after the
first one. The coordinator sends the first part to each machine itself. A machine takes its place in the chain when it
has that part. So the slow ones are at the end, where they hold up nobody.

A machine that gets nothing more, or falls behind its source, has a slow source or is slow itself. At first the
source is blamed, and at the second time the machine. The one that is blamed goes to the end of the chain, and what
was behind it moves up. A machine that reaches no other one, or has moved too often, gets the content from the
coordinator, and stays there. So whatever happens, the orders come to an end.
"""

from collections import Counter, deque
from collections.abc import Iterator
from typing import NamedTuple

from ...tuning import TUNING

__all__ = ["HERE", "Order", "Planner"]

HERE = 0  # the number of the coordinator's machine: it has all parts


class Order(NamedTuple):
    """A machine is to fetch what it has not got yet from ``source``, until it has ``upto`` parts."""

    machine: int
    source: int
    upto: int


class _Host:
    """What is known of one machine."""

    def __init__(self, relays: bool, now: float) -> None:
        self.relays = relays  # whether others may ask it
        self.have = 0  # parts, from the first on
        self.changed_at = now
        self.source: int | None = None  # None: it still waits for its first part
        self.gap = 0  # how many parts the source was ahead of it when it was told to fetch from there
        self.refused: set[int] = set()  # sources from which it gets nothing
        self.is_slow = False  # it stays at the end
        self.was_behind = False  # once before
        self.moves = 0


class Planner:
    """The plan for one content of so many ``parts``. Each event returns the orders that follow from it."""

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._hosts: dict[int, _Host] = {}
        self._to_begin: deque[int] = deque()  # machines that have not been sent their first part
        self._beginning: set[int] = set()  # machines to which it is being sent
        self._orders: list[Order] = []

    @property
    def done(self) -> bool:
        """Whether all machines have all parts."""
        return all(host.have >= self._parts for host in self._hosts.values())

    def wanted(self, machine: int, relays: bool, now: float) -> list[Order]:
        """A machine wants the content; it ``relays`` if others may ask it for parts."""
        self._hosts[machine] = _Host(relays, now)
        if relays:
            self._to_begin.append(machine)
            self._begin(now)
        else:
            self._send_to(machine, HERE, now)
        return self._take_orders()

    def received(self, machine: int, parts: int, now: float) -> list[Order]:
        """A machine has so many parts."""
        host = self._hosts.get(machine)
        if host is not None and parts > host.have:
            host.have, host.changed_at = parts, now
            self._place(machine, now)
        return self._take_orders()

    def not_fetched(self, machine: int, source: int, wrong: bool, now: float) -> list[Order]:
        """A machine cannot reach its source, or was sent ``wrong`` bytes."""
        host = self._hosts.get(machine)
        if host is not None and host.source == source != HERE and host.have < self._parts:
            host.refused.add(source)
            if wrong and source in self._hosts:
                self._hosts[source].relays = False
            self._send_to(machine, self._best_source(machine), now)
        return self._take_orders()

    def left(self, machine: int, now: float) -> list[Order]:
        """A machine has left the run, or is lost. Those behind it move up."""
        if machine in self._hosts:
            self._hosts[machine].relays = False
            self._move_up_from(machine, now)
            del self._hosts[machine]
            for host in self._hosts.values():
                if host.source == machine:
                    host.source = HERE  # it has all parts
            self._forget_beginning(machine)
            self._begin(now)
        return self._take_orders()

    def look(self, now: float) -> list[Order]:
        """Some time has passed: see who holds up others."""
        for machine in [*self._beginning]:
            if now - self._hosts[machine].changed_at > TUNING.spread_patience_seconds:
                self._hosts[machine].is_slow = True
                self._place(machine, now)
        behind = [machine for machine in self._hosts if self._is_behind(machine, now)]
        if behind:
            self._blame(min(behind, key=self._depth), now)
            for host in self._hosts.values():
                host.changed_at = now  # what was behind it has a chance
        return self._take_orders()

    # -- who begins ------------------------------------------------------------------------------------------------

    def _begin(self, now: float) -> None:
        while self._to_begin and len(self._beginning) < TUNING.spread_begin_at_once:
            machine = self._to_begin.popleft()
            self._beginning.add(machine)
            self._hosts[machine].changed_at = now
            self._orders.append(Order(machine, HERE, 1))

    def _forget_beginning(self, machine: int) -> None:
        self._beginning.discard(machine)
        if machine in self._to_begin:
            self._to_begin.remove(machine)

    def _place(self, machine: int, now: float) -> None:
        """Give a machine that begins its place in the chain."""
        if machine in self._beginning:
            self._forget_beginning(machine)
            if self._hosts[machine].have < self._parts:
                self._send_to(machine, self._best_source(machine), now)
            else:
                self._hosts[machine].source = HERE
            self._begin(now)

    # -- who is behind ---------------------------------------------------------------------------------------------

    def _is_behind(self, machine: int, now: float) -> bool:
        """Return whether something should be done about the way from a machine's source to it."""
        host = self._hosts[machine]
        if host.have >= self._parts or host.source is None or host.moves > TUNING.spread_moves_at_most:
            return False
        is_still = now - host.changed_at > TUNING.spread_patience_seconds
        if host.source == HERE:
            return is_still and any(self._behind(machine))
        ahead = self._hosts[host.source].have - host.have
        return (is_still and ahead > 0) or ahead > host.gap + max(8, self._parts // 8)

    def _blame(self, machine: int, now: float) -> None:
        """Send to the end of the chain who holds up others: a machine, or its source."""
        host = self._hosts[machine]
        assert host.source is not None
        blamed = machine if host.was_behind or host.source == HERE else host.source
        host.was_behind = True
        self._hosts[blamed].is_slow = True
        self._move_up_from(blamed, now)
        if self._hosts[blamed].have < self._parts:
            self._send_to(blamed, self._best_source(blamed), now)

    def _move_up_from(self, machine: int, now: float) -> None:
        source = self._hosts[machine].source
        for each in [*self._behind(machine)]:
            host = self._hosts[each]
            host.source = None
            usable = source is not None and source not in host.refused and self._can_give(source)
            self._send_to(each, source if source is not None and usable else self._best_source(each), now)

    # -- the chain -------------------------------------------------------------------------------------------------

    def _behind(self, machine: int) -> Iterator[int]:
        """Yield the machines that are being sent parts by this one."""
        for number, host in self._hosts.items():
            if host.source == machine and host.have < self._parts:
                yield number

    def _depth(self, machine: int) -> int:
        """Return how many machines are before this one in the chain."""
        depth, source = 0, self._hosts[machine].source
        while source:  # neither HERE nor None
            depth, source = depth + 1, self._hosts[source].source
        return depth

    def _all_behind(self, machine: int) -> set[int]:
        found = {machine}
        new = [machine]
        while new:
            new = [each for each in self._behind(new.pop()) if each not in found] + new
            found.update(new)
        return found

    def _can_give(self, machine: int) -> bool:
        return machine == HERE or self._hosts[machine].relays

    def _best_source(self, machine: int) -> int:
        """Return the end of the chain; if that would be too long, the machine nearest to its beginning that can."""
        host = self._hosts[machine]
        if len(host.refused) > TUNING.spread_refusals_at_most:
            return HERE
        sends = Counter(
            other.source for number, other in self._hosts.items() if number != machine and other.have < self._parts
        )
        if not sends[HERE] and not host.is_slow:
            return HERE
        excluded = self._all_behind(machine) | host.refused
        found = []
        for number, other in self._hosts.items():
            if other.relays and not other.is_slow and other.source is not None and number not in excluded:
                depth = self._depth(number) if other.have < self._parts else 0
                if sends[number] < 2:
                    found.append((sends[number] + (depth >= self._parts), depth, number))
        return min(found)[2] if found else HERE

    def _send_to(self, machine: int, source: int, now: float) -> None:
        host = self._hosts[machine]
        host.moves += 1
        if host.moves > TUNING.spread_moves_at_most:
            source = HERE
        host.source, host.changed_at = source, now
        host.gap = max(0, self._hosts[source].have - host.have) if source != HERE else 0
        self._orders.append(Order(machine, source, self._parts))

    def _take_orders(self) -> list[Order]:
        orders, self._orders = self._orders, []
        return orders
