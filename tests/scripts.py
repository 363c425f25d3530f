"""Programs for tests to run: a prelude of helpers, what a test is about, and a main guard."""

import textwrap

import pytest

from running import Run, RunScoop

PRELUDE = '''\
import os, sys, threading, time
import scoop
from scoop import futures, shared
from scoop._types import Future

# -- To wait for what happens elsewhere, however slow the machine is.

def until(condition, *args):
    """Wait until the condition holds; fail if that never comes."""
    end = time.monotonic() + 60
    while not condition(*args):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)

def is_open(name="gate"):
    """Wait for somebody to open a gate; return True then."""
    until(os.path.exists, name)
    return True

def open_gate(name="gate"):
    open(name, "w").close()

def meet(meeting, who, size):
    """Come to a meeting and stay until all have come, who are numbered; return the worker this was on."""
    open(f"{meeting}.{who}", "w").close()
    until(lambda: all(os.path.exists(f"{meeting}.{other}") for other in range(size)))
    return scoop.worker

def leave_mark(number):
    """Note that a task ran, in a way all processes can see; take a moment."""
    open(f"mark-{number}", "w").close()
    time.sleep(0.02)
    return number

def marks():
    return sum(name.startswith("mark-") for name in os.listdir())

def print_at_end(function):
    """Print what the function returns when the run has ended."""
    if scoop.IS_ORIGIN:
        import atexit
        atexit.register(lambda: print(function()))

# -- To have tasks run by another worker: this one waits in a way that lets it run none.

def left_alone(future):
    """Wait until the future has ended, without asking for it; return it."""
    ended = threading.Event()
    future.add_done_callback(lambda _: ended.set())
    assert ended.wait(60), "nobody took the task"
    return future

def send(function, *args, **kwargs):
    """Have the call made on another worker, if there is one; return its future, ended."""
    future = futures.submit(function, *args, **kwargs)
    return left_alone(future) if scoop.SIZE > 1 else future

def elsewhere(function, *args, **kwargs):
    """Return what the call returns on another worker."""
    return send(function, *args, **kwargs).result()

def far(function, *args, **kwargs):
    """Return what the call returns on another worker, having made sure that it ran there."""
    pid, value = elsewhere(with_pid, function, args, kwargs)
    assert pid != os.getpid() or scoop.SIZE == 1, "it ran at home"
    return value

def with_pid(function, args, kwargs):
    return os.getpid(), function(*args, **kwargs)

def taken(function, *args):
    """Submit a task that does not end by itself; return its future when another worker has it."""
    future = futures.submit(function, *args)
    until(future.running)
    return future

class Tripwire:
    """Comes first among the arguments of a task, and notes that the task was to be sent."""

    def __init__(self):
        self.tripped = threading.Event()

    def __reduce__(self):
        self.tripped.set()
        return object, ()

    def wait(self):
        assert self.tripped.wait(60), "nobody asked for the task"

def tried(function, *args):
    """Submit a task that cannot be sent, a tripwire before its arguments; return its future when it was to be."""
    tripwire = Tripwire()
    future = futures.submit(function, tripwire, *args)
    tripwire.wait()
    return future

# -- The rest.

def poll(future):
    """Look again and again, as programs do that have something else to do."""
    until(future.done)
    return future.result()

def raises(kind, function, *args, **kwargs):
    """Return the exception that the call raises; fail if it is not of this very kind."""
    try:
        function(*args, **kwargs)
    except BaseException as error:
        assert type(error) is kind, repr(error)
        return error
    raise AssertionError(f"{kind} was not raised")

def give(value):
    return value

def square(x):
    return x * x

def fail(text):
    raise ValueError(text)

'''

MAIN = """
if __name__ == "__main__":
    main()
    print("fine")
"""

everywhere = pytest.mark.parametrize("n", [1, 2])
"""Runs the test with and without other workers."""


def program(source: str) -> str:
    """Return a program that can use what is in the prelude."""
    return PRELUDE + textwrap.dedent(source)


def start(scoop_run: RunScoop, n: int, body: str, *options: str) -> Run:
    """Run a program that defines main(), under SCOOP."""
    return scoop_run(program(body) + MAIN, n=n, options=options)


def check(scoop_run: RunScoop, n: int, body: str, *options: str) -> None:
    """Run a program that defines main(), under SCOOP; expect success, and not a word on stderr."""
    run = start(scoop_run, n, body, *options)
    assert run.status == 0, run.err
    assert (run.out, run.err) == ("fine\n", ""), f"it said\n{run.out}\nand on stderr\n{run.err}"
