"""Slurm.

If the job asked for several tasks, each is a worker. If it asked for none (``-N2``), or for one (``-n1 -c8``), each
CPU of the job is a worker. All is read from the environment: ``scontrol`` would need the cluster's configuration.
"""

import re
from collections.abc import Sequence

from ..planning.hosts import Host, HostsError, expand, parse_names
from . import Allocation, Environment, Reach, agent_command

__all__ = ["slurm", "srun"]

_COUNT = re.compile(r"(\d{1,7})(?:\(x(\d{1,6})\))?", re.ASCII)


def slurm(environ: Environment) -> Allocation | None:
    """Return the job's hosts; None outside Slurm. Raises HostsError."""
    job = environ.get("SLURM_JOB_ID")
    step = "STEP" if {"SLURM_STEP_NODELIST", "SLURM_STEP_NUM_TASKS"} <= environ.keys() else ""
    nodes = environ.get("SLURM_STEP_NODELIST" if step else "SLURM_JOB_NODELIST") or environ.get("SLURM_NODELIST")
    if not job or not nodes:
        return None
    tasks = environ.get("SLURM_STEP_NUM_TASKS" if step else "SLURM_NTASKS", "")
    if step and environ.get("SLURM_PROCID", "0") != "0":
        raise HostsError(
            f"srun has started this program {tasks} times, but SCOOP starts its own workers: start the program once, "
            "without srun, or with srun -n1"
        )
    variable = "SLURM_STEP_TASKS_PER_NODE" if step else "SLURM_TASKS_PER_NODE"
    if tasks in ("", "1"):
        variable = "SLURM_CPUS_ON_NODE" if step else "SLURM_JOB_CPUS_PER_NODE"
    names = [name for word in parse_names(nodes) for name in expand(word)]
    if variable not in environ:
        raise HostsError(f"Slurm names hosts, but has not set {variable}: name the hosts yourself, with --hosts")
    counts = _parse_counts(environ[variable], variable)
    if len(counts) != len(names):
        raise HostsError(
            f"Slurm names {len(names)} hosts ({nodes}), but {variable}={environ[variable]} has {len(counts)}: "
            "name the hosts yourself, with --hosts"
        )
    hosts = tuple(Host(name, count) for name, count in zip(names, counts, strict=True))
    unused = _unused(environ, job, len(names)) if step else _unused_components(environ, job, nodes)
    return Allocation(f"Slurm job {job}", hosts, "srun", environ.get("SLURMD_NODENAME"), unused)


def srun(reach: Reach, hosts: Sequence[Host]) -> list[str]:
    """Return the command that starts an agent on each host, in one step of the job. No shell reads its words."""
    return [
        "srun",
        f"--nodes={len(hosts)}",
        f"--ntasks={len(hosts)}",
        "--ntasks-per-node=1",
        f"--nodelist={','.join(host.name for host in hosts)}",
        "--cpu-bind=none",  # the agent may use all that the job has on the node
        "--mem=0",
        "--overlap",
        "--input=all",
        "--unbuffered",
        "--kill-on-bad-exit=0",
        "--wait=0",
        "--quit-on-interrupt",
        "--job-name=scoop",
        *agent_command(reach),
    ]


def _unused(environ: Environment, job: str, count: int) -> str:
    """Say so if the step that srun has made has fewer hosts than the job."""
    in_job = environ.get("SLURM_JOB_NUM_NODES", "")
    if not in_job.isdecimal() or int(in_job) <= count:
        return ""
    return (
        f"Slurm job {job} has {in_job} hosts, and srun has started this program on {count} of them, so only that is "
        "used; to use all, start it without srun"
    )


def _unused_components(environ: Environment, job: str, nodes: str) -> str:
    """Say so if the job is heterogeneous: one step, as srun makes it for the agents, has one component."""
    components = environ.get("SLURM_HET_SIZE", "1")
    if components == "1":
        return ""
    return (
        f"Slurm job {job} has {components} components, and only the first is used ({nodes}); to use all, ask for one "
        "component, or name the hosts (--launcher ssh --hosts ...)"
    )


def _parse_counts(text: str, variable: str) -> list[int]:
    """Return the counts that Slurm abbreviates: ``2(x3),1`` is 2, 2, 2, 1."""
    counts: list[int] = []
    for piece in text.split(","):
        found = _COUNT.fullmatch(piece.strip())
        if not found or int(found[1]) < 1:
            raise HostsError(f"{variable}={text}: {piece!r} is not a number of workers a node, such as 4 or 4(x2)")
        counts += [int(found[1])] * int(found[2] or 1)
    return counts
