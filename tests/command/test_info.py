"""`scoop info`: what SCOOP runs on."""

from pathlib import Path

import pytest

import scoop
from running import run_python
from scoop.cli.looking.info import info_text
from scoop.machine.cores import usable_cores


def rows(environ: "dict[str, str]") -> dict[str, str]:
    lines = info_text(environ, lambda: "9 us").splitlines()
    width = lines[0].index(scoop.__version__)
    return {line[:width].strip(): line[width:] for line in lines}


def test_versions_processors_and_limits_are_listed() -> None:
    found = rows({})
    assert found["scoop"] == scoop.__version__
    assert found["processors"].startswith(f"{usable_cores()} usable, ")
    assert {"python", "greenlet", "cloudpickle", "optional", "/dev/shm", "open files (ulimit -n)"} <= {*found}
    assert (found["batch system"], found["round trip of a task"]) == ("none", "9 us")


@pytest.mark.parametrize(("variable", "name"), [("SLURM_JOB_ID", "Slurm"), ("LSB_JOBID", "LSF")])
def test_the_batch_system_is_named(variable: str, name: str) -> None:
    assert rows({variable: "1"})["batch system"] == name


@pytest.mark.thorough
def test_the_round_trip_of_a_task_is_measured(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "info", cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert run.out.endswith(" us to a worker and back\n")
