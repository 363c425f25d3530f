"""scoop.hosts(), scoop.SIZE and futures.wait_for_workers(): who takes part in a run, as the program sees it."""

import signal

import pytest

from background import Background

from .conftest import Far
from .test_joining import begin, join

pytest.importorskip("cryptography")


def test_hosts_are_there_when_they_have_joined_and_lost_ones_are_shown(far: Far) -> None:
    run = far.run(
        """
import psutil
from scoop.errors import ScoopError

def agent(host):
    own = psutil.Process()
    children = [each for each in own.children(recursive=True) if each.status() != "zombie"]
    return next(each for each in children if "scoop.cluster.agent" in each.cmdline() and host in each.cmdline())

def main():
    futures.wait_for_workers(4)
    until(lambda: scoop.SIZE == 4)
    here, away = scoop.hosts()
    assert (here.workers, here.alive, away) == (2, True, scoop.Host("f1", 2))
    agent("f1").kill()
    until(lambda: scoop.SIZE == 2)
    assert scoop.hosts() == (here, scoop.Host("f1", 2, alive=False))
    futures.wait_for_workers(2, timeout=0)
    error = raises(TimeoutError, futures.wait_for_workers, 3, 0.01)
    assert str(error) == f"2 of 3 workers are there after 0.01 seconds: {here.name} 2, f1 2 (lost)"
    raises(ScoopError, left_alone(futures.submit(scoop.hosts)).result)
""",
        "localhost localhost f1 f1",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


INVITING = """
def main():
    print(scoop.SIZE, *scoop.hosts(), flush=True)
    futures.wait_for_workers(3)
    until(lambda: scoop.SIZE == 3)
    assert [host.workers for host in scoop.hosts()] == [1, 2]
    left_alone(futures.submit(square, 3))  # who has run a task heeds signals
    print("two", flush=True)
    until(lambda: scoop.SIZE == 1)
    assert [host.alive for host in scoop.hosts()] == [True, False]
"""


@pytest.mark.thorough
def test_who_joins_by_invitation_counts_until_it_leaves(background: Background) -> None:
    run = begin(background, INVITING)
    run.says("Host(")
    worker = join(background, 2)
    run.says("two")
    worker.process.send_signal(signal.SIGTERM)
    assert worker.end() == 0
    assert run.end() == 0, run.err
