"""A real Slurm: what a job was given is where its agents are, started in one step, and gone with it."""

from collections.abc import Iterator

import pytest

from .conftest import Drive, children, nothing_runs_on, until
from .machines import Machines
from .slurm import Slurm, missing_slurm


@pytest.fixture
def slurm(machines: Machines) -> Iterator[Slurm]:
    """Slurm over three hosts with four processors each."""
    if reason := missing_slurm():
        pytest.skip(reason)
    found = Slurm(machines)
    try:
        found.up()
        yield found
    finally:
        found.down()


def test_one_step_starts_an_agent_on_each_host_of_the_job(machines: Machines, slurm: Slurm, drive: Drive) -> None:
    # salloc runs what it starts here, which is no host of the job.
    driver = drive(machines, ["salloc", "-Q", "-N3", "-n7"], slurm.environ, hosts=[])
    driver.wait_for("started")
    joined = {host: event["workers"] for host, event in driver.of("joined").items()}
    assert joined == {"node1": 4, "node2": 2, "node3": 1}
    assert all(machines.processes(name) for name in machines.names)
    until(lambda: driver.out.count("VALUE is 42") == 3 and driver.err.count("grumbles") == 3)
    [launcher] = [child for child in children(driver)[0].children() if "srun" in child.name()]
    assert launcher.name() == "srun"
    driver.end()
    nothing_runs_on(machines)


def test_a_job_that_is_cancelled_leaves_nothing(machines: Machines, slurm: Slurm, drive: Drive) -> None:
    driver = drive(machines, ["salloc", "-Q", "-w", "node1,node3", "--exclusive"], slurm.environ, hosts=[])
    driver.wait_for("started")
    assert sorted(driver.of("joined")) == ["node1", "node3"]
    slurm.run("scancel", "--user=root")
    driver.wait_for("left")
    nothing_runs_on(machines)


def test_a_program_that_is_killed_leaves_nothing_in_the_job(machines: Machines, slurm: Slurm, drive: Drive) -> None:
    driver = drive(machines, ["salloc", "-Q", "-N2"], slurm.environ, hosts=[])
    driver.wait_for("started")
    children(driver)[0].kill()
    nothing_runs_on(machines)
