"""Hosts whose agents MPI's own launcher starts: here a stand-in for it, which runs its words on this machine."""

from pathlib import Path

import pytest

from .conftest import Far

STAND_IN = """\
#!/bin/sh
[ "$1 $2 $3" = "-n 1 -host" ] || exit 9
echo "$4" >> {folder}/started
shift 4
exec "$@"
"""

BODY = """
def main():
    all_at_work(2)
"""


@pytest.mark.thorough
def test_mpiexec_starts_one_agent_on_each_host(far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mpi"
    folder.mkdir()
    (folder / "mpiexec").write_text(STAND_IN.format(folder=folder))
    (folder / "mpiexec").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    far.check(BODY, "f1 f1 f2 f2", "--launcher", "mpiexec")
    assert sorted((folder / "started").read_text().split()) == ["f1", "f2"]
