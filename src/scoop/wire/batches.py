"""The names of batches: numbers that no two batches of a run share, and that say whose tasks are in them."""

from collections.abc import Iterator
from itertools import count

__all__ = ["batch_ids", "owner_of"]

_SERIAL_BITS, _WORKER_BITS = 28, 20


def batch_ids(machine: int, worker: int) -> Iterator[int]:
    """Yield the names of the batches that a worker sends out: no other worker of the run ever uses one of them."""
    return count((machine << _WORKER_BITS | worker) << _SERIAL_BITS | 1)


def owner_of(batch: int) -> tuple[int, int]:
    """Return the machine, and the number on it, of the worker whose tasks are in a batch."""
    owner = batch >> _SERIAL_BITS
    return owner >> _WORKER_BITS, owner & ((1 << _WORKER_BITS) - 1)
