"""Runs on the hosts of a Dask cluster that is there already."""

import json
import sys
from pathlib import Path

import psutil
import pytest

from background import Background, Command, until
from running import run_python, write
from scripts import MAIN, program

pytest.importorskip("distributed")
pytest.importorskip("cryptography")


def cluster(background: Background, scheme: str, workers: int = 2) -> tuple[Command, dict[str, str]]:
    """Start a cluster; return it, and the variables that lead Dask to its certificates."""
    folder = background.folder / "cluster"
    folder.mkdir()
    words = (sys.executable, str(Path(__file__).parent / "dask_cluster.py"), str(folder), scheme, str(workers))
    found = background(*words, env={"TMPDIR": str(folder)})  # Dask leaves an empty folder there
    until(lambda: (folder / "scheduler.json").exists() or found.process.poll() is not None)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    certificates = {"CA_FILE": "ca", "CLIENT__KEY": "key", "CLIENT__CERT": "cert"}
    return found, {tls + name: str(folder / f"{file}.pem") for name, file in certificates.items()}


def agents_on(command: Command) -> list[str]:
    """Return the command lines of the agents that run on a cluster."""
    found = []
    for process in psutil.Process(command.process.pid).children(recursive=True):
        try:
            found += [" ".join(process.cmdline())] if "scoop.cluster.agent" in process.cmdline() else []
        except psutil.NoSuchProcess:
            pass
    return found


AWAY = """
def main():
    futures.wait_for_workers(SIZE)
    until(lambda: scoop.SIZE == SIZE)
    assert [(host.workers, host.alive) for host in scoop.hosts()] == [(SIZE, True)]
    shared.setConst(answer=42)
    pids = set(futures.map(together, range(SIZE), [SIZE] * SIZE))
    assert len(pids) == SIZE and os.getpid() not in pids, pids
    print("as they do", futures.submit(speak).result())

def together(who, size):
    meet("meeting", who, size)
    return os.getpid()

def speak():
    print("tasks print")
    return shared.getConst("answer")
"""


@pytest.mark.parametrize(("scheme", "n"), [("tls", None), pytest.param("tcp", 3, marks=pytest.mark.thorough)])
def test_a_run_on_a_cluster(background: Background, scheme: str, n: int | None) -> None:
    write(background.folder / "script.py", program(f"SIZE = {n or 2}\n{AWAY}") + MAIN)
    found, certificates = cluster(background, scheme)
    count = [] if n is None else ["-n", str(n)]
    where = background.folder / "cluster" / "scheduler.json"
    name = str(where) if n is None else json.loads(where.read_text())["address"]
    assert name.endswith(".json") or name.startswith("tcp://127.0.0.1:")
    words = [sys.executable, "-m", "scoop", *count, "--connect", name, "script.py"]
    run = background(*words, env=certificates if scheme == "tls" else {})
    assert run.end() == 0, run.err
    assert sorted(run.out.splitlines()) == ["as they do 42", "fine", "tasks print"]
    until(lambda: not agents_on(found))
    assert found.process.poll() is None  # the cluster goes on


GROWS = """
def main():
    futures.wait_for_workers(1)
    print("ready", flush=True)
    futures.wait_for_workers(3, timeout=100)
    assert len(set(futures.map(together, range(3), [3] * 3))) == 3
    tasks = [futures.submit(held, x) for x in range(3)]
    until(lambda: len([each for each in os.listdir() if each.startswith("held")]) == 3)
    print("held", flush=True)
    until(lambda: sum(host.workers for host in scoop.hosts() if host.alive) == 1)
    open_gate()
    assert [task.result() for task in tasks] == [0, 1, 4]

def together(who, size):
    meet("meeting", who, size)
    return os.getpid()

def held(x):
    open(f"held {x}", "w").close()
    is_open()
    return x * x
"""


@pytest.mark.thorough
def test_a_cluster_that_grows_and_shrinks_is_followed(background: Background) -> None:
    write(background.folder / "script.py", program(GROWS) + MAIN)
    found, _ = cluster(background, "tcp", 1)
    where = str(background.folder / "cluster" / "scheduler.json")
    run = background(sys.executable, "-m", "scoop", "--connect", where, "script.py")
    run.says("ready")
    scale(found, 3)
    run.says("held")
    scale(found, 1)
    assert (run.end(), run.out) == (0, "ready\nheld\nfine\n"), run.err
    until(lambda: not agents_on(found))


@pytest.mark.thorough
def test_an_adaptive_cluster_without_workers_starts_one(background: Background) -> None:
    write(background.folder / "script.py", program(f"SIZE = 1\n{AWAY}") + MAIN)
    found, _ = cluster(background, "tcp", 0)
    assert found.process.stdin is not None
    found.process.stdin.write(b"adapt 0 2\n")
    found.process.stdin.flush()
    where = str(background.folder / "cluster" / "scheduler.json")
    run = background(sys.executable, "-m", "scoop", "--connect", where, "script.py")
    assert run.end() == 0, run.err


def scale(command: Command, workers: int) -> None:
    """Have the cluster have so many workers."""
    assert command.process.stdin is not None
    command.process.stdin.write(b"scale %d\n" % workers)
    command.process.stdin.flush()


HELD = """
def main():
    futures.submit(held).result()

def held():
    open("begun", "w").close()
    is_open()
"""


@pytest.mark.thorough
def test_a_run_that_is_killed_leaves_nothing_on_the_cluster(background: Background) -> None:
    write(background.folder / "script.py", program(HELD) + MAIN)
    found, _ = cluster(background, "tcp")
    where = str(background.folder / "cluster" / "scheduler.json")
    run = background(sys.executable, "-m", "scoop", "--connect", where, "script.py")
    until((background.folder / "begun").exists)
    assert agents_on(found)
    run.process.kill()
    until(lambda: not agents_on(found))


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    write(tmp_path / "script.py", program("def main(): futures.submit(give, 1).result()") + MAIN)
    words = ("--connect", "tcp://127.0.0.1:1", "--host-timeout", "1", "script.py")
    run = run_python("-m", "scoop", *words, cwd=tmp_path)
    assert (run.status, run.out) == (1, "")
    assert "HostsMissing: the Dask cluster at tcp://127.0.0.1:1 does not answer" in run.err.splitlines()[-1]
