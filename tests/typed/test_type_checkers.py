"""Type checkers see a user's program as it is: ``make check`` has mypy look at ``program.py``, and these tests do so.

They take long, since a checker reads all of SCOOP first.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import scoop
from scoop import futures

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = "tests/typed/program.py"


def checked(*words: str) -> subprocess.CompletedProcess[str]:
    """Have a type checker look at the program; skip the test where it is not installed, or cannot start."""
    if importlib.util.find_spec(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    command = [sys.executable, "-m", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    if version.returncode:
        pytest.skip(f"{words[0]} cannot start here: {version.stderr[-200:]}")
    return subprocess.run([*command, PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "words",
    [("mypy", "--strict", f"--cache-dir={os.devnull}"), ("pyright", "--pythonpath", sys.executable)],
    ids=["mypy", "pyright"],
)
def test_checkers_find_all_types_and_all_mistakes(words: tuple[str, ...]) -> None:
    """A mistake that is not found is an error, too: its comment hides nothing then."""
    run = checked(*words)
    assert run.returncode == 0, run.stdout


def test_what_checkers_see_of_the_package_is_what_it_has() -> None:
    """A name that is imported when it is first asked for would be unknown to a checker otherwise."""
    stub = (ROOT / "src/scoop/__init__.pyi").read_text()
    names = {*vars(scoop)["_HOMES"], "futures", "joblib", "shared", "logger", *scoop.__all__}
    assert {name for name in names if f" as {name}\n" not in stub and f"\n{name}: " not in stub} == set()
    assert f"__all__ = {scoop.__all__!r}".replace("'", '"') in stub


def test_futures_can_be_subscripted_at_run_time() -> None:
    assert futures.Future[int] is not futures.Future
    assert futures.DoneAndNotDone[int](set(), set()) == (set(), set())
    assert isinstance(futures.Future(None, abs, -1), futures.Future)
