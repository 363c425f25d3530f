"""Origin, broker or worker gets a signal in the midst of work: who ends with whom, how, and leaving what behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from other_systems import lacking
from running import LIMIT, Run
from scripts import MAIN, program

SOURCE = """
    import ctypes, resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def busy():
        \"\"\"Be at work until the gate is open.\"\"\"
        open(f"at-work-{os.getpid()}", "w").close()
        is_open("gate")

    def stuck():
        \"\"\"Be deep in compiled code that lets no other thread run, for longer than any test waits.\"\"\"
        if not os.path.exists("gate"):
            compiled = ctypes.PyDLL(None)
            sys.setswitchinterval(1000)  # from before we say that we are at work
            compiled.close(compiled.creat(b"at-work-%d" % os.getpid(), 0o600))
            compiled.sleep(1000)

    def work(how):
        how()
        return 1

    def main():
        here, there = (stuck if word == "stuck" else busy for word in sys.argv[1:])
        tasks = [futures.submit(work, there) for _ in range(2)]
        until(lambda: sum(name.startswith("at-work-") for name in os.listdir()) == 2)
        work(here)
        print(sum(task.result() for task in tasks))
"""

HARD = [signal.SIGKILL, signal.SIGSEGV]


class Family:
    """The processes of a run at work, and how it ended."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._folder = folder
        (folder / "tmp").mkdir()
        (folder / "script.py").write_text(program(SOURCE) + MAIN)
        command = [sys.executable, "-m", "scoop", "-n", "3", "script.py", *words]
        self.origin = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder / "tmp")},
            start_new_session=True,
        )
        deadline = time.monotonic() + LIMIT
        while len(self.at_work()) < 3:  # the origin too
            assert time.monotonic() < deadline, "they did not begin"
            assert self.origin.poll() is None, self.end()
            time.sleep(0.005)
        (self.broker,) = (child.pid for child in psutil.Process(self.origin.pid).children())
        self.worker = next(pid for pid in self.at_work() if pid != self.origin.pid)

    def at_work(self) -> list[int]:
        """Return those that have come to work."""
        return [int(path.name.split("-")[2]) for path in self._folder.glob("at-work-*")]

    def finish_work(self) -> None:
        """Let those go on that wait for the gate, and let nobody who comes anew be stuck."""
        (self._folder / "gate").touch()

    def end(self) -> Run:
        """Wait for the end, and see that no file is left that the program itself has not made."""
        try:
            out, err = self.origin.communicate(timeout=LIMIT)
        finally:
            self.close()
        left = {path.name for path in self._folder.iterdir() if not path.name.startswith("at-work-")}
        assert left <= {"script.py", "tmp", "gate"}, left
        assert not list((self._folder / "tmp").iterdir())
        return Run(self.origin.returncode, out, err)

    def close(self) -> None:
        """End it, if it does not end by itself."""
        if self.origin.poll() is None:
            os.killpg(self.origin.pid, signal.SIGKILL)
            self.origin.communicate()


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Callable[..., Family]]:
    """Return what starts a run: its origin, then its workers, ``busy`` or ``stuck``."""
    started = []

    def start(*words: str) -> Family:
        started.append(Family(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.mark.parametrize("there", ["busy", "stuck"])
@pytest.mark.parametrize("here", ["busy", "stuck"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, *HARD], ids=lambda number: number.name)
def test_all_ends_with_the_origin_and_its_status_tells_why(
    family: Callable[..., Family], number: int, here: str, there: str
) -> None:
    run = family(here, there)
    os.kill(run.origin.pid, number)
    while number == signal.SIGINT and here == "stuck" and run.origin.poll() is None:
        time.sleep(0.2)  # the first may have come just before the compiled code fell asleep, which nobody would hear
        os.kill(run.origin.pid, number)
    ended = run.end()
    assert (ended.status, ended.out) == (-number, "")
    assert "scoop:" not in ended.err


@pytest.mark.parametrize("there", ["busy", "stuck"])
@pytest.mark.parametrize("here", ["busy", "stuck"])
@pytest.mark.parametrize("number", HARD, ids=lambda number: number.name)
def test_all_ends_with_the_broker_and_the_origin_says_so(
    family: Callable[..., Family], number: int, here: str, there: str
) -> None:
    run = family(here, there)
    os.kill(run.broker, number)
    ended = run.end()
    assert ended.out == ""
    assert "scoop: the broker has died" in ended.err
    # 70 is the origin's own word. Where it cannot speak, or on a machine that keeps it from it, it is killed.
    assert ended.status == -signal.SIGKILL if here == "stuck" else ended.status in (70, -signal.SIGKILL)


def test_all_ends_with_the_broker_where_the_system_kills_no_child(
    family: Callable[..., Family], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Other systems have no death signal and no watchdog: each process sees its socket close."""
    monkeypatch.setenv("PYTHONPATH", lacking("all", tmp_path_factory.mktemp("lacking"))["PYTHONPATH"])
    run = family("busy", "busy")
    os.kill(run.broker, signal.SIGKILL)
    ended = run.end()
    assert (ended.status, ended.out) == (70, "")
    assert "scoop: the broker has died" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_what_is_for_the_program_does_not_end_the_broker(family: Callable[..., Family], number: int) -> None:
    run = family("busy", "busy")
    os.kill(run.broker, number)
    run.finish_work()
    assert run.end() == Run(0, "2\nfine\n", "")


@pytest.mark.parametrize("there", ["busy", "stuck"])
@pytest.mark.parametrize("number", [signal.SIGTERM, *HARD], ids=lambda number: number.name)
def test_a_worker_is_replaced_and_its_task_run_again(family: Callable[..., Family], number: int, there: str) -> None:
    run = family("busy", there)
    os.kill(run.worker, number)
    # The other one is stuck too, if any is.
    others = [pid for pid in run.at_work() if pid not in (run.worker, run.origin.pid)] if there == "stuck" else []
    run.finish_work()
    for pid in others:
        os.kill(pid, signal.SIGTERM)
    ended = run.end()
    assert (ended.status, ended.out) == (0, "2\nfine\n")
    assert ended.err.count("Fatal Python error: Segmentation fault") == (number == signal.SIGSEGV)
    assert "scoop:" not in ended.err


def test_an_interrupt_is_for_the_program_and_not_for_a_worker(family: Callable[..., Family]) -> None:
    run = family("busy", "busy")
    os.kill(run.worker, signal.SIGINT)
    run.finish_work()
    assert run.end() == Run(0, "2\nfine\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_what_is_sent_to_the_whole_group_ends_the_run(family: Callable[..., Family], number: int) -> None:
    run = family("busy", "busy")
    os.killpg(run.origin.pid, number)
    ended = run.end()
    assert (ended.status, ended.out) == (-number, "")
    assert "scoop:" not in ended.err
