"""More hosts than processors start, share the tasks, and leave nothing: the script of the benchmark on a few."""

from pathlib import Path

import pytest

from running import run_python

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "many_hosts.py"


@pytest.mark.thorough
def test_many_hosts_start_share_the_tasks_and_leave_nothing(tmp_path: Path) -> None:
    run = run_python(str(SCRIPT), "--hosts", "6", "--tasks", "600", "--nap", "0.01", cwd=tmp_path)
    assert (run.status, run.err) == (0, ""), run.out
    assert "600 tasks of 10 ms on 6 hosts" in run.out
    assert "\n0 processes are left" in run.out
