"""`scoop submit`: the script goes to the system's own command, and mistakes show before that."""

import os
from pathlib import Path

import pytest

from running import Run, run_python, write

STAND_IN = """\
#!/bin/sh
cat > {folder}/submitted
echo "Submitted batch job 7"
exit {status}
"""


def submit(folder: Path, *words: str, path: str | None = None) -> Run:
    return run_python("-m", "scoop", "submit", *words, cwd=folder, env={} if path is None else {"PATH": path})


def stand_in(folder: Path, name: str, status: int = 0) -> str:
    """Make a batch system's command; return a PATH on which it is the only one."""
    command = write(folder / "bin" / name, STAND_IN.format(folder=folder, status=status))
    command.chmod(0o755)
    return f"{command.parent}:{os.defpath}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "my work.py")
    return tmp_path


@pytest.mark.parametrize("status", [0, 3])
def test_the_script_goes_to_the_systems_command(folder: Path, status: int) -> None:
    path = stand_in(folder, "sbatch", status)
    words = ("-N", "2", "-w", "4", "--time", "90m", "--", "--retries", "0", "my work.py", "--fast")
    run = submit(folder, *words, path=path)
    assert (run.status, run.out) == (status, "Submitted batch job 7\n")
    assert ("scoop: sbatch has not accepted the job (status 3)" in run.err) == (status == 3)
    script = (folder / "submitted").read_text().splitlines()
    assert "#SBATCH --job-name=my_work" in script
    assert "#SBATCH --time=01:30:00" in script
    assert script[-1].endswith(" -m scoop --retries 0 'my work.py' --fast")
    dry = submit(folder, "--system", "slurm", "--dry-run", *words)
    assert (dry.status, dry.out.splitlines()) == (0, script)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("my work.py",), "scoop: there is no batch system here"),
        (("--system", "pbs", "my work.py"), "scoop: PBS gives no whole nodes"),
        (("--system", "lsf", "-w", "2", "my work.py"), "scoop: bsub cannot be run here: No such file"),
        (("-w", "2", "nowhere.py"), "scoop: can't open file 'nowhere.py'"),
        (("-w", "2"), "no program: name a script"),
        (("--time", "soon", "my work.py"), "'soon' is not a time, such as"),
        (("--", "--retris", "0", "my work.py"), "did you mean --retries?"),
    ],
)
def test_mistakes_show_before_anything_is_submitted(folder: Path, words: tuple[str, ...], message: str) -> None:
    run = submit(folder, *words, path=str(folder))
    assert (run.status, run.out) == (2, "")
    assert message in run.err
    assert "Traceback" not in run.err
