"""A run on many hosts, all of them this machine: what the coordinator takes for a task, and what is left at the end.

    python benchmarks/many_hosts.py [--hosts N] [--tasks N] [--nap SECONDS]

`local_ssh` starts the agents. Each host has one worker, and tasks only sleep: so there may be many more of them than
processors. The program's own machine runs no task. Prints how long the start takes, and all tasks; the coordinator's
time for a task, and its memory; and how many processes are left at the end, which are to be none.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from processes import end_when_told

HERE = Path(__file__).parent
MARK = "SCOOP_MANY_HOSTS"
"""The environment variable by which the processes of a run are known."""


def nap(seconds: float) -> str:
    """Sleep; return which host this is."""
    import scoop

    time.sleep(seconds)
    assert scoop.worker
    return scoop.worker.broker


def coordinator() -> psutil.Process:
    """Return the process whose children are the agents: it is beside the workers of the program's machine."""
    broker = next(each for each in psutil.Process().children() if each.children())
    return max(broker.children(), key=lambda each: len(each.children()))


def measure(hosts: int, tasks: int, seconds: float) -> None:
    """Measure within a run, and print what was found."""
    from scoop import futures

    begun = time.perf_counter()
    futures.wait_for_workers(hosts, timeout=3600)
    print(f"{hosts} hosts have started within {time.perf_counter() - begun:.1f} s", flush=True)
    process = coordinator()
    before, begun = process.cpu_times(), time.perf_counter()
    found = [*futures.map(nap, [seconds] * tasks)]
    took, after = time.perf_counter() - begun, process.cpu_times()
    busy = after.user + after.system - before.user - before.system
    assert len(found) == tasks
    ideal = tasks * seconds / hosts
    print(f"{tasks} tasks of {1e3 * seconds:g} ms on {len({*found})} hosts: {took:.1f} s, ideal {ideal:.1f} s")
    print(f"the coordinator: {1e6 * busy / tasks:.1f} us a task, {process.memory_info().rss >> 20} MB", flush=True)


def left(mark: str) -> list[str]:
    """Return the command lines of processes that belong to the run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def main() -> None:
    """Run, and count what is left."""
    end_when_told()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--nap", type=float, default=0.02)
    options = parser.parse_args()
    hosts = [f"far{number}" for number in range(options.hosts)]
    reach = ["--ssh-executable", str(HERE / "local_ssh"), "--external-hostname", "127.0.0.1"]
    reach += ["--host-timeout", "3600", "--silence", "600"]  # so many processes have to share few processors
    counted = "\n".join(f"{host} 1" for host in hosts)
    words = [sys.executable, "-m", "scoop", *reach, "--hostfile", "-", "--", __file__]
    words += [str(options.hosts), str(options.tasks), str(options.nap)]
    mark = str(os.getpid())
    subprocess.run(words, input=counted, text=True, check=True, env=os.environ | {MARK: mark})
    begun = time.perf_counter()
    while (there := left(mark)) and time.perf_counter() - begun < 60:
        time.sleep(0.1)
    print(f"{len(there)} processes are left, {time.perf_counter() - begun:.1f} s after the end")
    sys.exit(bool(there))


if __name__ == "__main__":
    import scoop

    if scoop.IS_RUNNING:
        measure(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    else:
        main()
