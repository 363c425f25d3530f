"""Job scripts for batch systems, pure: what a job is to have in, the text of its script out.

Each system is a row of ``SYSTEMS``. The job finds its hosts itself when it runs (``launchers``), so no host is named.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .hosts import HostsError

__all__ = ["SYSTEMS", "Job", "System", "find_system", "job_script", "parse_time"]


class Job(NamedTuple):
    """What a job is to have, and what it is to run."""

    name: str
    words: tuple[str, ...]  # the command line that it runs
    nodes: int = 1
    workers: int | None = None  # on each node; None is one for each of its processors, where the system allows that
    seconds: int | None = None  # of the clock; None is the system's own limit
    queue: str = ""  # or partition; empty is the system's own choice
    account: str = ""
    output: str = ""  # the file for what the job prints, errors included; empty is a name made of the job's
    array: str = ""  # as 1-10; empty is a single job
    parallel_environment: str = "mpi"  # of Grid Engine
    directives: tuple[str, ...] = ()  # more of them, without the system's prefix
    environment: Mapping[str, str] = {}  # variables to set


class System(NamedTuple):
    """How a batch system is told what a job is to have."""

    prefix: str  # of a directive, before a space
    submit: str  # the command that reads a script from its standard input
    folder_variable: (
        str  # the variable with the folder in which that command was called; empty if a directive sees to it
    )
    index_variable: str  # with the index of a job in its array
    directives: Callable[[Job], list[str]]


def job_script(job: Job, system: str) -> str:
    """Return the script of a job for one of ``SYSTEMS``. Raises HostsError for what that system cannot do."""
    found = SYSTEMS[system]
    directives = [*found.directives(job), *job.directives]
    if broken := [text for text in directives if "\n" in text]:
        raise HostsError(f"{broken[0]!r} has a line break, which no line of a job script may have; remove it")
    lines = ["#!/bin/bash", *(f"{found.prefix} {text}" for text in directives), ""]
    if found.folder_variable:
        lines.append(f'cd "${found.folder_variable}" || exit')
    if job.array:
        lines.append(f'export SCOOP_ARRAY_INDEX="${found.index_variable}"')
    lines += [f"export {name}={shlex.quote(value)}" for name, value in job.environment.items()]
    # The batch system's signals go to the program itself, with no shell in between.
    return "\n".join([*lines, f"exec {shlex.join(job.words)}", ""])


def find_system(has_command: Callable[[str], object]) -> str:
    """Return the batch system whose commands are here. Raises HostsError if there is none."""
    for command, system in (("sbatch", "slurm"), ("bsub", "lsf"), ("qconf", "sge"), ("qsub", "pbs")):
        if has_command(command):
            return system
    raise HostsError(
        "there is no batch system here (no sbatch, qsub or bsub on PATH): submit from a machine that has one, or "
        "see the script with --dry-run and --system"
    )


def parse_time(text: str) -> int:
    """Return the seconds of ``H:MM:SS``, ``D-HH:MM:SS``, or a whole number and a unit. Raises HostsError.

    >>> parse_time("1:30:00"), parse_time("2-00:00:00"), parse_time("90m")
    (5400, 172800, 5400)
    """
    if found := re.fullmatch(r"(\d{1,5})([mhd])", text, re.ASCII):
        seconds = int(found[1]) * {"m": 60, "h": 3600, "d": 86400}[found[2]]
    elif found := re.fullmatch(r"(?:(\d{1,3})-)?(\d{1,4}):([0-5]\d):([0-5]\d)", text, re.ASCII):
        days, hours, minutes, rest = (int(number or 0) for number in found.groups())
        seconds = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    else:
        seconds = 0
    if not seconds:
        raise HostsError(f"{text!r} is not a time, such as 1:30:00, 2-00:00:00, 90m, 2h or 3d")
    return seconds


def _slurm(job: Job) -> list[str]:
    place = "--exclusive" if job.workers is None else f"--ntasks-per-node={job.workers}"
    output = job.output or (f"{job.name}-%A_%a.out" if job.array else f"{job.name}-%j.out")
    return [
        f"--job-name={job.name}",
        f"--nodes={job.nodes}",
        place,
        *_given("--time={}", _clock(job)),
        *_given("--partition={}", job.queue),
        *_given("--account={}", job.account),
        *_given("--array={}", job.array),
        f"--output={output}",
    ]


def _sge(job: Job) -> list[str]:
    return [
        f"-N {job.name}",
        "-S /bin/bash",
        "-cwd",
        "-j y",
        f"-pe {job.parallel_environment} {job.nodes * _workers(job, 'Grid Engine')}",
        *_given("-l h_rt={}", _clock(job)),
        *_given("-q {}", job.queue),
        *_given("-P {}", job.account),
        *_given("-t {}", job.array),
        *_given("-o {}", job.output),
    ]


def _pbs(job: Job) -> list[str]:
    workers = _workers(job, "PBS")
    return [
        f"-N {job.name}",
        "-S /bin/bash",
        "-j oe",
        f"-l select={job.nodes}:ncpus={workers}:mpiprocs={workers}",
        "-l place=scatter",
        *_given("-l walltime={}", _clock(job)),
        *_given("-q {}", job.queue),
        *_given("-A {}", job.account),
        *_given("-J {}", job.array),
        *_given("-o {}", job.output),
    ]


def _lsf(job: Job) -> list[str]:
    workers = _workers(job, "LSF")
    minutes = "" if job.seconds is None else str(-(-job.seconds // 60))
    return [
        f'-J "{job.name}[{job.array}]"' if job.array else f"-J {job.name}",
        f"-n {job.nodes * workers}",
        f'-R "span[ptile={workers}]"',
        *_given("-W {}", minutes),
        *_given("-q {}", job.queue),
        *_given("-P {}", job.account),
        f"-o {job.output or (f'{job.name}-%J_%I.out' if job.array else f'{job.name}-%J.out')}",
    ]


SYSTEMS: Mapping[str, System] = {
    "slurm": System("#SBATCH", "sbatch", "SLURM_SUBMIT_DIR", "SLURM_ARRAY_TASK_ID", _slurm),
    "sge": System("#$", "qsub", "", "SGE_TASK_ID", _sge),
    "pbs": System("#PBS", "qsub", "PBS_O_WORKDIR", "PBS_ARRAY_INDEX", _pbs),
    "lsf": System("#BSUB", "bsub", "LS_SUBCWD", "LSB_JOBINDEX", _lsf),
}
"""By the word that names it."""


def _given(form: str, value: str) -> list[str]:
    return [form.format(value)] if value else []


def _workers(job: Job, system: str) -> int:
    if job.workers is None:
        raise HostsError(
            f"{system} gives no whole nodes to a job that does not say how large they are: add --workers-per-node"
        )
    return job.workers


def _clock(job: Job) -> str:
    if job.seconds is None:
        return ""
    minutes, seconds = divmod(job.seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
