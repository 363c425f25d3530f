"""The scripts of jobs, line by line, and what is refused before anything is submitted."""

from collections.abc import Collection

import pytest

from scoop.cluster.planning.hosts import HostsError
from scoop.cluster.planning.job_scripts import SYSTEMS, Job, find_system, job_script, parse_time

SMALL = Job("census", ("python3", "-m", "scoop", "census.py"), 2, 8)
LARGE = SMALL._replace(
    seconds=86_401,
    queue="long",
    account="physics",
    output="out.txt",
    array="1-10",
    parallel_environment="orte",
    directives=("-m e",),
    environment={"PYTHONPATH": "/a b"},
    words=("python3", "-m", "scoop", "census.py", "it's"),
)

SCRIPTS = {
    "slurm": """\
#!/bin/bash
#SBATCH --job-name=census
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --output=census-%j.out

cd "$SLURM_SUBMIT_DIR" || exit
exec python3 -m scoop census.py
""",
    "sge": """\
#!/bin/bash
#$ -N census
#$ -S /bin/bash
#$ -cwd
#$ -j y
#$ -pe mpi 16

exec python3 -m scoop census.py
""",
    "pbs": """\
#!/bin/bash
#PBS -N census
#PBS -S /bin/bash
#PBS -j oe
#PBS -l select=2:ncpus=8:mpiprocs=8
#PBS -l place=scatter

cd "$PBS_O_WORKDIR" || exit
exec python3 -m scoop census.py
""",
    "lsf": """\
#!/bin/bash
#BSUB -J census
#BSUB -n 16
#BSUB -R "span[ptile=8]"
#BSUB -o census-%J.out

cd "$LS_SUBCWD" || exit
exec python3 -m scoop census.py
""",
}

ALL_THERE_IS = {
    "slurm": "--time=24:00:01, --partition=long, --account=physics, --array=1-10, -m e, SLURM_ARRAY_TASK_ID",
    "sge": "-pe orte 16, -l h_rt=24:00:01, -q long, -P physics, -t 1-10, -o out.txt, SGE_TASK_ID",
    "pbs": "-l walltime=24:00:01, -q long, -A physics, -J 1-10, -o out.txt, PBS_ARRAY_INDEX",
    "lsf": '-J "census[1-10]", -W 1441, -q long, -P physics, -o out.txt, LSB_JOBINDEX',
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_script_of_a_job(system: str) -> None:
    assert job_script(SMALL, system) == SCRIPTS[system]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_script_of_a_job_with_all_there_is(system: str) -> None:
    *directives, variable = ALL_THERE_IS[system].split(", ")
    script = job_script(LARGE, system).splitlines()
    prefix = SYSTEMS[system].prefix
    assert [text for text in directives if f"{prefix} {text}" not in script] == []
    assert f"{prefix} -m e" in script
    assert script[-3:] == [
        f'export SCOOP_ARRAY_INDEX="${variable}"',
        "export PYTHONPATH='/a b'",
        "exec python3 -m scoop census.py 'it'\"'\"'s'",
    ]


def test_whole_nodes_are_for_slurm_alone() -> None:
    assert "#SBATCH --exclusive\n" in job_script(SMALL._replace(workers=None), "slurm")
    for system in ("sge", "pbs", "lsf"):
        with pytest.raises(HostsError, match="add --workers-per-node"):
            job_script(SMALL._replace(workers=None), system)


def test_a_directive_is_one_line() -> None:
    with pytest.raises(HostsError, match="line break"):
        job_script(SMALL._replace(directives=("--mem=8G\nrm -r /",)), "slurm")


@pytest.mark.parametrize(
    ("commands", "system"),
    [({"sbatch", "qsub"}, "slurm"), ({"qsub"}, "pbs"), ({"qsub", "qconf"}, "sge"), ({"bsub"}, "lsf")],
)
def test_the_system_is_found_by_its_commands(commands: Collection[str], system: str) -> None:
    assert find_system(commands.__contains__) == system


def test_without_any_system_it_is_said_what_to_do() -> None:
    with pytest.raises(HostsError, match="--dry-run and --system"):
        find_system(lambda _: None)


def test_times() -> None:
    assert [parse_time(text) for text in ("0:00:01", "36:00:00", "1-00:00:00", "90m", "2h", "3d")] == [
        *(1, 129_600, 86_400, 5_400, 7_200, 259_200)
    ]


@pytest.mark.parametrize("text", ["", "1", "1:30", "0:00:00", "1:60:00", "x", "1.5h", "-1:00:00", "٣h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(HostsError, match="is not a time, such as"):
        parse_time(text)
