"""`scoop stacks` and `scoop top` of a run on several machines."""

import pytest

from running import Run, run_python

from .conftest import Far, until


@pytest.mark.thorough
def test_workers_of_other_machines_are_seen(far: Far) -> None:
    program = far.start(
        """
def stay(x):
    time.sleep(0.02)
    return os.path.exists("over")

def main():
    open_gate("ready")
    while not all(futures.map(stay, range(60))):
        pass
""",
        "localhost localhost f1 f1",
    )

    def look(*asked: str) -> Run:
        return run_python("-m", "scoop", *asked, str(program.pid), cwd=far.folder)

    until(lambda: "2 hosts, 4 workers" in look("top", "--once").out)
    until(lambda: look("stacks").out.count("stay, a task of the program") == 4)
    (far.folder / "over").touch()
    assert far.end(program) == Run(0, "fine\n", "")
