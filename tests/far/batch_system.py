"""Stand-ins for PBS and LSF, made after their documentation: this machine is all nodes of the cluster.

    python batch_system.py serve FOLDER          the daemon: it owns all processes of jobs, until standard input ends
    python batch_system.py qsub|qdel|bsub|bkill|blaunch FOLDER ...     what the commands in FOLDER/bin run

PBS: a job begins in the home folder (``HOME``), with PBS_NODEFILE, PBS_JOBID, PBS_O_WORKDIR and NCPUS; ``qdel`` sends
SIGTERM to all its processes. LSF: a job begins where it was submitted, with LSB_MCPU_HOSTS and others; ``blaunch``
has the daemon start a task on a host of the job, passes on its standard streams, its environment and its exit status;
``bkill`` sends SIGINT and SIGTERM to all processes of the job. Both join the two output streams in one file.
"""

import array
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

HERE = socket.gethostname()
HOSTS = (HERE, "f1", "f2", "f3")


class Job:
    """A job, from when it begins."""

    def __init__(self, folder: Path, number: str, asked: dict[str, Any], words: dict[str, str]) -> None:
        self.folder, self.number = folder, number
        self.tasks: list[psutil.Process] = []
        given = {"PATH": asked["env"]["PATH"], "HOME": str(folder), "TMPDIR": asked["env"].get("TMPDIR", "/tmp")}
        given |= {name: asked["env"][name] for name in ("SCOOP_TESTED_BY",) if name in asked["env"]}
        script = folder / f"{number}.sh"
        script.write_text(asked["script"])
        with open(folder / f"{number}.out", "wb") as out:
            where = folder if "PBS_JOBID" in words else asked["cwd"]
            self.process = subprocess.Popen(
                ["/bin/bash", str(script)],
                cwd=where,
                env=given | words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.tasks.append(psutil.Process(self.process.pid))

    def wait(self) -> None:
        """Note the exit status when the job has ended."""
        status = self.process.wait()
        part = self.folder / f"{self.number}.part"
        part.write_text(str(status))
        part.rename(self.folder / f"{self.number}.status")

    def send(self, number: int) -> None:
        """Send a signal to all processes of the job."""
        for task in self.tasks:
            try:
                for each in [*task.children(recursive=True), task]:
                    each.send_signal(number)
            except psutil.NoSuchProcess:
                continue


class Daemon:
    """What owns the jobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs: dict[str, Job] = {}
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(folder / "daemon"))
        self._server.listen(64)

    def serve(self) -> None:
        """Answer until standard input ends; then end all jobs."""
        threading.Thread(target=self._accept, daemon=True).start()
        sys.stdin.read()
        for job in self.jobs.values():
            job.send(signal.SIGKILL)

    def _accept(self) -> None:
        while True:
            connection, _ = self._server.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            data, control, _, _ = connection.recvmsg(1 << 20, socket.CMSG_LEN(3 * 4))
            asked = json.loads(data)
            answer = getattr(self, asked["command"])(asked, connection, control)
            try:
                connection.sendall(json.dumps(answer).encode())
            except OSError:
                pass  # it has been killed

    def qsub(self, asked: dict[str, Any], *_: object) -> str:
        """Begin a job of PBS, or one for each element of its array."""
        directives = " ".join(re.findall(r"^#PBS (.*)$", asked["script"], re.MULTILINE))
        found = re.search(r"select=(\d+):ncpus=(\d+):mpiprocs=(\d+)", directives)
        assert found, directives
        nodes, cpus, processes = map(int, found.groups())
        elements = _elements(re.search(r"-J (\d+)-(\d+)", directives))
        for element in elements:
            number = f"7[{element}].here" if element else "7.here"
            nodefile = self.folder / f"{number}.nodes"
            nodefile.write_text("".join(f"{host}\n" * processes for host in HOSTS[:nodes]))
            words = {"PBS_JOBID": number, "PBS_NODEFILE": str(nodefile), "PBS_O_WORKDIR": asked["cwd"]}
            words |= {"NCPUS": str(cpus), "PBS_ENVIRONMENT": "PBS_BATCH"}
            words |= {"PBS_ARRAY_INDEX": str(element), "PBS_ARRAY_ID": "7[].here"} if element else {}
            self._begin(Job(self.folder, number, asked, words))
        return "7[].here" if elements[0] else "7.here"

    def bsub(self, asked: dict[str, Any], *_: object) -> str:
        """Begin a job of LSF, or one for each element of its array."""
        directives = " ".join(re.findall(r"^#BSUB (.*)$", asked["script"], re.MULTILINE))
        slots, each = re.search(r"-n (\d+)", directives), re.search(r"span\[ptile=(\d+)\]", directives)
        assert slots, directives
        assert each, directives
        hosts = HOSTS[: int(slots[1]) // int(each[1])]
        for element in _elements(re.search(r'-J "\S+\[(\d+)-(\d+)\]"', directives)):
            number = f"7.{element}" if element else "7"
            words = {"LSB_JOBID": "7", "LSB_JOBINDEX": str(element), "LS_SUBCWD": asked["cwd"]}
            words |= {"LSB_MCPU_HOSTS": " ".join(f"{host} {each[1]}" for host in hosts), "STAND_IN_JOB": number}
            words |= {"LSB_HOSTS": " ".join(host for host in hosts for _ in range(int(each[1])))}
            self._begin(Job(self.folder, number, asked, words))
        return "Job <7> is submitted to default queue <normal>."

    def _begin(self, job: Job) -> None:
        self.jobs[job.number] = job
        threading.Thread(target=job.wait, daemon=True).start()

    def qdel(self, asked: dict[str, Any], *_: object) -> str:
        """Send SIGTERM to a job of PBS."""
        self.jobs[asked["words"][0]].send(signal.SIGTERM)
        return ""

    def bkill(self, asked: dict[str, Any], *_: object) -> str:
        """Send SIGINT, then SIGTERM to a job of LSF."""
        job = self.jobs[asked["words"][0]]
        job.send(signal.SIGINT)
        job.send(signal.SIGTERM)
        return ""

    def blaunch(self, asked: dict[str, Any], connection: socket.socket, control: list[Any]) -> int:
        """Start a task on a host of the job; return its exit status. If blaunch is killed, so is the task."""
        streams = array.array("i")
        streams.frombytes(control[0][2])
        host, *words = asked["words"]
        job = self.jobs[asked["env"]["STAND_IN_JOB"]]
        # Without -no-shell, a shell there reads the words.
        words = words[1:] if words[0] == "-no-shell" else ["/bin/sh", "-c", " ".join(words)]
        if host not in asked["env"]["LSB_HOSTS"].split():
            return 255
        task = subprocess.Popen(
            words,
            cwd=asked["cwd"],
            env=asked["env"],
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            start_new_session=True,
        )
        for each in streams:
            os.close(each)
        job.tasks.append(psutil.Process(task.pid))
        (self.folder / "launched").open("a").write(f"{host}\n")
        threading.Thread(target=_kill_without, args=(connection, task), daemon=True).start()
        return task.wait()


def _kill_without(connection: socket.socket, task: "subprocess.Popen[bytes]") -> None:
    try:
        gone = connection.recv(1) == b""
    except OSError:
        return
    if gone and task.poll() is None:
        task.kill()


def _elements(found: "re.Match[str] | None") -> list[int]:
    return [0] if found is None else [*range(int(found[1]), int(found[2]) + 1)]


def ask(command: str, folder: str, words: list[str]) -> int:
    """Be one of the commands; return its exit status."""
    asked = {"command": command, "words": words, "cwd": os.getcwd(), "env": dict(os.environ)}
    asked["script"] = sys.stdin.read() if command in ("qsub", "bsub") else ""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(f"{folder}/daemon")
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
        sock.sendmsg([json.dumps(asked).encode()], rights if command == "blaunch" else [])
        answer = json.loads(sock.makefile().read())
    if isinstance(answer, int):
        return answer if answer >= 0 else 128 - answer
    print(answer)
    return 0


def write_commands(folder: Path) -> None:
    """Write the commands of both systems to FOLDER/bin."""
    (folder / "bin").mkdir()
    for command in ("qsub", "qdel", "bsub", "bkill", "blaunch"):
        path = folder / "bin" / command
        words = shlex.join([sys.executable, __file__, command, str(folder)])
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        path.chmod(0o755)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        Daemon(Path(sys.argv[2])).serve()
    else:
        sys.exit(ask(sys.argv[1], sys.argv[2], sys.argv[3:]))
