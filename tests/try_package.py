"""Build the wheel and the source distribution, install them in a bare environment, and try what was installed.

    python tests/try_package.py FOLDER [--release]

FOLDER receives the virtual environments. Needs nothing but the standard library. With ``--release``, the source
distribution is installed as well, and the descriptions are checked as the index will read them. Nothing is uploaded.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Without what would lead to another SCOOP than the one that was installed."""
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def run(*words: str | Path, cwd: Path = ROOT) -> str:
    """Run a command; return what it has printed. Raises CalledProcessError if it fails."""
    return subprocess.run([*words], cwd=cwd, check=True, text=True, stdout=subprocess.PIPE, env=ENVIRONMENT).stdout


def environment(folder: Path, *packages: str) -> Path:
    """Make a virtual environment with these packages, unless it is there; return its python."""
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists():
        venv.create(folder, clear=True, with_pip=True)
        if packages:
            run(python, *PIP, *packages)
        done.touch()
    return python


def build(python: Path) -> tuple[Path, Path]:
    """Return the wheel, which is built from the source distribution, and the latter."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(python, "-m", "build", "--no-isolation", "--outdir", DIST, ROOT)
    return next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))


def try_installed(python: Path) -> None:
    """Use what was installed as a stranger would. Raises AssertionError."""
    scoop = python.parent / "scoop"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        version = run(scoop, "--version", cwd=folder).split()[-1]
        assert version == run(python, "-c", "import scoop; print(scoop.__version__)", cwd=folder).strip()
        place = run(python, "-c", "import scoop; print(scoop.__path__[0])", cwd=folder).strip()
        assert Path(place).is_relative_to(python.parent.parent.resolve()), f"another one was imported: {place}"
        assert (Path(place) / "py.typed").exists()
        run(scoop, "examples", "learning", cwd=folder)
        shown = run(scoop, "-n", "2", "learning/hello.py", cwd=folder)
        assert shown.endswith("Hello, Edsger!\n"), shown
        assert "--retries" in run(scoop, "manpage", cwd=folder).replace("\\-", "-")


def main() -> int:
    """Return 0 if all that was built can be installed and works."""
    folder, is_release = Path(sys.argv[1]).resolve(), "--release" in sys.argv[2:]
    tools = environment(folder / "package-tools", "build", "hatchling")
    wheel, source = build(tools)
    print(f"built {wheel.name} and {source.name}", flush=True)
    if is_release:
        run(tools, *PIP, "twine")
        run(tools, "-m", "twine", "check", "--strict", wheel, source)
        print("the index can read their descriptions", flush=True)
    bare = environment(folder / "package-bare")
    for package in (wheel, source) if is_release else (wheel,):
        run(bare, *PIP, "--force-reinstall", package)
        try_installed(bare)
        print(f"installed {package.name} in a bare environment: it works", flush=True)
    if is_release and "(unreleased)" in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        print("before the upload: CHANGELOG.md still says (unreleased)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
