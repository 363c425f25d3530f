"""How many workers each host gets, pure."""

from collections.abc import Sequence

from .hosts import Host

__all__ = ["allot"]


def allot(hosts: Sequence[Host], n: int | None) -> list[Host]:
    """Return the hosts that take part, each with its count, for ``n`` workers in all; None is as many as they have.

    Fewer workers than there are places fill host by host. More are dealt out one by one to all hosts in turn, beyond
    what they have. Where a host's own number is not known before it is reached (it is None), ``n`` workers are dealt
    out one by one to all hosts in turn, and those with a count get no more than that.

    >>> [host.workers for host in allot([Host("a", 4), Host("b", 2)], 5)]
    [4, 1]
    >>> [host.workers for host in allot([Host("a", 4), Host("b", 2)], 9)]
    [6, 3]
    """
    if n is None:
        return list(hosts)
    known = [host.workers for host in hosts if host.workers is not None]
    if len(known) < len(hosts):
        counts = _deal(n, [n if host.workers is None else host.workers for host in hosts])
    elif sum(known) < n:
        extra = _deal(n - sum(known), [n] * len(known))
        counts = [count + more for count, more in zip(known, extra, strict=True)]
    else:
        counts = []
        for count in known:
            counts.append(min(count, n - sum(counts)))
    return [host._replace(workers=count) for host, count in zip(hosts, counts, strict=True) if count]


def _deal(n: int, most: Sequence[int]) -> list[int]:
    """Deal ``n`` out in turn, to each no more than ``most``, which are at least ``n`` together."""
    counts = [0] * len(most)
    while n:
        for place, limit in enumerate(most):
            if n and counts[place] < limit:
                counts[place] += 1
                n -= 1
    return counts
