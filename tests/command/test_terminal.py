"""At a terminal: interactive sessions, and Ctrl-C."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import scoop
from command.terminal import Terminal
from running import HOME, write
from scripts import program


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Terminal]:
    """Start a session on a python without IPython."""
    write(tmp_path / "hidden/IPython.py", "raise ImportError('hidden')")
    paths = os.pathsep.join([str(tmp_path / "hidden"), *filter(None, [os.environ.get("PYTHONPATH")])])
    terminal = Terminal(cwd=tmp_path, env={"PYTHONPATH": paths})
    try:
        terminal.until(">>> ")
        yield terminal
    finally:
        terminal.close()


def define(terminal: Terminal, lines: Sequence[str]) -> None:
    """Type a block."""
    for line in lines:
        terminal.type(line, prompt="... ")
    terminal.type("")


def test_functions_and_classes_typed_into_a_session_work_in_tasks(session: Terminal) -> None:
    session.type("from scoop import futures; import os, time; from os.path import exists")
    define(session, ["class Box:", "    def __init__(self, x): self.x = x"])
    define(session, ["def work(box):", "    return box.x * 2 + bonus"])
    session.type("bonus = 1")
    assert "[1, 3, 5]" in session.type("list(futures.map(work, map(Box, range(3))))")
    assert "[0, 1, 4]" in session.type("list(futures.map(lambda x: x * x, range(3)))")
    # Each of two tasks goes on until the other has begun.
    define(
        session,
        ["def meet(me, other):", "    open(me, 'w').close()", "    while not exists(other): time.sleep(0.01)"],
    )
    define(session, ["def where(me, other):", "    meet(me, other)", "    return os.getpid()"])
    assert "2 processes" in session.type("print(len(set(futures.map(where, 'ab', 'ba'))), 'processes')")
    assert "'__main__'" in session.type("__name__")
    session.press("\x04")
    assert session.end() == 0


def test_a_session_survives_errors_and_control_c_and_shows_them_plainly(session: Terminal) -> None:
    session.type("from scoop import futures; import time")
    assert session.type("1 / 0").endswith(
        "Traceback (most recent call last):\n"
        '  File "<console>", line 1, in <module>\n'
        "ZeroDivisionError: division by zero\n>>> "
    )
    session.press("print('asleep'); time.sleep(60)\n")
    session.until("\nasleep")
    session.press("\x03")
    assert session.until(">>> ").endswith("KeyboardInterrupt\n>>> ")
    assert "[1, 2]" in session.type("list(futures.map(abs, [-1, -2]))")
    session.press("raise SystemExit(3)\n")
    assert session.end() == 3


def test_a_session_is_ipythons_where_that_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    env = {"IPYTHONDIR": str(tmp_path / "profile"), "IPY_TEST_SIMPLE_PROMPT": "1"}
    terminal = Terminal(cwd=tmp_path, env=env)
    try:
        terminal.until("In [1]: ")
        terminal.type("from scoop import futures; work = lambda x: x * 2", prompt="In [2]: ")
        assert "[0, 2, 4]" in terminal.type("list(futures.map(work, range(3)))", prompt="In [3]: ")
        terminal.press("exit\n")
        assert terminal.end() == 0
    finally:
        terminal.close()


def test_a_session_greets_with_version_and_workers_and_has_futures(session: Terminal) -> None:
    assert f"SCOOP {scoop.__version__}, Python {sys.version.split()[0]}, 2 workers" in session.screen
    assert "[1, 2]" in session.type("list(futures.map(abs, [-1, -2]))")
    session.press("\x04")
    assert session.end() == 0
    assert "the session ends when" not in session.screen


def test_a_session_that_waits_for_tasks_at_its_end_says_so(session: Terminal, tmp_path: Path) -> None:
    session.type("import time; from os.path import exists")
    define(session, ["def work():", "    while not exists('gate'): time.sleep(0.01)", "    print('worked')"])
    session.type("future = futures.submit(work)")
    session.press("\x04")
    session.until("the session ends when the tasks that it has started have ended; Ctrl-C gives them up")
    write(tmp_path / "gate")
    session.until("worked")
    assert session.end() == 0


def test_control_c_ends_a_program_at_work_as_it_ends_plain_python(tmp_path: Path) -> None:
    source = """
    def work(x):
        print("at work", flush=True)
        time.sleep(60)

    if __name__ == "__main__":
        list(futures.map(work, range(4)))
    """
    write(tmp_path / "script.py", program(source))
    terminal = Terminal("script.py", cwd=tmp_path, env={})
    try:
        terminal.until("at work")
        terminal.until("at work")
        terminal.press("\x03")
        assert terminal.end() == -2
        assert terminal.screen.count("Traceback") == 1
        assert terminal.screen.rstrip("\n").endswith("KeyboardInterrupt")
        assert HOME not in terminal.screen
    finally:
        terminal.close()
