"""What all tests share: a way to run a program under SCOOP, and a census after every test."""

import os
import signal
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest

import thorough
from running import Run, RunScoop, run_python

# On a busy machine any example may take any time: that says nothing of what is tested.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], max_examples=50
)
hypothesis.settings.register_profile("thorough", hypothesis.settings.get_profile("any machine"), max_examples=200)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option that runs all there is."""
    parser.addoption("--thorough", action="store_true", help="run all tests, in all variants: see thorough.py")


def pytest_configure(config: pytest.Config) -> None:
    """Have more examples of each property."""
    if config.option.thorough:
        hypothesis.settings.load_profile("thorough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only a thorough run has, unless a test was asked for by name."""
    if not config.option.thorough and not any("::" in word for word in config.args):
        left_out = thorough.left_out([item.nodeid for item in items], {i.nodeid for i in marked(items)})
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left_out])
        items[:] = [item for item in items if item.nodeid not in left_out]


def marked(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that are marked as being for thorough runs."""
    return [item for item in items if item.get_closest_marker("thorough")]


# What a shell starts in the background ignores Ctrl-C, what nohup starts that its terminal is closed, and so does all
# that these start: what is tested must not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Where nothing is buffered, python writes a line in pieces, and the lines of other processes come between those.
os.environ.pop("PYTHONUNBUFFERED", None)

SUITE = "SCOOP_TESTED_BY"
"""The environment variable by which a suite knows its own processes: others may run on the same machine."""

PATIENCE = 60
"""Seconds that processes have to end after the test that started them."""


@pytest.fixture
def scoop_run(tmp_path: Path) -> RunScoop:
    """Return a function that writes ``source`` to a script and runs it with ``python -m scoop``.

    Parameters of the function: the source; ``n``, the number of workers; ``options`` for the command line,
    ``python`` for that of Python, and ``args`` for the script; ``stdin``, text to give it; ``plain``, to run it
    without SCOOP.
    """

    def run(
        source: str,
        *,
        n: int = 2,
        options: tuple[str, ...] = (),
        python: tuple[str, ...] = (),
        args: tuple[str, ...] = (),
        stdin: str | None = None,
        plain: bool = False,
        env: dict[str, str] | None = None,
    ) -> Run:
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(source))
        words = [str(script), *args]
        if not plain:
            words = [*python, "-m", "scoop", "-n", str(n), *options, *words]
        return run_python(*words, cwd=tmp_path, stdin=stdin, env=env)

    return run


@pytest.fixture(autouse=True)
def census(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the test that leaves a process, a descriptor, a thread or a temporary file behind."""
    me = psutil.Process()
    monkeypatch.setenv(SUITE, str(me.pid))
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    descriptors, threads, before = me.num_fds(), set(threading.enumerate()), set(psutil.pids())
    yield
    deadline = time.monotonic() + PATIENCE
    while (left := _living(me, set(psutil.pids()) - before)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"processes left behind: {left}"
    assert me.num_fds() <= descriptors, "descriptors left open"
    assert set(threading.enumerate()) <= threads, "threads left running"
    assert not list(temporary.iterdir()), "temporary files left behind"


def _living(me: psutil.Process, since: set[int]) -> list[str]:
    """Name the processes begun ``since`` that descend from us, or are a test's and have lost their parent."""
    mine = {process.pid for process in me.children(recursive=True)} if since else set()
    found = []
    for pid in since:
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if pid in mine or process.environ().get(SUITE) == str(me.pid):
                found.append(f"{pid}: {' '.join(process.cmdline())[:100]}")
        except psutil.Error:  # it has ended, or is none of ours
            continue
    return found
