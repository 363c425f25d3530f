"""Whole runs over real hosts: all at work, right results, and nothing left."""

import os
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from .conftest import LIMIT, nothing_runs_on, until
from .machines import Machines
from .slurm import Slurm, missing_slurm

PROGRAM = textwrap.dedent("""
    import collections, os, sys, time
    import scoop
    from scoop import futures

    def nap(x):
        time.sleep(0.01)
        return x, scoop.worker.worker

    def branch(count):
        return list(futures.map(nap, range(count)))

    def until_all_work(hosts, workers):
        seen, end = set(), time.monotonic() + 60
        while len({name.split(":")[0] for name in seen}) < hosts or len(seen) < workers:
            assert time.monotonic() < end, seen
            seen.update(worker for _, worker in futures.map(nap, range(40)))
        return collections.Counter(name.split(":")[0] for name in seen)

    if __name__ == "__main__":
        print("workers", sorted(until_all_work(int(sys.argv[1]), int(sys.argv[2])).values()), flush=True)
        started = [futures.submit(branch, 30) for _ in range(50)]
        assert started[0].result()
        open("begun", "w").close()
        for future in started:
            assert [x for x, _ in future.result()] == [*range(30)]
        print("fine", flush=True)
""")


def command(machines: Machines, *words: str) -> list[str]:
    """Return a command that runs the program over hosts."""
    ssh = shlex.join(machines.ssh)
    ours = ["--ssh-executable", ssh, "--external-hostname", machines.head]
    return [sys.executable, "-m", "scoop", *ours, *words]


def start(
    folder: Path, words: Sequence[str], environ: dict[str, str] | None = None, script: str = PROGRAM
) -> "subprocess.Popen[str]":
    """Start the program in a folder of its own."""
    (folder / "script.py").write_text(script)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        words, cwd=folder, stdout=pipe, stderr=pipe, text=True, env={**os.environ, **(environ or {})}
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for its end; return status, output and errors."""
    try:
        out, err = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
    return process.returncode, out, err


def test_nested_maps_are_spread_over_all_hosts_and_nothing_is_left(machines: Machines, tmp_path: Path) -> None:
    hosts = "3" if machines.rooted else "1"
    words = command(machines, "--hosts", *machines.names, "-n", "6", "script.py", hosts, "6")
    status, out, err = ended(start(tmp_path, words))
    assert (status, err) == (0, "")
    assert out.endswith("fine\n")
    assert not machines.rooted or "workers [2, 2, 2]" in out
    nothing_runs_on(machines)


@pytest.mark.thorough
@pytest.mark.parametrize("end", ["kill", "cut"])
def test_a_host_may_be_lost_in_the_middle(machines: Machines, tmp_path: Path, end: str) -> None:
    if not machines.rooted:
        pytest.skip("hosts that can be lost need root")
    words = command(machines, "--hosts", *machines.names, "-n", "6", "--silence", "5", "script.py", "3", "6")
    process = start(tmp_path, words)
    until((tmp_path / "begun").exists)
    getattr(machines, end)("node2")
    status, out, err = ended(process)
    assert status == 0, err
    assert out.endswith("fine\n")
    if end == "kill":
        machines.boot("node2")
    else:
        machines.heal("node2")
    nothing_runs_on(machines)


AWAY = """
import time
import scoop
from scoop import futures

def leaf(x):
    time.sleep(0.02)
    with open(f"{scoop.worker.worker}.begun", "a") as file:  # on a disk that all hosts share
        print(x, file=file)
    return x

def branch(first):
    return list(futures.map(leaf, range(first, first + 30)))

def where(_):
    time.sleep(0.02)
    return scoop.worker.worker.split(":")[0]

if __name__ == "__main__":
    started = [futures.submit(branch, 30 * number) for number in range(50)]
    assert started[0].result() == [*range(30)]
    open("begun", "w").close()
    for number, future in enumerate(started):
        assert future.result() == [*range(30 * number, 30 * number + 30)]
    print("all", flush=True)
    open("all", "w").close()
    end = time.monotonic() + 60
    while len(set(futures.map(where, range(40)))) < 3:
        assert time.monotonic() < end, "a host is not back"
    print("fine", flush=True)
"""


def begin(machines: Machines, folder: Path, *options: str) -> "subprocess.Popen[str]":
    """Start 1,500 nested tasks on three hosts; return when they are under way."""
    if not machines.rooted:
        pytest.skip("hosts that can be lost need root")
    process = start(
        folder, command(machines, "--hosts", *machines.names, "-n", "6", *options, "script.py"), script=AWAY
    )
    until((folder / "begun").exists)
    return process


def runs(folder: Path) -> list[int]:
    """Return which of the 1,500 have begun, as often as each has."""
    return sorted(int(line) for path in folder.glob("*.begun") for line in path.read_text().split())


@pytest.mark.thorough
def test_a_host_that_is_cut_off_goes_on_and_nothing_runs_twice(machines: Machines, tmp_path: Path) -> None:
    process = begin(machines, tmp_path, "--silence", "3", "--grace", "60", "--retries", "0")
    machines.cut("node2")
    assert process.stderr is not None
    assert "node2 is broken; it has 60 s to connect again" in process.stderr.readline()
    machines.heal("node2")
    status, out, err = ended(process)
    assert (status, out) == (0, "all\nfine\n"), err
    assert err == "scoop: node2 is back, and goes on (SC-77)\n"
    assert runs(tmp_path) == [*range(1500)]
    nothing_runs_on(machines)


@pytest.mark.thorough
def test_a_host_may_be_cut_off_for_twenty_seconds(machines: Machines, tmp_path: Path) -> None:
    process = begin(machines, tmp_path, "--retries", "0")
    machines.cut("node2")
    time.sleep(20)
    machines.heal("node2")
    status, out, err = ended(process)
    assert (status, out) == (0, "all\nfine\n"), err
    assert runs(tmp_path) == [*range(1500)]
    nothing_runs_on(machines)


@pytest.mark.thorough
def test_a_host_that_was_away_for_too_long_joins_afresh(machines: Machines, tmp_path: Path) -> None:
    process = begin(machines, tmp_path, "--silence", "2", "--grace", "1")
    machines.cut("node2")
    until((tmp_path / "all").exists)
    machines.heal("node2")
    status, out, err = ended(process)
    assert (status, out) == (0, "all\nfine\n"), err
    assert "node2 has left the run, or is lost; its tasks run elsewhere" in err
    assert "node2 was away for too long, and joins the run afresh" in err
    nothing_runs_on(machines)


@pytest.mark.thorough
def test_a_host_that_is_switched_off_and_on_is_started_again(machines: Machines, tmp_path: Path) -> None:
    process = begin(machines, tmp_path)
    machines.kill("node2")
    until((tmp_path / "all").exists)
    machines.boot("node2")
    status, out, err = ended(process)
    assert (status, out) == (0, "all\nfine\n"), err
    assert err.count("node2: its agent has ended, and is started again") == 1
    nothing_runs_on(machines)


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


def test_a_job_of_slurm_has_the_workers_that_it_was_given(machines: Machines, slurm: Slurm, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "scoop", "--external-hostname", machines.head, "script.py", "3", "7"]
    status, out, err = ended(start(tmp_path, ["salloc", "-Q", "-N3", "-n7", *program], slurm.environ))
    assert (status, err) == (0, "")
    assert out == "workers [1, 2, 4]\nfine\n"
    nothing_runs_on(machines)
