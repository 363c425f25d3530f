"""Programs that make executors, started with plain python, and a module of functions for tests within pytest."""

import os
import time
from typing import Any

from running import Run, RunScoop
from scripts import MAIN, program

__all__ = ["check", "fail", "give", "pid", "start", "wait_for_file"]

IMPORTS = """
import asyncio, signal, warnings
from concurrent import futures as library
from scoop import Executor
from scoop.errors import *

def interrupted(function):
    # Call a function, and be struck by Ctrl-C in it, after it has called what it is given.
    inside = threading.Event()
    def strike():
        until(inside.is_set)
        os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=strike).start()
    raises(KeyboardInterrupt, function, inside.set)

"""


def start(scoop_run: RunScoop, body: str, main: str = MAIN) -> Run:
    """Run a program that defines main(), with plain python."""
    return scoop_run(program(IMPORTS) + program(body).removeprefix(program("")) + main, plain=True)


def check(scoop_run: RunScoop, body: str) -> None:
    """Run a program that defines main(), with plain python; expect success, and not a word on stderr."""
    run = start(scoop_run, body)
    assert (run.status, run.err) == (0, ""), f"it said\n{run.out}\nand on stderr\n{run.err}"
    assert run.out == "fine\n"


def give(value: Any) -> Any:
    return value


def fail(text: object) -> None:
    raise ValueError(text)


def pid() -> int:
    return os.getpid()


def wait_for_file(path: str) -> str:
    """Wait until there is such a file; return its name."""
    while not os.path.exists(path):
        time.sleep(0.005)
    return path
