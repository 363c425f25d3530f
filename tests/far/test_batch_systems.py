"""Jobs of PBS and LSF: stand-ins made after their documentation run what ``scoop submit`` writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from background import Background, until
from running import Run, write
from scripts import MAIN, program

from .batch_system import write_commands
from .conftest import HELPERS, SSH


class Cluster:
    """A batch system in a folder of its own."""

    def __init__(self, folder: Path, background: Background) -> None:
        self.folder = folder
        self.work = background.folder
        write_commands(folder)
        ssh = folder / "bin" / "ssh"
        ssh.write_text(SSH.replace("shift 2\n", f'echo "$2" >> {folder}/launched\nshift 2\n'))
        ssh.chmod(0o755)
        background(sys.executable, str(Path(__file__).parent / "batch_system.py"), "serve", str(folder))
        until((folder / "daemon").exists)

    def run(self, *words: str, stdin: str | None = None) -> None:
        """Run a command as a user of the cluster does."""
        path = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        environ = os.environ | path
        subprocess.run(
            words, cwd=self.work, env=environ, check=True, stdout=subprocess.DEVNULL, input=stdin, text=True
        )

    def submit(
        self, system: str, body: str, *words: str, options: tuple[str, ...] = (), args: tuple[str, ...] = ()
    ) -> None:
        """Submit a program that defines main()."""
        write(self.work / "script.py", program(HELPERS + body) + MAIN)
        ours = ("--external-hostname", "127.0.0.1", *options)
        self.run(sys.executable, "-m", "scoop", "submit", "--system", system, *words, "--", *ours, "script.py", *args)

    def end(self, job: str) -> Run:
        """Wait until a job has ended; return how."""
        status = self.folder / f"{job}.status"
        until(status.exists)
        return Run(int(status.read_text()), (self.folder / f"{job}.out").read_text(), "")


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory, background: Background) -> Cluster:
    return Cluster(tmp_path_factory.mktemp("batch"), background)


SYSTEMS = pytest.mark.parametrize(("system", "job"), [("pbs", "7.here"), ("lsf", "7")])

SHARED = """
import sys

def main():
    assert sys.argv[1:] == ["a b", "it's", "$HOME"], sys.argv
    all_at_work(3)
    assert sorted(host.workers for host in scoop.hosts()) == [2, 2, 2], scoop.hosts()
    print(futures.submit(lambda: "done").result())
"""


@pytest.mark.thorough
@SYSTEMS
def test_a_job_has_workers_on_all_its_hosts(cluster: Cluster, system: str, job: str) -> None:
    cluster.submit(system, SHARED, "-N", "3", "-w", "2", args=("a b", "it's", "$HOME"))
    run = cluster.end(job)
    assert (run.status, run.out) == (0, "done\nfine\n")
    assert sorted((cluster.folder / "launched").read_text().split()) == ["f1", "f2"]


STOPPED = """
import signal, sys

def stop(number, _):
    sys.exit(5)

def main():
    signal.signal(signal.SIGTERM, stop)
    all_at_work(2)
    try:
        open_gate("ready")
        is_open("never")
    except KeyboardInterrupt:
        print("interrupted")
        is_open("never")
    finally:
        assert len([*futures.map(nap, range(9))]) == 9
        print("finally")
"""


@pytest.mark.thorough
@SYSTEMS
def test_a_job_that_is_deleted_ends_as_its_program_says(cluster: Cluster, system: str, job: str) -> None:
    cluster.submit(system, STOPPED, "-N", "2", "-w", "2")
    until(lambda: (cluster.work / "ready").exists() or (cluster.folder / f"{job}.status").exists())
    cluster.run("qdel" if system == "pbs" else "bkill", job)
    run = cluster.end(job)
    assert run.status == 5, run.out
    assert "finally" in run.out
    assert "has left the run" not in run.out


@pytest.mark.thorough
def test_a_program_that_fails_gives_the_job_its_status(cluster: Cluster) -> None:
    cluster.submit("lsf", "def main():\n    all_at_work(2)\n    raise SystemExit(9)\n", "-N", "2", "-w", "1")
    assert cluster.end("7").status == 9


TOGETHER = """
def main():
    futures.wait_for_workers(5, timeout=100)
    assert sorted(host.workers for host in scoop.hosts()) == [1, 2, 2], scoop.hosts()
    assert len(set(futures.map(together, range(5), [5] * 5))) == 5

def together(who, size):
    meet("meeting", who, size)
    return os.getpid()
"""

ELEMENT = """\
#!/bin/bash
{prefix}
if [ "${index}" = 1 ]; then
    exec {python} -m scoop -n 1 --external-hostname 127.0.0.1 --invite {work}/run.scoop {work}/script.py
fi
exec {python} -m scoop worker --connect {work}/run.scoop --wait 100 -n 2
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("command", "prefix", "index", "jobs"),
    [
        ("qsub", "#PBS -l select=1:ncpus=2:mpiprocs=2\n#PBS -J 1-3", "PBS_ARRAY_INDEX", "7[{}].here"),
        ("bsub", '#BSUB -n 2 -R "span[ptile=2]"\n#BSUB -J "one[1-3]"', "LSB_JOBINDEX", "7.{}"),
    ],
)
def test_the_elements_of_an_array_join_one_run(
    cluster: Cluster, command: str, prefix: str, index: str, jobs: str
) -> None:
    write(cluster.work / "script.py", program(TOGETHER) + MAIN)
    script = ELEMENT.format(prefix=prefix, index=index, python=sys.executable, work=cluster.work)
    cluster.run(command, stdin=script)
    runs = [cluster.end(jobs.format(number)) for number in (1, 2, 3)]
    assert [run.status for run in runs] == [0, 0, 0], runs
    assert runs[0].out == "fine\n"
    assert not (cluster.work / "run.scoop").exists()
