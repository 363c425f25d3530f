"""Real hosts on one machine, each with an sshd of its own.

As root, a host is a network namespace, a host name and a process tree of its own: it can be cut off, and its death
is that of all its processes. As anybody else, it is an sshd on an address of the loopback.

Nothing outside of a private folder is written: names, keys and addresses are in an ssh configuration of its own.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil

__all__ = ["Machines", "missing"]

PATIENCE = 30.0


def missing() -> str:
    """Say why there can be no hosts here; nothing if there can."""
    needed = {"/usr/sbin/sshd": "openssh-server", "ssh": "openssh-client"}
    if os.geteuid() == 0:
        needed |= {"ip": "iproute2", "unshare": "util-linux"}
    for program, package in needed.items():
        if shutil.which(program) is None:
            return f"no {program}: apt-get install {package}"
    return ""


class Machines:
    """Hosts ``node1``, ``node2``, ... and the configuration with which ssh finds them."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.names = [f"node{number}" for number in range(1, count + 1)]
        self.rooted = os.geteuid() == 0
        self._tag = f"sc{os.getpid() % 100_000}"
        self._net = f"10.{100 + os.getpid() % 150}.{os.getpid() // 150 % 250}"
        self._inits: dict[str, subprocess.Popen[bytes]] = {}
        self._port = 22 if self.rooted else _free_port()
        self.config = folder / "ssh_config"

    @property
    def ssh(self) -> tuple[str, ...]:
        """Return the words that call ssh."""
        return ("ssh", "-F", str(self.config))

    @property
    def head(self) -> str:
        """Return our own address, as the hosts see it."""
        return f"{self._net}.1" if self.rooted else "127.0.0.1"

    def address(self, name: str) -> str:
        """Return the address of a host."""
        number = self.names.index(name)
        return f"{self._net}.{11 + number}" if self.rooted else f"127.0.0.{2 + number}"

    def up(self) -> None:
        """Make all hosts."""
        self.folder.chmod(0o700)
        _keygen(self.folder / "key")
        if self.rooted:
            _ip(f"link add {self._tag} type bridge")
            _ip(f"addr add {self._net}.1/24 dev {self._tag}")
            _ip(f"link set {self._tag} up")
        known = []
        for number, name in enumerate(self.names):
            _keygen(self.folder / f"{name}.key")
            public = (self.folder / f"{name}.key.pub").read_text().split()[:2]
            known.append(" ".join([name, *public]))
            (self.folder / f"{name}.conf").write_text(self._sshd_config(name))
            if self.rooted:
                space, wire = f"{self._tag}-{name}", f"{self._tag}v{number}"
                _ip(f"netns add {space}")
                _ip(f"link add {wire} type veth peer name eth0 netns {space}")
                _ip(f"link set {wire} master {self._tag} up")
                _ip(f"-n {space} addr add {self.address(name)}/24 dev eth0")
                _ip(f"-n {space} link set eth0 up")
                _ip(f"-n {space} link set lo up")
        (self.folder / "known_hosts").write_text("\n".join(known) + "\n")
        self.config.write_text("".join(self._ssh_config(name) for name in self.names))
        for name in self.names:
            self.boot(name)

    def boot(self, name: str) -> None:
        """Start a host."""
        sshd = f"exec /usr/sbin/sshd -D -e -f {self.folder}/{name}.conf"
        words = ["sh", "-c", sshd]
        if self.rooted:
            words = ["ip", "netns", "exec", f"{self._tag}-{name}", "unshare", "--uts", "--mount", "--pid", "--fork"]
            words += ["--kill-child", "--mount-proc", "sh", "-c", f"hostname {name}; mkdir -p /run/sshd; {sshd}"]
        with open(self.folder / f"{name}.log", "ab") as log:
            self._inits[name] = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        while not _answers(self.address(name), self._port):
            assert time.monotonic() < deadline, (self.folder / f"{name}.log").read_text()
            time.sleep(0.02)

    def run(self, name: str, *words: str) -> str:
        """Run a command on a host, without ssh; return what it prints."""
        return subprocess.run([*self.entry(name), *words], capture_output=True, text=True, check=False).stdout

    def entry(self, name: str) -> list[str]:
        """Return the words before a command that is to run on a host."""
        enter = ["nsenter", "-t", str(self._init(name)), "--net", "--uts", "--pid", "--mount", "--"]
        return enter if self.rooted else []

    def processes(self, name: str) -> list[str]:
        """Name what runs on a host, however it was started; what belongs to the host itself aside."""
        if not self.rooted:
            return _named(psutil.Process(self._inits[name].pid).children(recursive=True))
        space = _space(self._init(name))
        return _named([process for process in psutil.process_iter() if _space(process.pid) == space])

    def cut(self, name: str) -> None:
        """Pull the cable: what is sent vanishes, and nobody hears of it."""
        _ip(f"link set {self._tag}v{self.names.index(name)} down")

    def heal(self, name: str) -> None:
        """Put the cable in again."""
        _ip(f"link set {self._tag}v{self.names.index(name)} up")

    def limit(self, rate: str) -> None:
        """Have each network card, our own too, send no more than ``rate``, as tc writes it."""
        words = f"root tbf rate {rate} burst 256kb latency 100ms"
        _tc(f"qdisc add dev {self._tag} {words}")
        for number, name in enumerate(self.names):
            _tc(f"qdisc add dev {self._tag}v{number} {words}")  # what the host receives
            _tc(f"-n {self._tag}-{name} qdisc add dev eth0 {words}")

    def kill(self, name: str) -> None:
        """Kill all processes of a host at once."""
        init = self._inits.pop(name)
        if not self.rooted:
            for process in psutil.Process(init.pid).children(recursive=True):
                process.kill()
        init.kill()
        init.wait()

    def down(self) -> None:
        """Leave nothing."""
        for name in list(self._inits):
            self.kill(name)
        if self.rooted:
            for number, name in enumerate(self.names):
                _ip(f"link del {self._tag}v{number}", check=False)
                _ip(f"netns del {self._tag}-{name}", check=False)
            _ip(f"link del {self._tag}", check=False)

    def _init(self, name: str) -> int:
        """Return the first process of a host, as we number it."""
        outer = psutil.Process(self._inits[name].pid)
        return outer.children()[0].pid if self.rooted else outer.pid

    def _sshd_config(self, name: str) -> str:
        return (
            f"ListenAddress {self.address(name)}:{self._port}\nHostKey {self.folder}/{name}.key\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/key.pub\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "UsePAM no\nStrictModes no\nUseDNS no\nMaxStartups 100\n"
        )

    def _ssh_config(self, name: str) -> str:
        return (
            f"Host {name}\n  HostName {self.address(name)}\n  HostKeyAlias {name}\n  Port {self._port}\n"
            f"  IdentityFile {self.folder}/key\n  IdentitiesOnly yes\n  GlobalKnownHostsFile /dev/null\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n"
        )


def _named(processes: list[psutil.Process]) -> list[str]:
    found = []
    for process in processes:
        try:
            words, state = process.cmdline(), process.status()
        except psutil.NoSuchProcess:
            continue
        if state != psutil.STATUS_ZOMBIE and words and not os.path.basename(words[0]).startswith(_DAEMONS):
            found.append(" ".join(words))
    return found


_DAEMONS = ("sshd", "slurmd", "slurmstepd", "sge_", "unshare")


def _space(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _ip(words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words.split()], check=check, capture_output=True)


def _tc(words: str) -> None:
    subprocess.run(["tc", *words.split()], check=True, capture_output=True)


def _keygen(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)], check=True)


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
