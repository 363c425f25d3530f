"""Processes of a run on several hosts are killed: it goes on, or ends, and nothing is left anywhere."""

import signal
import sys

import psutil
import pytest

from running import run_python

from .conftest import Far, Machines, kill, until

BODY = """
def slow(x):
    time.sleep(0.01)
    return x

def branch(n):
    return sum(future.result() for future in [futures.submit(slow, x) for x in range(n)])

def main():
    all_at_work({machines})
    found = [futures.submit(branch, 20) for _ in range(20)]
    found[0].result()
    open_gate("ready")
    assert is_open()
    assert [future.result() for future in found] == [sum(range(20))] * 20
"""

HERE, AWAY = "localhost localhost f1 f1 f2 f2", "f1 f1 f2 f2"


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # between the two questions
        return False


@pytest.mark.parametrize(("victim", "hosts"), [("agent", HERE), ("uplink", HERE), ("broker", AWAY), ("worker", AWAY)])
def test_a_process_of_a_far_machine_is_killed_and_the_run_goes_on(far: Far, victim: str, hosts: str) -> None:
    process = far.start(BODY.format(machines=len({*hosts.split()})), hosts)
    machine = Machines(process.pid).far(0)
    kill(machine[victim])
    if victim != "worker":
        until(lambda: not any(alive(each) for each in machine.values()))
    run = far.end(process)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert ("has left the run" in run.err) == (victim != "worker"), run.err


@pytest.mark.parametrize(("victim", "hosts"), [("origin", AWAY), ("broker", HERE)])
def test_the_origin_or_its_broker_is_killed_and_all_ends(far: Far, victim: str, hosts: str) -> None:
    process = far.start(BODY.format(machines=len({*hosts.split()})), hosts)
    machines = Machines(process.pid)
    all_of_them = machines.origin.children(recursive=True)
    assert len(all_of_them) > 10
    kill(getattr(machines, victim))
    run = far.end(process)
    assert run.status == (-signal.SIGKILL if victim == "origin" else 70), run.err
    until(lambda: not any(alive(each) for each in all_of_them))


def test_the_uplink_is_killed_and_the_run_goes_on_here(far: Far) -> None:
    process = far.start(BODY.format(machines=3), HERE)
    machines = Machines(process.pid)
    agents = machines.agents
    kill(machines.uplink)
    until(lambda: not any(alive(each) for each in agents))
    run = far.end(process)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert "the link to the other machines is lost, and the run goes on here" in run.err


@pytest.mark.thorough
def test_the_uplink_is_killed_and_there_are_no_workers_here(far: Far) -> None:
    process = far.start(BODY.format(machines=2), AWAY)
    kill(Machines(process.pid).uplink)
    run = far.end(process)
    assert run.status == 1
    assert "HostsMissing: the link to the other machines is lost" in run.err


@pytest.mark.thorough
def test_all_hosts_are_lost_and_there_are_no_workers_here(far: Far) -> None:
    process = far.start(BODY.format(machines=2), AWAY, "--host-restarts", "0")
    for agent in Machines(process.pid).agents:
        kill(agent)
    run = far.end(process)
    assert run.status == 1
    assert "HostsMissing: no other host is left" in run.err


def test_all_hosts_are_lost_and_the_run_goes_on_here(far: Far) -> None:
    process = far.start(BODY.format(machines=3), HERE)
    for agent in Machines(process.pid).agents:
        kill(agent)
    run = far.end(process)
    assert (run.status, run.out) == (0, "fine\n"), run.err


@pytest.mark.thorough
def test_hosts_that_die_are_started_again_and_work(far: Far) -> None:
    process = far.start(BODY.format(machines=2), AWAY)
    for agent in Machines(process.pid).agents:
        kill(agent)
    run = far.end(process)
    assert (run.status, run.out) == (0, "fine\n"), run.err
    for host in ("f1", "f2"):
        assert run.err.count(f"{host}: its agent has ended, and is started again (status -9, 1 of 1)") == 1, run.err


@pytest.mark.thorough
def test_hosts_that_die_again_and_again_are_given_up(far: Far) -> None:
    body = """
from scoop.errors import HostsMissing

def kills_its_host(_):
    import psutil
    agent = next(each for each in psutil.Process().parents() if "scoop.cluster.agent" in each.cmdline())
    leave_mark(agent.pid)
    agent.kill()
    time.sleep(60)

def main():
    raises(HostsMissing, futures.submit(futures.with_retries(kills_its_host, 9), 1).result)
    print(marks())
"""
    run = far.run(body, "f1", "-n", "1", "--host-restarts", "2")
    assert run.out.startswith("3\n"), run
    assert run.err.count("is started again") == 2, run.err


def test_what_must_not_run_twice_is_lost_with_its_machine(far: Far) -> None:
    body = """
from scoop.errors import WorkerLost

def stays(_):
    leave_mark(os.getpid())
    assert is_open("never")

def main():
    all_at_work(2)
    lost = [futures.submit(stays, x) for x in range(2)]
    until(lambda: marks() == 2)
    open_gate("ready")
    for future in lost:
        print(raises(WorkerLost, future.result))
"""
    process = far.start(body, "f1 f2", "-n", "2", "--retries", "0", "--min-hosts", "1")
    machines = Machines(process.pid)
    kill(machines.far(0)["broker"])
    kill(machines.far(1)["broker"])
    run = far.end(process)
    assert run.out.count("stays(0) was lost: at its only try, the machine ") == 1, run
    assert run.out.count("stays(1) was lost: at its only try, the machine ") == 1, run


def test_ctrl_c_ends_it(far: Far) -> None:
    process = far.start(BODY.format(machines=3), HERE)
    all_of_them = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    run = far.end(process)
    assert run.status == -signal.SIGINT, run.err
    assert "KeyboardInterrupt" in run.err
    until(lambda: not any(alive(each) for each in all_of_them))


def test_too_few_hosts_end_it_at_once_with_the_reasons(far: Far) -> None:
    closed = '[ "$2" = f2 ] && echo "f2 is closed" >&2 && exit 9\nshift 2'
    far.ssh.write_text(far.ssh.read_text().replace("shift 2", closed))
    for hosts in (HERE, AWAY):
        run = far.run("def main():\n    all_at_work(9)\n", hosts)
        assert run.status == 1
        assert "HostsMissing: f2: " in run.err
        assert "f2 is closed" in run.err
        assert "Traceback" in run.err


NOT_ALL_COME = """#!/bin/sh
case "$*" in
    *" f2 "*) {f2};;
esac
while [ "$1" != -- ]; do shift; done
shift 2
exec sh -c "$1"
"""

DIES_ONCE_IT_HAS_ANSWERED = """
from subprocess import *
import sys
process = Popen(["sh", "-c", sys.argv[-1]], stdout=PIPE)
sys.stdout.buffer.write(process.stdout.readline())
process.kill()
"""


@pytest.mark.parametrize(
    "f2",
    [
        "sleep 1; echo f2 is closed >&2; exit 9",
        pytest.param('exec {python} dies.py "$@"', marks=pytest.mark.thorough),
    ],
)
def test_hosts_that_must_take_part_are_missed_if_work_ends_before(far: Far, f2: str) -> None:
    (far.folder / "dies.py").write_text(DIES_ONCE_IT_HAS_ANSWERED)
    far.ssh.write_text(NOT_ALL_COME.format(f2=f2.format(python=sys.executable)))
    run = far.run("def main():\n    pass\n", "localhost f1 f2")
    assert (run.status, run.out) == (1, "fine\n"), run.err
    assert "HostsMissing: f2: " in run.err


def test_hosts_that_need_not_take_part_are_not_waited_for(far: Far) -> None:
    far.ssh.write_text("#!/bin/sh\nexec sleep 600\n")
    run = far.run("def main():\n    futures.submit(abs, 1).result()\n", "localhost f1 f2", "--min-hosts", "1")
    assert (run.status, run.out) == (0, "fine\n"), run.err


def test_a_script_that_far_hosts_cannot_import_ends_the_run(far: Far) -> None:
    body = """
if not scoop.IS_ORIGIN:
    raise ImportError("not here")

def main():
    futures.submit(give, 1).result()
"""
    run = far.run(body, AWAY)
    assert run.status == 1
    assert "MainImportError" in run.err
    assert "ImportError: not here" in run.err


def test_a_script_without_a_guard_is_told_so(far: Far) -> None:
    words = far.words("", AWAY)
    (far.folder / "script.py").write_text("from scoop import futures\nprint(list(futures.map(abs, range(9))))\n")
    run = run_python(*words, cwd=far.folder)
    assert run.status == 1, run
    assert "UnguardedMainError" in run.err
