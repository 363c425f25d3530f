"""MPI's own launcher, of Open MPI, MPICH and Intel MPI: where ``mpiexec`` is what a cluster lets people use.

There is one command a host, since ``mpiexec`` passes standard input on to one process only. The agent is no program
of MPI's: it never calls it.
"""

from ..planning.hosts import Host
from . import Reach, agent_command

__all__ = ["mpiexec"]

_ALL_PROCESSORS = {
    "OMPI_MCA_hwloc_base_binding_policy": "none",  # Open MPI up to 4
    "PRTE_MCA_hwloc_default_binding_policy": "none",  # Open MPI 5
    "I_MPI_PIN": "off",  # Intel MPI; MPICH binds nothing
}
"""Variables without which ``mpiexec`` gives the agent, and so all workers of the host, a single processor."""


def mpiexec(reach: Reach, host: Host) -> list[str]:
    """Return the command that starts an agent. No shell reads its words."""
    free = [f"{name}={value}" for name, value in _ALL_PROCESSORS.items()]
    return ["env", *free, "mpiexec", "-n", "1", "-host", host.name, *agent_command(reach, host.place)]
