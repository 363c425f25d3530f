"""Which peers have not yet made a call that every worker is to make: see futures.run_on_workers.

The call travels as a constant, so each worker of each machine gets it, and each that starts later. Each worker sends
its answer to the program. The broker counts only who has answered. To the coordinator a machine has answered when its
broker says that all of its workers have; so has the uplink to the origin's broker.
"""

from collections.abc import Iterable

from ..wire.messages import EVERYWHERE, Message, Notice, NoticeKind, SetConstants
from .peers import ORIGIN, Peers

__all__ = ["RollCall"]


class RollCall:
    """The calls that have not been answered by all."""

    def __init__(self, peers: Peers) -> None:
        self.to_start = 0  # workers that are about to be started for the first time, and are waited for
        self._peers = peers
        self._missing: dict[str, set[int]] = {}  # by call, the peers that have not answered

    def begin(self, message: Message) -> None:
        """Constants were set: begin the calls that are among them."""
        for name in message.names if isinstance(message, SetConstants) else ():
            if name.startswith(EVERYWHERE):
                able = {number for number, peer in self._peers.items() if not (peer.cannot_start or peer.retired)}
                self._missing[name] = able - {ORIGIN}
        self._tell()

    def joined(self, number: int) -> None:
        """A worker has started. One in the place of a dead one is not waited for: the call may be what kills it."""
        if self.to_start:
            self.to_start -= 1
            for missing in self._missing.values():
                missing.add(number)

    def starts_fail(self) -> None:
        """The system starts no more workers."""
        self.to_start = 0
        self._tell()

    def heard(self, number: int, message: Notice) -> None:
        """A peer has something to say: it may be its answer, or for a machine that there will be no more."""
        last = NoticeKind.ALL_ANSWERED if self._peers[number].is_link else NoticeKind.ANSWER
        if message.kind == last:
            self._discard(number, [message.body.partition(b"\0")[0].decode()])

    def left(self, number: int) -> None:
        """A peer is gone, or will never work."""
        self._discard(number, [*self._missing])

    def _discard(self, number: int, names: Iterable[str]) -> None:
        for name in names:
            if name in self._missing:
                self._missing[name].discard(number)
        self._tell()

    def _tell(self) -> None:
        for name in [name for name, missing in self._missing.items() if not (missing or self.to_start)]:
            del self._missing[name]
            self._peers.send_uncounted(ORIGIN, Notice(NoticeKind.ALL_ANSWERED, name.encode()))
