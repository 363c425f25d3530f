"""How long a large constant takes to many hosts, beside one: real hosts, whose network cards are limited.

    python benchmarks/spreading.py                       200 MB to 8 hosts, 200 Mbit/s each; as root
    python benchmarks/spreading.py --megabytes 50 --hosts 4 --rate 100mbit

The hosts are network namespaces on this machine, each with an sshd of its own (tests/cluster/machines.py; what they
need is installed by tests/cluster/install.sh). So all copies take the processors of one machine: choose a rate that
they can keep up with.
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from cluster.machines import Machines, missing  # noqa: E402

PROGRAM = """
import os, pickle, sys, time
from scoop import futures, shared

def length():
    return len(shared.getConst("data"))

if __name__ == "__main__":
    size, hosts = map(int, sys.argv[1:])
    futures.wait_for_workers(hosts)
    futures.run_on_workers(time.time)
    data = os.urandom(size)
    begin = time.monotonic()
    shared.setConst(data=pickle.PickleBuffer(data))  # as an array: in shared memory
    assert [*futures.run_on_workers(length)] == [size] * hosts
    print(time.monotonic() - begin)
"""


def seconds(machines: Machines, folder: Path, hosts: int, size: int, *options: str) -> float:
    """Return how long so many bytes take to all of these hosts."""
    (folder / "script.py").write_text(PROGRAM)
    words = ["--ssh-executable", shlex.join(machines.ssh), "--external-hostname", machines.head, "-n", str(hosts)]
    words += [*options, "--hosts", *machines.names[:hosts], "script.py", str(size), str(hosts)]
    run = subprocess.run(
        [sys.executable, "-m", "scoop", *words], cwd=folder, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(run.stdout)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="How long a large constant takes to many hosts.")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--hosts", type=int, default=8)
    parser.add_argument("--rate", default="200mbit", help="of each network card, as tc writes it")
    parser.add_argument("--no-relay", action="store_true", help="also measure without passing on")
    options = parser.parse_args()
    if reason := missing():
        sys.exit(reason)
    size = options.megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as name:
        machines = Machines(Path(name), options.hosts)
        try:
            machines.up()
            machines.limit(options.rate)
            print(f"{options.megabytes} MB, network cards of {options.rate}", flush=True)
            one = seconds(machines, Path(name), 1, size)
            print(f"to 1 host                 {one:7.2f} s", flush=True)
            all_ = seconds(machines, Path(name), options.hosts, size)
            print(
                f"to {options.hosts} hosts                {all_:7.2f} s   {all_ / one:.2f} times as long", flush=True
            )
            if options.no_relay:
                slow = seconds(machines, Path(name), options.hosts, size, "--no-relay")
                print(f"to {options.hosts} hosts, --no-relay    {slow:7.2f} s   {slow / one:.2f} times as long")
        finally:
            machines.down()


if __name__ == "__main__":
    main()
