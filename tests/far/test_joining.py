"""Machines join a run while it goes on, and leave it: by a file that the run writes."""

import signal
import socket
import sys
from pathlib import Path

import pytest

from background import Background, Command, until
from running import run_python, write
from scoop.cluster.lines.transport import Terms
from scoop.cluster.planning.invitation import Invitation, encode, fetch, post, python_version, scoop_version
from scoop.machine.program import Program
from scripts import MAIN, program

pytest.importorskip("cryptography")


def begin(background: Background, body: str, *options: str) -> Command:
    """Start a run that others may join; return when they may."""
    write(background.folder / "script.py", program(body) + MAIN)
    ways = ("--external-hostname", "127.0.0.1", "--invite", "invitation", *options)
    run = background(sys.executable, "-m", "scoop", "-n", "1", *ways, "script.py")
    until(lambda: (background.folder / "invitation").exists() or run.process.poll() is not None)
    return run


def join(background: Background, n: int = 1) -> Command:
    """Start a machine of the run."""
    return background(sys.executable, "-m", "scoop", "worker", "--connect", "invitation", "-n", str(n))


LATE = """
def main():
    shared.setConst(answer=42)
    print("ready", flush=True)
    futures.wait_for_workers(2)
    task = futures.submit(with_pid, shared.getConst, ("answer",), {})
    pid, value = left_alone(task).result()  # for here it cannot run
    assert (pid != os.getpid(), value) == (True, 42)
    until(os.path.exists, "more")
    pids = set(futures.map(meet_there, range(3), [3] * 3))
    assert len(pids) == 3

def meet_there(who, size):
    meet("meeting", who, size)
    return os.getpid()
"""


def test_who_joins_late_finds_the_constants_and_works(background: Background) -> None:
    run = begin(background, LATE)
    invitation = background.folder / "invitation"
    assert invitation.stat().st_mode & 0o777 == 0o600
    run.says("ready")
    first = join(background)
    first.says("joins the run")
    second = join(background)
    (background.folder / "more").touch()
    assert (run.end(), run.out) == (0, "ready\nfine\n"), run.err
    assert (first.end(), second.end()) == (0, 0)
    assert not invitation.exists()


HELD = """
def held():
    open("begun", "w").close()
    is_open()
    return os.getpid()

def main():
    futures.wait_for_workers(2)
    future = futures.submit(held)
    assert left_alone(future).result() != os.getpid()
    until(os.path.exists, "go on")
    assert list(futures.map(square, range(10))) == [x * x for x in range(10)]
"""


def test_who_leaves_finishes_what_it_has_begun(background: Background) -> None:
    run = begin(background, HELD, "--retries", "0")
    worker = join(background)
    until((background.folder / "begun").exists)
    worker.process.send_signal(signal.SIGTERM)
    worker.says("this machine leaves when the tasks that it has begun have ended")
    (background.folder / "gate").touch()
    assert worker.end() == 0
    (background.folder / "go on").touch()
    assert (run.end(), run.out) == (0, "fine\n"), run.err


def test_who_is_early_waits_for_the_invitation(background: Background) -> None:
    words = ("-m", "scoop", "worker", "--connect", "invitation", "-n", "1", "--wait", "100")
    worker = background(sys.executable, *words)
    body = """
        def main():
            futures.wait_for_workers(2)
            assert left_alone(futures.submit(os.getpid)).result() != os.getpid()
        """
    run = begin(background, body)
    assert (run.end(), worker.end()) == (0, 0), run.err + worker.err


@pytest.mark.thorough
@pytest.mark.parametrize("signals", [(signal.SIGKILL,), (signal.SIGINT, signal.SIGINT)])
def test_what_a_machine_had_begun_that_is_gone_runs_elsewhere(
    background: Background, signals: tuple[signal.Signals, ...]
) -> None:
    run = begin(background, HELD)
    worker = join(background)
    begun = background.folder / "begun"
    until(begun.exists)
    for number in signals:
        worker.process.send_signal(number)
        if number == signal.SIGINT:
            worker.says("this machine leaves when the tasks that it has begun have ended")
    assert worker.end() != 0
    begun.unlink()
    other = join(background)
    until(begun.exists)
    (background.folder / "gate").touch()
    (background.folder / "go on").touch()
    assert (run.end(), run.out) == (0, "fine\n"), run.err
    assert other.end() == 0


def test_all_end_with_a_run_that_is_killed(background: Background) -> None:
    run = begin(background, HELD)
    worker = join(background, 2)
    until((background.folder / "begun").exists)
    run.process.kill()
    assert worker.end() == 0
    until(lambda: not (background.folder / "invitation").exists())


def refused(folder: Path, *words: str, naming: str) -> None:
    """Check that a machine is refused, in one line that names the culprit."""
    run = run_python("-m", "scoop", "worker", *words, cwd=folder)
    assert (run.status, run.out) == (2, "")
    assert naming in run.err.splitlines()[-1], run.err
    assert "Traceback" not in run.err


def test_an_invitation_that_is_none_is_named(tmp_path: Path) -> None:
    refused(tmp_path, "--connect", "gone", naming="there is no invitation 'gone': the run has ended")
    write(tmp_path / "other", "something else that is quite long, and no invitation")
    refused(tmp_path, "--connect", "other", naming="'other' is no invitation")
    refused(tmp_path, naming="--connect")
    refused(tmp_path, "--connect", "gone", "-n", "0", naming="'0' is not a number of workers")


def invitation(port: int, python: str) -> bytes:
    """Return an invitation to a run that is not there."""
    terms = Terms("run-7", f"tls://127.0.0.1:{port}", "certificate", "authority")
    return encode(Invitation({}, python, scoop_version(), terms, program=Program("code", "")))


def test_a_run_that_is_gone_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    post(str(tmp_path / "stale"), invitation(port, python_version()))
    refused(tmp_path, "--connect", "stale", naming=f"the run at tls://127.0.0.1:{port} cannot be reached")


def test_a_run_of_another_python_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        post(str(tmp_path / "old"), invitation(server.getsockname()[1], "3.5"))
        refused(tmp_path, "--connect", "old", naming="the program runs on 3.5")


def test_what_is_no_invitation_is_not_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "precious", "of great value")
    run = run_python("-m", "scoop", "--invite", "precious", "-c", "print(1)", cwd=tmp_path)
    assert (run.status, run.out) == (2, "")
    assert "--invite" in run.err
    assert "there is something else by that name" in run.err
    assert (tmp_path / "precious").read_text() == "of great value"


def test_an_invitation_is_its_owners_and_goes_with_its_run(tmp_path: Path) -> None:
    path = tmp_path / "invitation"
    remove_first = post(str(path), invitation(1, "3.1"))
    remove_second = post(str(path), invitation(2, "3.2"))  # as after a run that was killed
    assert path.stat().st_mode & 0o777 == 0o600
    assert fetch(str(path)).python == "3.2"
    remove_first()
    assert [found.name for found in tmp_path.iterdir()] == ["invitation"]
    remove_second()
    remove_second()
    assert not list(tmp_path.iterdir())
