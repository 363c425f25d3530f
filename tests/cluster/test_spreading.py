"""Large constants on real hosts: each passes them on to the next, whatever happens to some of them."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import nothing_runs_on, until
from .machines import Machines, missing
from .test_runs import command, ended, start

PROGRAM = """
import hashlib, os, pickle, sys, time
import scoop
from scoop import futures, shared

def digest(_):
    time.sleep(0.02)
    return hashlib.sha256(shared.getConst("data")).digest(), scoop.worker.worker.split(":")[0]

if __name__ == "__main__":
    futures.wait_for_workers(6)
    futures.run_on_workers(time.time)
    data = os.urandom(30_000_000)
    shared.setConst(data=pickle.PickleBuffer(data))  # as an array: in shared memory
    open("begun", "w").close()
    hosts = set()
    while len(hosts) < int(sys.argv[1]):
        digests, names = zip(*futures.map(digest, range(60)))
        assert {*digests} == {hashlib.sha256(data).digest()}
        hosts.update(names)
    print("fine", flush=True)
"""


@pytest.fixture
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Six hosts on slow network cards."""
    found = Machines(tmp_path_factory.mktemp("machines"), 6)
    if reason := missing() or (
        "" if found.rooted and shutil.which("tc") else "network cards that are slow need root"
    ):
        pytest.skip(reason)
    try:
        found.up()
        found.limit("80mbit")
        yield found
    finally:
        found.down()


def words(machines: Machines, wanted: int, *options: str) -> list[str]:
    """Return the command of a run with a worker on each host, until so many have the constant."""
    return command(machines, "-v", "-n", "6", *options, "--hosts", *machines.names, "script.py", str(wanted))


def copies(err: str) -> list[float]:
    """Return how many copies the program's machine has sent."""
    return [*map(float, re.findall(r"this machine has sent (.*) copies", err))]


@pytest.mark.thorough
def test_six_hosts_get_a_constant_of_which_little_more_than_one_is_sent(six: Machines, tmp_path: Path) -> None:
    status, out, err = ended(start(tmp_path, words(six, 6), script=PROGRAM))
    assert (status, out) == (0, "fine\n"), err
    assert copies(err)[0] < 2.5
    nothing_runs_on(six)


@pytest.mark.thorough
@pytest.mark.parametrize("end", ["kill", "cut"])
def test_a_host_is_lost_in_the_midst_and_the_others_get_all(six: Machines, tmp_path: Path, end: str) -> None:
    process = start(tmp_path, words(six, 5, "--silence", "3", "--grace", "2", "--host-restarts", "0"), script=PROGRAM)
    until((tmp_path / "begun").exists)
    getattr(six, end)("node3")
    status, out, err = ended(process)
    assert (status, out) == (0, "fine\n"), err
    assert all(sent < 5 for sent in copies(err))  # the run may end before the constant is everywhere
    if end == "cut":
        six.heal("node3")
    else:
        six.boot("node3")
    nothing_runs_on(six)
