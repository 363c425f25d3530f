"""Messages that go before tasks, where there is more to say of them than is in an Offer or a Run: seldom."""

from typing import NamedTuple

from .fields import Names, Numbers

__all__ = ["Granted", "Needs", "Urgent"]


class Needs(NamedTuple):
    """From the owner of a task, before the Offer that it is in: which resources it is to have while it runs."""

    batch: int
    task: int
    names: Names
    amounts: Numbers  # of each


class Urgent(NamedTuple):
    """From the owner of tasks, before the Offer that they are in: which go before others."""

    batch: int
    tasks: Numbers
    priorities: Numbers  # of each; that of others is 0


class Granted(NamedTuple):
    """Broker to worker, before Run: the resources that a task has."""

    batch: int
    task: int
    names: Names  # one for each number
    numbers: Numbers  # which of those of its name
