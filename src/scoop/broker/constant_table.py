"""The shared constants of a run: which are set, and what a new peer must be told of them.

One broker decides whether a constant may be set: the one of the origin's machine. All others send on what their
workers set, and keep the call until the decision comes. So all peers see all changes in one order.
"""

from itertools import count

from ..wire.messages import PRIVATE, ConstantReply, DeleteConstants, SetConstants
from .peers import Peers

__all__ = ["ConstantTable"]

Change = SetConstants | DeleteConstants


class ConstantTable:
    """The constants that are set, as far as this broker or coordinator knows.

    ``decider`` is the peer that leads to the broker which decides; None: it is decided here.
    """

    def __init__(self, decider: int | None, peers: Peers) -> None:
        self._decider = decider
        self._peers = peers
        self._set: dict[str, SetConstants] = {}  # by name; one call may set several
        self._private: dict[str, int] = {}  # constants that are of use only while this peer lives
        self._calls = count(1)
        self._any_died = False  # peer, so that tasks may run again
        self._callers: dict[int, tuple[int, int]] = {}  # calls that are being decided elsewhere: caller, its number

    def change(self, peer: int, message: Change) -> None:
        """A peer wants to set or delete constants; or the deciding broker has."""
        for name in message.names:
            if isinstance(message, DeleteConstants):
                self._private.pop(name, None)
            elif name.startswith(PRIVATE) and peer != self._decider:
                self._private[name] = peer
        if self._decider is None or peer == self._decider:
            self._apply(peer, message)
        else:
            call = next(self._calls)
            self._callers[call] = peer, message.call
            self._peers.send(self._decider, message._replace(call=call))

    def decided(self, message: ConstantReply) -> None:
        caller, call = self._callers.pop(message.call)
        repeat = message.tasks_repeat or self._any_died
        self._peers.send(caller, message._replace(call=call, tasks_repeat=repeat))

    def peer_left(self, peer: int, retired: bool) -> None:
        """Delete the constants that were of use to this peer alone. It has died, if it has not ``retired``."""
        self._any_died |= not retired
        if names := tuple(name for name, owner in self._private.items() if owner == peer):
            self.change(peer, DeleteConstants(0, names))

    def tell_all_to(self, peer: int) -> None:
        """Tell a new peer what is set, in an order that leaves it with just that."""
        messages = {id(message): message for message in self._set.values()}.values()
        for message in messages if peer != self._decider else ():
            self._peers.send(peer, message)
            if deleted := tuple(name for name in message.names if self._set.get(name) is not message):
                self._peers.send(peer, DeleteConstants(0, deleted))

    def _apply(self, peer: int, message: Change) -> None:
        taken: tuple[str, ...] = ()
        if isinstance(message, DeleteConstants):
            for name in message.names:
                self._set.pop(name, None)
        elif not (taken := tuple(name for name in message.names if name in self._set)):
            self._set.update(dict.fromkeys(message.names, message._replace(call=0)))
        for each in self._peers if not taken else ():
            if each != self._decider:
                self._peers.send(each, message._replace(call=0))
        if peer != self._decider:
            self._peers.send(peer, ConstantReply(message.call, taken, self._any_died))
