"""Executors, and scoop.start(), with workers on several hosts: programs that are started with plain python."""

import signal
import subprocess
import sys

import pytest

from running import LIMIT, Run, run_python
from scripts import MAIN, program

from .conftest import HELPERS, Far, until

pytest.importorskip("cryptography")

IMPORTS = """
from scoop import Executor
from scoop.errors import *

WAYS = {"ssh_executable": sys.path[0] + "/ssh", "external_hostname": "127.0.0.1"}

def until_on(machines, executor):
    found = set()
    until(lambda: found.update(executor.map(nap, range(40))) or len(found) >= machines)
    return found

def agents():
    import psutil
    found = psutil.Process().children()[0].children()[0].children()  # of the uplink, a child of the broker
    return {each.cmdline()[-1]: each for each in found if each.status() != "zombie"}
"""


def plain(far: Far, body: str, *words: str) -> Run:
    """Run a program that defines main(), with plain python."""
    (far.folder / "script.py").write_text(program(HELPERS + IMPORTS + body) + MAIN)
    return run_python("script.py", *words, cwd=far.folder)


def check(far: Far, body: str, *words: str) -> None:
    """Run it; expect success, and not a word on standard error."""
    run = plain(far, body, *words)
    assert (run.status, run.out, run.err) == (0, "fine\n", "")


def test_an_executor_has_workers_on_all_hosts(far: Far) -> None:
    check(
        far,
        """
def begin(word):
    os.environ["WORD"] = word

def look(x):
    time.sleep(0.02)
    return scoop.worker.broker, os.environ["WORD"], sys.argv[1:]

def main():
    with Executor(hosts={"localhost": 1, "f1": 2}, initializer=begin, initargs=("hello",), **WAYS) as executor:
        here, there = scoop.hosts()
        assert (here.workers, there) == (1, scoop.Host("f1", 2))
        futures.wait_for_workers(3, timeout=0)
        until_on(2, executor)
        found = [future.result() for future in [executor.submit(look, x) for x in range(60)]]
        assert {row[1:] for row in map(lambda row: (row[0], row[1], *row[2]), found)} == {("hello", "some", "words")}
        assert sum(futures.map(abs, range(1000))) == sum(range(1000))
    assert scoop.hosts() == ()
""",
        "some",
        "words",
    )


def test_what_cannot_be_is_said_where_the_executor_is_made(far: Far) -> None:
    check(
        far,
        """
def main():
    error = raises(HostsMissing, Executor, hosts=["localhost", "f1"], ssh_executable="false", host_timeout=50)
    assert str(error).startswith("f1: ") and "(status 1)" in str(error), error
    for arguments, words in [
        ({"hosts": ["no host"]}, "'no host' names no host"),
        ({"hosts": []}, "names no host"),
        ({"hosts": ["f1"], "hostfile": "hosts"}, "give one of them"),
        ({"hostfile": "nowhere"}, "cannot read the hostfile 'nowhere'"),
        ({"hosts": ["f1"], "min_hosts": 2}, "--min-hosts 2: give a number from 0 to 1"),
    ]:
        try:
            Executor(**arguments)
        except ScoopError as problem:
            assert words in str(problem), problem
        else:
            raise AssertionError(arguments)
    raises(TypeError, Executor, hosts=[1])
    assert str(raises(TypeError, Executor, hosts=1)) == "hosts must be names of hosts, not int: 1"
    raises(ValueError, Executor, hosts={"f1": 0})
    raises(ValueError, scoop.start, hosts=["f1"], silence=0)
    raises(ValueError, scoop.start, hosts=["f1"], host_restarts=-1)
    raises(NotStartedProperly, futures.wait_for_workers, 1)
    with Executor(2, hosts=["localhost"]) as executor:
        assert executor.submit(abs, -1).result() == 1
        assert [host.workers for host in scoop.hosts()] == [2]
        error = raises(ScoopError, futures.wait_for_workers, 3)
        assert str(error).startswith("3 workers will never be there: all are on this machine, which has 2")
""",
    )


@pytest.mark.thorough
def test_after_start_the_size_is_that_of_all_hosts_until_stop(far: Far) -> None:
    run = plain(
        far,
        """
def main():
    scoop.start(hosts=["f1", "f1", "f2"], n=4, **WAYS)
    assert scoop.SIZE == 4
    assert len(all_at_work(2)) == 2
    assert by_several(nap_twice, range(40)) == [*range(40)]
    shared.setConst(answer=42)
    assert set(anywhere_else(shared.getConst, "answer").values()) == {42}
    with Executor(1) as executor:
        assert executor.submit(abs, -1).result() == 1
        assert scoop.SIZE == 4
    scoop.stop()
    assert (scoop.SIZE, scoop.hosts()) == (1, ())
    scoop.start(1)
    assert scoop.SIZE == 1

def nap_twice(x):
    return x, nap(nap(x) and x)
""",
    )
    assert (run.status, run.out, run.err) == (0, "fine\n", "")


@pytest.mark.thorough
def test_what_is_typed_in_travels_to_other_hosts(far: Far) -> None:
    (far.folder / "beside.py").write_text("def triple(x):\n    return 3 * x\n")
    code = f"""
import beside, scoop
from scoop import futures
scoop.start(hosts=["f1"], ssh_executable={str(far.ssh)!r}, external_hostname="127.0.0.1")
factor = 7
def work(x):
    return beside.triple(x) * factor
print(sum(futures.map(work, range(100))), futures.submit(lambda: scoop.worker is None).result())
"""
    run = run_python("-c", code, cwd=far.folder)
    assert (run.status, run.out, run.err) == (0, f"{21 * sum(range(100))} False\n", "")


@pytest.mark.thorough
def test_a_program_goes_on_when_a_host_is_lost_and_fails_when_all_are(far: Far) -> None:
    run = plain(
        far,
        """
def main():
    with Executor(hosts=["f1", "f2"], max_workers=4, host_restarts=0, **WAYS) as executor:
        until_on(2, executor)
        agents()["f1"].kill()
        until(lambda: scoop.Host("f1", 2, alive=False) in scoop.hosts())
        assert [*executor.map(abs, range(-50, 0))] == [*range(50, 0, -1)]
        future = executor.submit(time.sleep, 600)
        until(future.running)
        agents()["f2"].kill()
        raises(HostsMissing, future.result)
        raises(HostsMissing, futures.wait_for_workers, 1)
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err


@pytest.mark.parametrize(
    "begin",
    [
        "pool = Executor(hosts=['f1'], **WAYS)",
        pytest.param("scoop.start(hosts=['f1'], **WAYS); pool = futures", marks=pytest.mark.thorough),
    ],
)
def test_hosts_that_die_between_submit_and_result_are_started_again(far: Far, begin: str) -> None:
    # A process that the command leaves behind holds its streams open.
    far.ssh.write_text(far.ssh.read_text().replace("exec sh", "sleep 600 &\necho $! >> held\nexec sh"))
    run = plain(
        far,
        f"""
def main():
    {begin}
    started = [pool.submit(leave_mark, x) for x in range(100)]
    until(marks)
    agents()["f1"].kill()
    assert [future.result() for future in started] == [*range(100)]
    for pid in open("held"):
        os.kill(int(pid), 9)
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert run.err.count("f1: its agent has ended, and is started again (status -9, 1 of 1)") == 1, run.err


@pytest.mark.thorough
def test_a_host_that_stands_still_is_ended_and_started_again(far: Far) -> None:
    run = plain(
        far,
        """
def main():
    with Executor(hosts=["f1"], silence=1, host_timeout=20, **WAYS) as executor:
        future = executor.submit(is_open)
        until(future.running)
        agent = agents()["f1"]
        machine = [agent, *agent.children(recursive=True)]
        for process in machine:
            process.suspend()
        open_gate()
        assert future.result()
        assert agents()["f1"] != agent
        for process in machine:
            if process.is_running():
                process.resume()  # a worker, which sees that its broker is gone
""",
    )
    assert (run.status, run.out) == (0, "fine\n"), run.err
    assert run.err.count("f1: its agent has ended, and is started again (status -9, 1 of 1)") == 1, run.err


STAYS = """
def stays():
    open("ready", "w").close()
    time.sleep(600)

def main():
    with Executor(hosts={hosts}, **WAYS) as executor:
        executor.submit(stays).result()
"""


@pytest.mark.thorough
def test_nothing_stays_on_any_host_after_a_program_that_is_killed(far: Far) -> None:
    (far.folder / "script.py").write_text(program(HELPERS + IMPORTS + STAYS.format(hosts=["f1", "f2"])) + MAIN)
    process = subprocess.Popen([sys.executable, "script.py"], cwd=far.folder, stderr=subprocess.PIPE, text=True)
    until(lambda: process.poll() is not None or (far.folder / "ready").exists())
    process.kill()
    process.communicate(timeout=LIMIT)


@pytest.mark.thorough
def test_ctrl_c_while_hosts_answer_ends_the_program_and_leaves_nothing(far: Far) -> None:
    far.ssh.write_text("#!/bin/sh\ntouch called\nexec sleep 600\n")
    (far.folder / "script.py").write_text(program(HELPERS + IMPORTS + STAYS.format(hosts=["f1"])) + MAIN)
    process = subprocess.Popen([sys.executable, "script.py"], cwd=far.folder, stderr=subprocess.PIPE, text=True)
    until(lambda: process.poll() is not None or (far.folder / "called").exists())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
