"""The exchange, and the envoy of the machine it is on, which is beside it.

Pure: messages in, messages out. What the one says to the other is worked off in the order it was said: so no message
to a machine ever overtakes another.
"""

from collections import deque
from collections.abc import Callable, Sequence

from ..broker.instructions import Instruction, Send
from ..wire.messages import Message
from .envoy import HOME, Envoy, Order
from .exchange import HERE, Exchange

__all__ = ["Junction", "Post"]

Post = tuple[int, Message]
"""A message, and the machine that is to have it; HERE is the broker of this one."""


class Junction:
    """What the uplink of the origin's machine knows and decides.

    Parameters:
        uplink: the number that this uplink has at its broker.
        report: tells what happened to the machine that was lost last.
    """

    def __init__(self, uplink: int, report: Callable[[int], str] = str) -> None:
        self.exchange = Exchange(report)
        self.envoy = Envoy(uplink, HERE)
        self.exchange.joined(HERE)  # which has nothing to say yet

    def joined(self, machine: int) -> list[Post]:
        """A machine takes part from now on."""
        return self._settle(self.exchange.joined(machine))

    def left(self, machine: int) -> list[Post]:
        """A machine has left, or is lost."""
        return self._settle(self.exchange.left(machine, 0))

    def from_home(self, message: Message) -> list[Post]:
        """Return what is to be sent where, since the broker of this machine has sent ``message``."""
        return self._settle([], self.envoy.from_home(message))

    def from_machine(self, machine: int, message: Message) -> list[Post]:
        """Return what is to be sent where, since another machine has sent ``message``."""
        return self._settle(self.exchange.received(machine, message))

    def give_up(self, why: str) -> list[Post]:
        """See Exchange."""
        return self._settle(self.exchange.give_up(why))

    def speak(self) -> list[Post]:
        """Tell the machines of what has changed for them. To be called a moment after the last event."""
        return self._settle(self.exchange.speak())

    def _settle(self, instructions: Sequence[Instruction], orders: Sequence[Order] = ()) -> list[Post]:
        """Work off what the exchange and the envoy have to say, to each other too."""
        posts: list[Post] = []
        waiting = deque(self._sends(instructions))
        heard = deque(orders)
        while waiting or heard:
            while heard:
                to, message = heard.popleft()
                if to == HOME:
                    posts.append((HERE, message))
                else:
                    waiting.extend(self._sends(self.exchange.received(HERE, message)))
            if waiting:
                machine, message = waiting.popleft()
                if machine == HERE:
                    heard.extend(self.envoy.from_abroad(message))
                else:
                    posts.append((machine, message))
        return posts

    @staticmethod
    def _sends(instructions: Sequence[Instruction]) -> list[Post]:
        """Machines hear by messages only: what else the books would do about a worker is not for them."""
        return [(each.worker, each.message) for each in instructions if isinstance(each, Send)]
