"""The workers of an executor, on this machine or on several hosts.

Here is only what the program says of the hosts: where all workers are on this machine, no more of this folder is
imported. How they are planned and started is in pool_plan.py.
"""

from collections.abc import Mapping
from functools import partial

from ..machine.cores import usable_cores
from ..machine.initializer import Initializer
from ..machine.pool import WorkerPool
from ..trace.settings import TraceOptions
from .planning.host_options import HostOptions

__all__ = ["new_pool"]


def new_pool(
    workers: int | None,
    initializer: Initializer | None,
    resources: Mapping[str, int],
    options: HostOptions,
    trace: TraceOptions,
) -> WorkerPool:
    """Start workers; return when all hosts have answered.

    Raises HostsError for hosts that cannot be read or used so, HostsMissing if too few take part, and what WorkerPool
    does.

    Parameters:
        workers: how many, on all hosts together; None is one for each processor.
        initializer: what each of them calls first, with its arguments; None if nothing.
        resources: how many of each every machine has, for tasks that need some.
        options: where the workers are to be.
        trace: what is recorded of its tasks.
    """
    if options.hosts is None and options.hostfile is None:
        return WorkerPool(workers or usable_cores(), initializer, resources, trace=trace)
    from .pool_plan import find_placement, with_hosts

    placement = find_placement(workers, options)
    if not placement.away:
        return WorkerPool(placement.here, initializer, resources, trace=trace)
    placed = partial(with_hosts, placement=placement, options=options)
    return WorkerPool(placement.here, initializer, resources, placed, trace)
