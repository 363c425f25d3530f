"""The state of the agent link, pure. It passes messages on as they are, and says when this machine may leave the run.

Batches have one name in the whole run, so nothing has to be translated. The broker and the coordinator count each
other's messages, Demand and Notice excluded, as if there were no process between them. Only if this machine is to
leave, the link says something itself: Retire to the coordinator, which gives this machine no more tasks; and to the
broker, from then on, that other machines want work, so that the broker gives away all that it has.
"""

from ...wire.messages import Demand, Message, Notice, Retire

__all__ = ["ALL", "LinkState"]

ALL = 1 << 40  # tasks: more than any machine has


class LinkState:
    """What has gone through the link. The methods that take messages return what to send on."""

    def __init__(self) -> None:
        self._up = 0  # messages to the coordinator that count
        self._down = 0  # messages to the broker that count
        self._retired_at: int | None = None  # the value of _up as Retire was sent
        self._heard = 0  # messages that the coordinator had seen as it spoke last
        self._broker_done = False  # nothing is left to do on this machine, as of all messages to the broker

    def from_broker(self, message: Message) -> Message:
        if isinstance(message, Demand):
            self._broker_done = message.all_done and message.seen == self._down
        elif not isinstance(message, Notice):
            self._up += 1
        return message

    def from_coordinator(self, message: Message) -> Message:
        if isinstance(message, Notice):
            return message
        if not isinstance(message, Demand):
            self._down += 1
            self._broker_done = False
            return message
        self._heard = message.seen
        if self._retired_at is None or message.seen < self._retired_at:
            return message
        return message._replace(seen=message.seen - 1, wanted=ALL)  # the broker does not know of Retire

    def retire(self) -> Message:
        """This machine is to leave; return what to send to the coordinator."""
        self._up += 1
        self._retired_at = self._up
        return Retire()

    @property
    def may_leave(self) -> bool:
        """Whether this machine is to leave, has nothing left to do, and the coordinator has seen all it sent."""
        return self._retired_at is not None and self._heard == self._up and self._broker_done
