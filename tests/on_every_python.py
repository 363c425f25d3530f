"""Run the tests on every CPython from 3.11 that this machine has, two at a time; say which are missing.

    python tests/on_every_python.py FOLDER [pytest arguments]

FOLDER receives a virtual environment for each. Needs nothing but the standard library. The newest runs all tests, the
oldest all but those of several hosts, those between the reference and what travels: a whole run is to take ten
minutes at most. With arguments, all run what those say.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
AT_ONCE = 3
"""Most tests wait for processes that start and end, so two runs share two processors well."""

HOSTS = ("tests/far", "tests/cluster", "tests/simulation")
"""Several hosts, batch systems, simulated machines: what is tested there is the same on every Python."""
BETWEEN = ("tests/reference", "tests/library", "tests/transport")

ROOT = Path(__file__).resolve().parent.parent


def find(version: str) -> str:
    """Return the interpreter of this version, from the PATH or from pyenv; an empty word if there is none."""
    candidates = [shutil.which(f"python{version}"), sys.executable]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)]
    return next((found for found in candidates if found and _is(found, version)), "")


def _is(interpreter: str, version: str) -> bool:
    asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.implementation.name)"
    answer = subprocess.run([interpreter, "-c", asked], capture_output=True, text=True, check=False)
    return answer.stdout.split() == [version, "cpython"]


def prepare(interpreter: str, folder: Path) -> str:
    """Make the virtual environment, unless it is there and as new as pyproject.toml; return its python."""
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists() or done.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        subprocess.run([interpreter, "-m", "venv", "--clear", str(folder)], check=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        subprocess.run([python, "-m", "pip", "install", *quiet, "--editable", f"{ROOT}[test]"], check=True)
        done.touch()
    # Where the environment forbids Python to keep what it has compiled, each of a thousand runs would do so anew.
    subprocess.run([python, "-m", "compileall", "-q", str(ROOT / "src")], check=True)
    return str(python)


def test(version: str, interpreter: str, folder: Path, arguments: list[str]) -> int:
    """Run the tests, print all they say when they have ended, and return their status."""
    command = [prepare(interpreter, folder), "-m", "pytest", "-o", f"cache_dir={folder / 'pytest_cache'}", *arguments]
    ended = subprocess.run(
        command, cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    print(f"== Python {version}\n{ended.stdout}", flush=True)
    return ended.returncode


def share(version: str, newest_first: list[str]) -> list[str]:
    """Return the pytest arguments for what this version is to run."""
    if version == newest_first[0]:
        return []
    if version == newest_first[-1]:
        return [f"--ignore={folder}" for folder in HOSTS]
    return [*BETWEEN]


def main() -> int:
    """Return 0 if at least one Python was found and the tests pass on all that were."""
    folder, arguments = Path(sys.argv[1]).resolve(), sys.argv[2:]
    found = {version: find(version) for version in VERSIONS}
    for version in VERSIONS:
        if not found[version]:
            print(f"== Python {version}: not on this machine, skipped", flush=True)
    newest_first = [version for version in reversed(VERSIONS) if found[version]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {
            version: pool.submit(
                test, version, found[version], folder / f"test-{version}", arguments or share(version, newest_first)
            )
            for version in newest_first
        }
    failed = [version for version, run in runs.items() if run.result()]
    print(f"== passed on {', '.join(v for v in runs if v not in failed) or 'none'}", flush=True)
    if failed:
        print(f"== FAILED on {', '.join(failed)}", flush=True)
    return 1 if failed or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
