"""A real Slurm over the hosts of ``machines.py``. All that it writes is in their folder."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable

from .machines import PATIENCE, Machines

__all__ = ["Slurm", "missing_slurm"]

_CONF = """\
ClusterName=test
SlurmctldHost={me}({head})
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
ReturnToService=2
KillWait=5
MailProg=/bin/true
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
{nodes}
PartitionName=debug Nodes=ALL Default=YES MaxTime=30 State=UP
"""


def missing_slurm() -> str:
    """Say why there can be no Slurm here; nothing if there can."""
    if os.geteuid() != 0:
        return "Slurm needs root"
    needed = {"slurmctld": "slurmctld", "slurmd": "slurmd", "srun": "slurm-client", "munged": "munge"}
    return next((f"no {name}: apt-get install {what}" for name, what in needed.items() if not shutil.which(name)), "")


class Slurm:
    """A controller here, and a daemon with four processors on each of the hosts."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._folder = machines.folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environ = {"SLURM_CONF": str(self._folder / "slurm.conf")}

    def up(self) -> None:
        """Start all, and wait until all hosts are idle."""
        folder, names = self._folder, self._machines.names
        nodes = "\n".join(f"NodeName={name} NodeAddr={self._machines.address(name)} CPUs=4" for name in names)
        port = 20_000 + os.getpid() % 20_000
        me = socket.gethostname().partition(".")[0]
        fields = {"me": me, "head": self._machines.head, "port": port, "folder": folder, "nodes": nodes}
        (folder / "slurm.conf").write_text(_CONF.format(**fields))
        (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        (folder / "state").mkdir()
        munge = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "log", "seed")]
        self._start("munged", "--foreground", "--force", f"--socket={folder}/munge.socket", *munge)
        self._wait(lambda: (folder / "munge.socket").exists())
        self._start("slurmctld", "-D", "-c")
        for name in names:
            self._start(*self._machines.entry(name), "slurmd", "-D", "-N", name)
        idle = ("sinfo", "-h", "-t", "idle", "-o", "%D")
        self._wait(lambda: self.run(*idle).stdout.strip() == str(len(names)))

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command that asks Slurm."""
        environ = {**os.environ, **self.environ}
        return subprocess.run(words, capture_output=True, text=True, check=False, env=environ, timeout=60)

    def down(self) -> None:
        """End all daemons."""
        for process in reversed(self._processes):
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _start(self, *words: str) -> None:
        with open(self._folder / "daemons.log", "ab") as log:
            environ = {**os.environ, **self.environ}
            self._processes.append(
                subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ)
            )

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (self._folder / "daemons.log").read_text()
            time.sleep(0.05)
