"""Executors with workers on real hosts, from programs that are started with plain python."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .conftest import LIMIT, nothing_runs_on
from .machines import Machines

PROGRAM = textwrap.dedent("""
    import json, os, sys, time
    import scoop
    from scoop import Executor, futures
    from beside import cube

    def work(x):
        time.sleep(0.01)
        return cube(x), scoop.worker.broker

    if __name__ == "__main__":
        ways = json.loads(sys.argv[1])
        with Executor(max_workers=6, **ways) as executor:
            futures.wait_for_workers(6, timeout=0)
            assert sorted(host.name for host in scoop.hosts()) == sorted(ways["hosts"])
            seen = set()
            while len(seen) < len(ways["hosts"]):
                cubes, brokers = zip(*executor.map(work, range(60)))
                assert cubes == tuple(x**3 for x in range(60))
                seen.update(brokers)
        print("fine")
""")


@pytest.mark.thorough
def test_an_executor_has_workers_on_all_hosts_and_nothing_is_left(machines: Machines, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(PROGRAM)
    (tmp_path / "beside.py").write_text("def cube(x):\n    return x**3\n")
    ways = {"hosts": machines.names, "ssh_executable": " ".join(machines.ssh), "external_hostname": machines.head}
    words = [sys.executable, "script.py", json.dumps(ways)]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=2 * LIMIT)
    assert (run.returncode, run.stdout, run.stderr) == (0, "fine\n", "")
    nothing_runs_on(machines)
