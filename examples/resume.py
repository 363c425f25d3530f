"""A sweep that goes on where it was when the power failed: each result is kept on disk.

Run it:  python -m scoop -n 2 examples/resume.py        (pip install joblib)
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from joblib import Memory

from scoop import futures

PARAMETERS = range(40)


def simulate(folder: Path, parameter: int) -> int:
    """Compute something, and note that it was computed; pull the plug at 30 in the first sweep."""
    plug = folder / "plug"
    if parameter == 30 and plug.exists():
        plug.unlink()
        subprocess.run([sys.executable, "-c", "import os, signal; os.killpg(0, signal.SIGKILL)"], check=False)
    with open(folder / f"computed-{parameter}", "a") as note:
        note.write("once\n")
    return parameter**2


def sweep(folder: Path) -> None:
    """Compute all that is not on disk yet."""
    remembered = Memory(folder / "results", verbose=0).cache(simulate)
    results = list(futures.map(remembered, [folder] * len(PARAMETERS), PARAMETERS))
    assert results == [parameter**2 for parameter in PARAMETERS]


def main() -> None:
    if len(sys.argv) > 1:
        sweep(Path(sys.argv[1]))
        return
    again = [sys.executable, "-m", "scoop", "-n", "2", __file__]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "plug").touch()
        killed = subprocess.run([*again, name], start_new_session=True, check=False)
        assert killed.returncode == -9
        before = {path.name for path in Path(name).glob("computed-*")}
        subprocess.run([*again, name], check=True)
        notes = {path.name: path.read_text().count("once") for path in Path(name).glob("computed-*")}
        assert len(notes) == len(PARAMETERS)
    repeated = sum(count > 1 for count in notes.values())
    print(f"{len(before)} of {len(notes)} were computed before the plug was pulled; {repeated} of them once more.")


if __name__ == "__main__":
    main()
