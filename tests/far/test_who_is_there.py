"""scoop.hosts(), scoop.SIZE and futures.wait_for_workers(): who takes part in a run, as the program sees it."""

import signal

import pytest

from background import Background

from .conftest import Far
from .test_joining import begin, join

pytest.importorskip("distributed")
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
    futures.wait_for_workers(6)
    until(lambda: scoop.SIZE == 6)
    here, *away = scoop.hosts()
    assert (here.workers, here.alive) == (2, True)
    assert sorted(away, key=str) == [scoop.Host("f1", 2), scoop.Host("f2", 2, alive=True)]
    raises(TimeoutError, futures.wait_for_workers, 7, 0.01)
    agent("f1").kill()
    until(lambda: scoop.SIZE == 4)
    assert scoop.Host("f1", 2, False) in scoop.hosts()
    futures.wait_for_workers(4, timeout=0)
    error = raises(TimeoutError, futures.wait_for_workers, 5, 0.01)
    assert str(error).startswith("4 of 5 workers are there after 0.01 seconds: "), error
    assert "f1 2 (lost)" in str(error)
    raises(ScoopError, left_alone(futures.submit(scoop.hosts)).result)
"""
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
