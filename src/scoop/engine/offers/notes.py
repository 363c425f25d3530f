"""Notes that the broker gets before the tasks that they are about: priorities, and the resources that are needed."""

from collections.abc import Iterator, Sequence

from ...wire.messages import Message, Needs, Urgent
from .outbox import InFlight

__all__ = ["notes_on"]


def notes_on(batch: int, tasks: Sequence[InFlight]) -> Iterator[Message]:
    """Yield what is to be sent before the offer of a batch: nearly always nothing."""
    options = [task.options for task in tasks]
    if urgent := [number for number, each in enumerate(options) if each.priority]:
        yield Urgent(batch, urgent, [options[number].priority for number in urgent])
    for number, each in enumerate(options):
        if each.needs:
            yield Needs(batch, number, tuple(each.needs), tuple(each.needs.values()))
