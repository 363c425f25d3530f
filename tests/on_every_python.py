"""Run the tests on every CPython from 3.11 that this machine has, five at a time; say which are missing.

Every few seconds a line says how far the runs are. All that a run has printed follows when it has ended.

    python tests/on_every_python.py FOLDER [pytest arguments]

FOLDER receives a virtual environment for each. In FOLDER/newer may be Pythons that `make newer-pythons` has brought.
Needs nothing but the standard library. The newest Python that many machines have runs all tests, in six parts. The
others run what is likely to differ, in environments with few packages: a whole run is to take ten minutes. With
arguments, all run what those say.

Beside four others a run may meet a moment without any processor that lasts longer than a test has allowed for. So a
few tests that have failed run once more, alone. What fails again has failed; what passes is named at the end, and
deserves a look.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from progress import Progress

VERSIONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
NEW = ("3.14", "3.15")
"""These run all tests only where no older Python is there: not every library has packages for them."""
AT_ONCE = 5
"""Most tests wait for processes that start and end, so five runs share two processors well."""

MOST_AGAIN = 3
"""Failed tests of one run that are run once more. More of them have a reason."""

HOSTS = ("tests/far", "tests/cluster")
"""Several hosts, batch systems."""
FAULTS = ("tests/faults",)
PLACES = ("tests/executors", "tests/transport")
"""Without the launcher, and what goes from one process to another."""
CALLS = ("tests/library", "tests/pains")
"""The calls that people use."""
RACES = ("tests/races", "tests/fuzz", "tests/interleaved", "tests/simulation")
"""What several threads do to each other, and simulated machines."""
LIBRARIES = ("tests/with_libraries",)
"""What `make libraries` tests."""
OLDEST = (
    "tests/reference",
    "tests/structure",
    "tests/library/test_context_variables.py",
    "tests/library/test_coroutines.py",
    "tests/library/test_own_threads.py",
)
"""What the oldest Python is the most likely to do otherwise."""
BETWEEN = ("tests/reference",)
ON_NEW = (
    "tests/reference",
    "tests/library/test_context_variables.py",
    "tests/library/test_own_threads.py",
    "tests/library/test_process_settings.py",
)
LONG = ("--ignore=tests/units/test_broker_orders.py", "--deselect=tests/units/test_codec.py::test_data_survives")
"""Units that take long, and are about no version of Python."""
ON_THE_NEWEST = ("tests/units", *LONG, "tests/test_examples.py", *ON_NEW)

ALL, FEW = "test", "test-few"
"""The extras of pyproject.toml with the packages of all tests, and of those that need none but pytest's."""

FAILED_ONLY = ("--last-failed", "--last-failed-no-failures", "none")

ROOT = Path(__file__).resolve().parent.parent


def find(version: str, newer: Path) -> str:
    """Return the interpreter of this version, from the PATH, pyenv or ``newer``; an empty word if there is none."""
    candidates = [shutil.which(f"python{version}"), sys.executable]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)]
    candidates.append(str(newer / "bin" / f"python{version}"))
    return next((found for found in candidates if found and os.path.exists(found) and _is(found, version)), "")


def _is(interpreter: str, version: str) -> bool:
    asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"
    answer = subprocess.run([interpreter, "-c", asked], capture_output=True, text=True, check=False)
    return answer.stdout.split() == [version, "cpython"]


def prepare(interpreter: str, folder: Path, extra: str) -> str:
    """Make the virtual environment, unless it is there and as new as pyproject.toml; return its python."""
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists() or done.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        print(f"-- {folder.name}: installing what the tests need", flush=True)
        subprocess.run([interpreter, "-m", "venv", "--clear", str(folder)], check=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        subprocess.run([python, "-m", "pip", "install", *quiet, "--editable", f"{ROOT}[{extra}]"], check=True)
        done.touch()
    # Where the environment forbids Python to keep what it has compiled, each of a thousand runs would do so anew.
    subprocess.run([python, "-m", "compileall", "-q", str(ROOT / "src")], check=True)
    return str(python)


def test(name: str, python: Future[str], arguments: list[str], progress: Progress) -> list[str]:
    """Run the tests, print all they say when they have ended; return what has failed, in a line each."""
    folder = Path(python.result()).parent.parent
    cache = ("-o", f"cache_dir={folder / name.replace(' ', '-')}-cache", "-o", "console_output_style=count")
    with subprocess.Popen(
        [python.result(), "-u", "-m", "pytest", *cache, *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        lines = [*progress.follow(name, process.stdout)]
    progress.ended(name)
    print(f"== Python {name}\n{''.join(lines)}", flush=True)
    failed = [line.rstrip() for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return failed or ([f"pytest ended with status {process.returncode}"] if process.returncode else [])


def parts(newest_first: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Return the runs by their names: of which version, with which pytest arguments; the longest first."""
    new = [version for version in newest_first if version in NEW]
    newest_first = [version for version in newest_first if version not in NEW] or [new.pop()]
    newest, oldest = newest_first[0], newest_first[-1]

    def but(paths: tuple[str, ...]) -> list[str]:
        return [f"--ignore={path}" for path in paths]

    return {
        f"{newest}, hosts": (newest, [*HOSTS]),
        f"{newest}, calls": (newest, [*CALLS]),
        newest: (newest, but(HOSTS + CALLS + FAULTS + RACES + PLACES + LIBRARIES)),
        **{version: (version, [*ON_THE_NEWEST]) for version in new[:1]},
        f"{newest}, places": (newest, [*PLACES]),
        **({} if oldest == newest else {oldest: (oldest, [*OLDEST])}),
        f"{newest}, races": (newest, [*RACES]),
        f"{newest}, faults": (newest, [*FAULTS]),
        **{between: (between, [*BETWEEN]) for between in newest_first[1:-1]},
        **{version: (version, [*ON_NEW]) for version in new[1:]},
    }


def main() -> int:
    """Return 0 if at least one Python was found and the tests pass on all that were."""
    folder, arguments = Path(sys.argv[1]).resolve(), sys.argv[2:]
    print(f"== looking for CPython {', '.join(VERSIONS)}", flush=True)
    found = {version: find(version, folder / "newer") for version in VERSIONS}
    for version in VERSIONS:
        if not found[version]:
            print(f"== Python {version}: not on this machine, skipped", flush=True)
    newest_first = [version for version in reversed(VERSIONS) if found[version]]
    if not newest_first:
        return 1
    wanted = {version: (version, arguments) for version in newest_first} if arguments else parts(newest_first)
    print(f"== {len(wanted)} runs on Python {', '.join(newest_first)}; {AT_ONCE} at a time", flush=True)
    names = [version for version, _ in wanted.values()]
    extras = {version: ALL if arguments or names.count(version) > 1 else FEW for version in newest_first}
    with Progress(wanted) as progress, ThreadPoolExecutor(AT_ONCE) as pool:
        # These first: a run that waits for one of them finds it begun.
        pythons = {
            version: pool.submit(prepare, found[version], folder / f"{extra}-{version}", extra)
            for version, extra in extras.items()
        }
        runs = {
            name: pool.submit(test, name, pythons[version], words, progress)
            for name, (version, words) in wanted.items()
        }
        failed = {name: run.result() for name, run in runs.items()}
        again = {name: lines for name, lines in failed.items() if 0 < len(lines) <= MOST_AGAIN}
        for name in again:
            version, words = wanted[name]
            failed[name] = test(name, pythons[version], [*words, *FAILED_ONLY], progress)
    print(f"== passed on {'; '.join(name for name, lines in failed.items() if not lines) or 'none'}", flush=True)
    for name, lines in again.items():
        if not failed[name]:
            _tell(f"failed on {name} beside the others, and passed alone", lines)
    for name, lines in failed.items():  # at the end, where a reader of a long log looks first
        if lines:
            _tell(f"FAILED on {name}", lines)
    return 1 if any(failed.values()) else 0


def _tell(what: str, lines: list[str]) -> None:
    print(f"== {what}", *(line[:200] for line in lines), sep="\n   ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
