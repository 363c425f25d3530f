"""Real hosts reached by real ssh: all at once, what they print, what goes wrong, and what is left."""

import os
import socket
import sys
from pathlib import Path

import pytest

from running import run_python

from .conftest import Drive, children, nothing_runs_on, until
from .machines import Machines


def executable(path: Path, text: str) -> str:
    """Write a program; return its path."""
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def spoilt(folder: Path, machines: Machines, command: str) -> str:
    """Return an ssh that runs ``command`` instead for one of the hosts."""
    script = f'#!/bin/sh\ncase "$*" in *"-- node2 "*) {command} ;; esac\nexec ssh -F {machines.config} "$@"\n'
    return executable(folder / "ssh", script)


def test_three_hosts_at_once(machines: Machines, drive: Drive) -> None:
    driver = drive(machines, hosts=["node1", "node2", "node2", "node3"])
    driver.wait_for("started")
    joined = driver.of("joined")
    assert sorted(joined) == machines.names
    assert joined["node2"]["workers"] == 2
    until(lambda: driver.out.count("\n") == 3 and driver.err.count("\n") == 3)
    if machines.rooted:
        assert [joined[name]["name"] for name in machines.names] == machines.names
        assert "node2 is a machine of 2 in run-7, VALUE is 42\n" in driver.out
        assert "node3 grumbles\n" in driver.err
    assert driver.end() == 0
    driver.wait_for("ended")
    nothing_runs_on(machines)


def test_what_a_host_lacks_is_sent_and_removed(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    if not machines.rooted:
        pytest.skip("these hosts share their files")
    folder = tmp_path / "program"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    # A host that has another file of that name: ours must win, and theirs stay as it is.
    away = executable(tmp_path / "python", f'#!/bin/sh\nmount -t tmpfs none {folder}\nexec {sys.executable} "$@"\n')
    prolog = executable(tmp_path / "prolog", f"export TMPDIR={temporary}\nmount --make-rprivate / 2>/dev/null\n")
    driver = drive(machines, hosts=["node1"], python=away, prolog=prolog)
    driver.wait_for("started")
    until(lambda: "VALUE is 42" in driver.out)
    [sent] = temporary.iterdir()
    assert sorted(path.name for path in sent.iterdir()) == ["__pycache__", "beside.py", "script.py"]
    assert sent.stat().st_mode & 0o777 == 0o700
    driver.process.kill()
    nothing_runs_on(machines)
    until(lambda: not list(temporary.iterdir()))
    machines.run("node1", "umount", str(folder))


def test_a_launcher_that_is_killed_leaves_nothing_on_any_host(machines: Machines, drive: Drive) -> None:
    driver = drive(machines)
    driver.wait_for("started")
    until(lambda: all(any("sleep" in words for words in machines.processes(name)) for name in machines.names))
    local = children(driver)
    driver.process.kill()
    nothing_runs_on(machines)
    until(lambda: not any(process.is_running() and process.status() != "zombie" for process in local))


def test_a_launcher_that_is_killed_early_leaves_nothing(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    hanging = executable(tmp_path / "hang", "#!/bin/sh\nexec sleep 600\n")
    driver = drive(machines, ssh=[hanging])
    until(lambda: len(children(driver)) == 3)
    local = children(driver)
    driver.process.kill()
    until(lambda: not any(process.is_running() and process.status() != "zombie" for process in local))


def test_a_host_whose_ssh_dies_is_reported_and_ends(machines: Machines, drive: Drive) -> None:
    driver = drive(machines, hosts=["node1", "node2"])
    driver.wait_for("started")
    victim = next(process for process in children(driver) if "node2" in process.cmdline())
    victim.kill()
    left = driver.wait_for("left")
    assert left["host"] == "node2"
    assert "node2: the connection to it broke after " in left["text"]
    until(lambda: not machines.processes("node2"))
    assert machines.processes("node1")
    driver.end()
    nothing_runs_on(machines)


BAD = {
    "hang": ("exec sleep 600", "not answer in time", "--host-timeout"),
    "password": ('echo "ann@node2: Permission denied (publickey,password)." >&2; exit 255', "password", "key"),
    "refused": ("exec ssh -F {config} -p 1 -T -- node2 true", "nothing listens", "port"),
    "unknown": ("exec ssh -F {config} -o UserKnownHostsFile=none -o BatchMode=yes node2 true", "host key", "by hand"),
    "no such host": ("exec ssh -F /dev/null -o BatchMode=yes no-such-host.invalid true", "no such host", "spelled"),
    "forced": ("exec ssh -F {config} -T -- node2 true", "ended without running", "forced command"),
    "gone": ("exit 9", "failed", "by hand"),
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.thorough] if case == "hang" else []) for case in BAD]
)
def test_what_cannot_be_reached_is_reported(machines: Machines, drive: Drive, tmp_path: Path, case: str) -> None:
    command, cause, remedy = BAD[case]
    ssh = spoilt(tmp_path, machines, command.format(config=machines.config))
    driver = drive(machines, hosts=["node1", "node2"], ssh=[ssh], least=1, timeout=15 if case == "hang" else 60)
    driver.wait_for("started")
    assert list(driver.of("joined")) == ["node1"]
    text = driver.of("failed")["node2"]["text"]
    assert text.startswith("node2: ")
    assert cause in text
    assert remedy in text
    assert ssh in text  # the command
    driver.end()
    nothing_runs_on(machines)


def test_too_few_hosts_end_it_and_nothing_stays(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    ssh = spoilt(tmp_path, machines, "exit 1")
    driver = drive(machines, ssh=[ssh])
    assert "node2: " in driver.wait_for("too few")["text"]
    assert driver.process.wait(60) == 0
    nothing_runs_on(machines)


def test_a_run_that_too_few_can_join_waits_for_no_other(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    hosts = '*"-- node2 "*) exit 1 ;; *"-- node3 "*) exec sleep 600 ;;'
    script = f'#!/bin/sh\ncase "$*" in {hosts} esac\nexec ssh -F {machines.config} "$@"\n'
    driver = drive(machines, ssh=[executable(tmp_path / "ssh", script)], timeout=500)
    text = driver.wait_for("too few")["text"]
    assert text.startswith("node2: ")
    assert "node3: " not in text
    assert driver.process.wait(60) == 0
    nothing_runs_on(machines)


BARE = f'#!/bin/sh\nexec {os.path.realpath(sys.executable)} -S "$@"\n'


def test_pythons_that_do_not_fit(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    cases = {
        "/no/such/python": "it has no /no/such/python",
        executable(tmp_path / "bare", BARE): "no SCOOP",
    }
    for python, cause in cases.items():
        given = {"python": python, "python_path": "", "module": "scoop.cluster.agent"}
        driver = drive(machines, hosts=["node1"], least=0, **given)
        driver.wait_for("started")
        assert cause in driver.of("failed")["node1"]["text"]
        driver.end()
    driver = drive(machines, hosts=["node1"], version="2.7", least=0)
    driver.wait_for("started")
    assert "the program runs on 2.7" in driver.of("failed")["node1"]["text"]


def test_noise_of_a_login_does_no_harm(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    noise = "echo welcome; printf 'no line break'; echo careful >&2; seq 20000"
    prolog = executable(tmp_path / "prolog", f"{noise}\nexport SCOOP_STUB_NAME=quiet\ncat\n")
    driver = drive(machines, hosts=["node1"], prolog=prolog)
    driver.wait_for("started")
    until(lambda: driver.out.endswith("\n") and driver.err.endswith("\n"))
    assert driver.out == f"quiet is a machine of {os.cpu_count()} in run-7, VALUE is 42\n"
    assert driver.err == "quiet grumbles\n"
    driver.end()


def test_the_environment_is_forwarded(machines: Machines, drive: Drive) -> None:
    driver = drive(machines, hosts=["node1"], environment={"SCOOP_STUB_NAME": "it's $HOME!"})
    driver.wait_for("started")
    until(lambda: "it's $HOME! is a machine" in driver.out)
    driver.end()


def test_through_a_tunnel_a_host_reaches_what_only_listens_here(machines: Machines, drive: Drive) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        address = f"tls://{machines.head}:{server.getsockname()[1]}"
        environment = {"SCOOP_STUB_CALLS": "1"}
        if not machines.rooted:
            pytest.skip("these hosts share their ports")
        driver = drive(machines, hosts=["node2"], tunnel=True, address=address, environment=environment)
        driver.wait_for("started")
        with server.accept()[0] as sock:
            assert sock.recv(100) == b"node2"
        driver.end()


def test_a_cut_cable_ends_the_host(machines: Machines, drive: Drive, tmp_path: Path) -> None:
    if not machines.rooted:
        pytest.skip("no cable without root")
    # ssh asks after a second here, instead of fifteen, whether the other end is there.
    ssh = executable(tmp_path / "ssh", f'#!/bin/sh\nexec ssh -F {machines.config} -o ServerAliveInterval=1 "$@"\n')
    driver = drive(machines, hosts=["node3"], ssh=[ssh])
    driver.wait_for("started")
    machines.cut("node3")
    try:
        assert driver.wait_for("left")["host"] == "node3"
    finally:
        machines.heal("node3")
    driver.end()
    until(lambda: not machines.processes("node3"))


def test_hosts_are_listed(machines: Machines, tmp_path: Path) -> None:
    ssh = " ".join(machines.ssh)
    run = run_python("-m", "scoop", "hosts", "node1", "node2", "--ssh-executable", ssh, cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert [line.split()[0] for line in run.out.splitlines()] == ["host", "node1", "node2"]
    assert run.out.count(" ms\n") == 2
    nothing_runs_on(machines)


def test_a_host_that_cannot_be_listed(machines: Machines, tmp_path: Path) -> None:
    ssh = spoilt(tmp_path, machines, "exit 1")
    run = run_python("-m", "scoop", "hosts", "--ssh-executable", ssh, "--hosts", "node1", "node2", cwd=tmp_path)
    assert run.status == 1
    assert "\nnode2: the launcher failed; see what it says" in run.out
