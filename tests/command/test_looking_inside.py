"""`scoop stacks`, `scoop top` and SIGUSR1: what the user of a run sees of it, and nobody else."""

import os
import selectors
import signal
import socket
import sys
from pathlib import Path

import pytest

from background import Background, Command, background, until
from running import Run, run_python
from scoop.broker.askers import FULL, Askers, socket_name
from scoop.cli.looking.runs import CannotLook, choose_run, find_runs
from scripts import PRELUDE

__all__ = ["background"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are found in the tables of Linux")

FIBERS = """
def leaf(n):
    open_gate("ready")
    return is_open()

def middle(n):
    return next(iter(futures.map(leaf, [n])))

def waits(n):
    other = futures.submit(middle, n)
    until(os.path.exists, "begun")
    return other.result()

def main():
    task = futures.submit(waits, 1)
    open_gate("begun")
    print(task.result())
"""


def start(background: Background, body: str, *options: str) -> Command:
    """Start a run with two workers whose `main` is in ``body``; wait until it has opened the gate "ready"."""
    script = background.folder / "script.py"
    script.write_text(f"{PRELUDE}\n{body}\nif __name__ == '__main__':\n    main()\n")
    command = background(sys.executable, "-m", "scoop", "-n", "2", *options, str(script))
    until(lambda: (background.folder / "ready").exists() or command.process.poll() is not None)
    return command


def finish(command: Command, folder: Path) -> None:
    (folder / "gate").touch()
    assert command.end() == 0, command.err


def scoop(*words: str, cwd: Path) -> Run:
    return run_python("-m", "scoop", *words, cwd=cwd)


# -- stacks ------------------------------------------------------------------------------------------------------


def test_stacks_shows_what_each_process_does_line_by_line(background: Background) -> None:
    command = start(background, FIBERS)
    with socket.socket(socket.AF_UNIX) as sock, pytest.raises(ConnectionRefusedError):  # nothing listens yet
        sock.connect(socket_name(choose_run(command.process.pid).broker))
    run = scoop("stacks", str(command.process.pid), cwd=background.folder)
    assert (run.status, run.err) == (0, "")
    assert f"the program (pid {command.process.pid} on {socket.gethostname()})" in run.out
    assert "print(task.result())" in run.out
    assert "in leaf\n        return is_open()" in run.out
    assert os.path.join("scoop", "engine") not in run.out
    finish(command, background.folder)
    assert command.out == "True\n"


SUSPENDED = """
def held(n):
    open_gate("ready")
    return is_open()

def parent(n):
    task = futures.submit(held, n)
    until(lambda: task.running() or task.done())
    return task.result()

def main():
    print(sum(futures.map(parent, range(4))))
"""


def test_a_suspended_task_is_shown_with_what_it_waits_for(background: Background) -> None:
    command = start(background, SUSPENDED, "--spare-origin")
    words = "suspended, waits for held("
    until(lambda: words in scoop("stacks", str(command.process.pid), cwd=background.folder).out)
    finish(command, background.folder)


COROUTINES = """
import asyncio

async def inner():
    open_gate("ready")
    while not is_open():
        await asyncio.sleep(0.01)

async def outer(n):
    await inner()

def parent(n):
    return futures.submit(outer, n).result()

def main():
    futures.submit(parent, 1).result()
"""


def test_a_coroutine_that_waits_is_shown_with_its_stack_and_its_parent(background: Background) -> None:
    command = start(background, COROUTINES, "--spare-origin")
    shown = scoop("stacks", str(command.process.pid), cwd=background.folder).out
    assert "parent, a task of the program" in shown  # which waits for outer, wherever that runs
    lines = [line.strip() for line in shown.splitlines()]
    place = lines.index("await inner()")
    assert lines[place - 1].endswith("in outer")
    assert lines[place + 1].endswith("in inner")
    assert lines[place - 2].removeprefix("which runs ").startswith("outer")
    finish(command, background.folder)


def test_a_signal_has_a_program_print_its_stacks(background: Background) -> None:
    command = start(background, FIBERS)
    os.kill(command.process.pid, signal.SIGUSR1)
    command.says("in leaf\n        return is_open()")
    finish(command, background.folder)
    assert command.err.startswith("The stacks of the run, at ")
    assert command.out == "True\n"


OWN_HANDLER = """
import signal

def main():
    assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
    signal.signal(signal.SIGUSR1, lambda *_: open_gate())
    open_gate("ready")
    is_open()
"""


def test_a_handler_of_the_programs_stands_in_place_of_the_stacks(background: Background) -> None:
    command = start(background, OWN_HANDLER)
    os.kill(command.process.pid, signal.SIGUSR1)
    assert (command.end(), command.err) == (0, "")


FORKS = """
import signal

def main():
    import warnings
    warnings.simplefilter("ignore")  # of threads and forks
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(60)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGUSR1
"""


@pytest.mark.thorough
def test_a_child_of_the_programs_ends_by_the_signal(background: Background) -> None:
    command = start(background, FORKS)
    assert (command.end(), command.err) == (0, "")


IN_C = """
def stuck(n):
    open_gate("ready")
    (1 << 50_000_000) ** 3  # holds the interpreter
    return n

def main():
    futures.submit(stuck, 1).result()
"""


@pytest.mark.thorough
def test_a_worker_in_c_code_is_said_not_to_answer(background: Background) -> None:
    command = start(background, IN_C.replace("** 3", "** 30"), "--spare-origin")
    run = scoop("stacks", str(command.process.pid), cwd=background.folder)
    assert "no answer: it is in C code" in run.out
    command.process.kill()


# -- top ---------------------------------------------------------------------------------------------------------


def test_top_prints_a_table_once_or_again_and_again(background: Background) -> None:
    command = start(background, FIBERS)
    for _ in range(2):
        run = scoop("top", "--once", str(command.process.pid), cwd=background.folder)
    assert (run.status, run.err) == (0, "")
    lines = run.out.splitlines()
    assert "script.py, for " in lines[0]
    assert lines[1].startswith("1 host, 2 workers, ")
    assert sum("the program" in line or "worker " in line for line in lines[4:]) == 3
    finish(command, background.folder)


# -- which run, and whose ----------------------------------------------------------------------------------------


def test_a_process_that_is_no_run_is_refused(tmp_path: Path) -> None:
    run = scoop("stacks", str(os.getpid()), cwd=tmp_path)
    assert (run.status, run.out) == (2, "")
    assert (
        run.err
        == f"scoop: process {os.getpid()} is no program of yours that runs with SCOOP on this machine (SC-10)\n"
    )


def test_the_runs_of_a_user_are_found_by_the_names_of_brokers(tmp_path: Path) -> None:
    for pid, name, parent in (("10", "scoop-broker", "7"), ("11", "bash", "7"), ("12", "scoop-broker", "8")):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "comm").write_text(f"{name}\n")
        (tmp_path / pid / "stat").write_text(f"{pid} ({name}) S {parent} 1")
    for program in ("7", "8"):
        (tmp_path / program).mkdir()
        (tmp_path / program / "cmdline").write_text(f"python\0work{program}.py\0")
    found = [(run.program, run.broker, run.words) for run in find_runs(str(tmp_path))]
    assert found == [(7, 10, "python work7.py"), (8, 12, "python work8.py")]


def test_of_several_runs_one_is_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [(7, 10, "python a.py"), (8, 12, "python b.py")]
    from scoop.cli.looking import runs as module

    monkeypatch.setattr(module, "find_runs", lambda: [module.LiveRun(*each) for each in runs])
    with pytest.raises(CannotLook, match=r"7  python a\.py\n  8  python b\.py"):
        choose_run(None)
    assert choose_run(8).broker == 12
    assert choose_run(10).program == 7


@pytest.mark.parametrize("is_mine", [True, False])
def test_another_user_is_sent_away(monkeypatch: pytest.MonkeyPatch, is_mine: bool) -> None:
    asked: list[bool] = []
    me = os.getuid()
    monkeypatch.setattr("scoop.broker.askers.user_of", lambda _: (1, me if is_mine else me + 4242))
    with selectors.DefaultSelector() as selector, socket.socket(socket.AF_UNIX) as asker:
        askers = Askers(selector, lambda full, _: asked.append(full))
        askers.listen()
        asker.connect(socket_name(os.getpid()))
        if is_mine:
            asker.sendall(FULL)
        for _ in range(1 + is_mine):
            for key, events in selector.select():
                key.data(events)
        assert asked == [True] * is_mine
        if not is_mine:
            assert asker.recv(1) == b""
        for key in [*selector.get_map().values()]:
            key.fileobj.close()  # type: ignore[union-attr]
