"""Runs on the nodes of a Ray cluster that is there already: several nodes, all on this machine."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from background import Background, Command, background, until
from running import write
from scripts import MAIN, program

__all__ = ["background"]

pytest.importorskip("ray", reason="ray is not there for every Python")


class RayCluster:
    """The cluster of a test, by its process."""

    def __init__(self, command: Command, address: str) -> None:
        self.address = address
        self._command = command

    def tell(self, word: str) -> None:
        """Have it add or remove a node."""
        assert self._command.process.stdin is not None
        self._command.process.stdin.write(f"{word}\n".encode())
        self._command.process.stdin.flush()

    def end(self) -> None:
        """End all its processes: what was killed of it has left some with other parents."""
        assert self._command.process.stdin is not None
        self._command.process.stdin.close()
        self._command.end()

    @staticmethod
    def agents() -> list[int]:
        """Return the agents that run on this machine."""
        return [each.pid for each in psutil.process_iter() if _is_agent(each)]


def _is_agent(process: psutil.Process) -> bool:
    try:
        return "scoop.cluster.agent" in process.cmdline()
    except psutil.Error:
        return False


@pytest.fixture
def cluster(background: Background) -> Iterator[RayCluster]:
    """Return a cluster of two nodes with a CPU each, beside its head."""
    words = (sys.executable, str(Path(__file__).parent / "ray_cluster.py"), str(background.folder))
    command = background(*words, env={"TMPDIR": "/tmp"})  # its sockets have long names
    address = background.folder / "address"
    until(lambda: address.exists() or command.process.poll() is not None)
    assert address.exists(), command.err
    found = RayCluster(command, address.read_text())
    yield found
    found.end()


def run_on(cluster: RayCluster, background: Background, body: str, *options: str) -> Command:
    """Start a run on the cluster."""
    write(background.folder / "script.py", program(body) + MAIN)
    return background(sys.executable, "-m", "scoop", *options, "--connect", f"ray:{cluster.address}", "script.py")


TOGETHER = """
def together(who, size):
    meet("meeting", who, size)
    return os.getpid()
"""


def test_a_run_on_a_cluster(cluster: RayCluster, background: Background) -> None:
    body = """
def main():
    futures.wait_for_workers(2)
    until(lambda: scoop.SIZE == 2)
    assert [(host.workers, host.alive) for host in scoop.hosts()] == [(1, True)] * 2
    shared.setConst(answer=42)
    pids = set(futures.map(together, range(2), [2] * 2))
    assert len(pids) == 2 and os.getpid() not in pids, pids
    print("as they do", futures.submit(speak).result())

def speak():
    print("tasks print")
    return shared.getConst("answer")
"""
    run = run_on(cluster, background, body + TOGETHER)
    assert run.end() == 0, run.err
    assert (sorted(run.out.splitlines()), run.err) == (["as they do 42", "fine", "tasks print"], "")
    until(lambda: not cluster.agents())


def test_nodes_that_come_work_and_what_nodes_had_that_go_runs_again(
    cluster: RayCluster, background: Background
) -> None:
    body = """
def main():
    futures.wait_for_workers(2)
    print("ready", flush=True)
    futures.wait_for_workers(3, timeout=100)
    assert len(set(futures.map(together, range(3), [3] * 3))) == 3
    tasks = [futures.submit(held, x) for x in range(3)]
    until(lambda: len([each for each in os.listdir() if each.startswith("held")]) == 3)
    print("held", flush=True)
    until(lambda: sum(host.workers for host in scoop.hosts() if host.alive) == 2)
    open_gate()
    assert [task.result() for task in tasks] == [0, 1, 4]

def held(x):
    open(f"held {x}", "w").close()
    is_open()
    return x * x
"""
    run = run_on(cluster, background, body + TOGETHER)
    run.says("ready")
    cluster.tell("add")
    run.says("held")
    cluster.tell("remove")
    assert (run.end(), run.out) == (0, "ready\nheld\nfine\n"), run.err


def test_a_run_that_is_killed_leaves_nothing_on_the_cluster(cluster: RayCluster, background: Background) -> None:
    body = """
def main():
    futures.submit(held).result()

def held():
    open("begun", "w").close()
    is_open()
"""
    run = run_on(cluster, background, body)
    until((background.folder / "begun").exists)
    assert cluster.agents()
    run.process.kill()
    until(lambda: not cluster.agents())


def test_a_cluster_that_does_not_answer_is_named(background: Background) -> None:
    write(background.folder / "script.py", program("def main(): futures.submit(give, 1).result()") + MAIN)
    words = ("--connect", "ray:127.0.0.1:1", "--host-timeout", "5", "script.py")
    run = background(sys.executable, "-m", "scoop", *words)
    assert run.end() == 1
    assert "HostsMissing: the Ray cluster at 127.0.0.1:1 does not answer" in run.err, run.err
