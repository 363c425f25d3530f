"""No network is used, and nothing listens."""

from pathlib import Path

from running import Run, RunScoop, run_python
from scripts import program

WATCHED = """
import os, runpy, sys

def watch(event, args):
    if event.startswith("socket."):
        # What is opened must be of the kind that never leaves the machine: AF_UNIX is 1.
        family = args[1] if event == "socket.__new__" else None
        with open(log, "a") as file:
            file.write(f"{event} {family}\\n")

log = os.path.abspath(sys.argv.pop(1))
sys.addaudithook(watch)  # heard in all processes that are forked from this one
runpy.run_module("scoop", run_name="__main__", alter_sys=True)
"""


def test_import_and_a_run_use_no_network(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def work(x):
        shared.getConst("table")
        return x + 1

    if __name__ == "__main__":
        shared.setConst(table=1)
        print(list(futures.map(work, range(5))), send(work, 1).result())
        if sys.argv[1:]:
            import socket
            socket.socket().close()
    """
    scoop_run(program(source))  # writes the script
    words = ("-c", WATCHED, "log", "-n", "2", "script.py")
    assert run_python(*words, cwd=tmp_path) == Run(0, "[1, 2, 3, 4, 5] 2\n", "")
    events = set((tmp_path / "log").read_text().splitlines())
    assert events <= {"socket.__new__ 1", "socket.gethostname None"}
    assert run_python(*words, "network", cwd=tmp_path).status == 0
    assert "socket.__new__ 2" in (tmp_path / "log").read_text()  # the watch does watch


def test_nothing_listens(scoop_run: RunScoop) -> None:
    source = """
    import psutil

    def children():
        return psutil.Process().children(recursive=True)

    if __name__ == "__main__":
        until(lambda: len(children()) == 5)  # the broker, its watchdog, and the workers
        list(futures.map(abs, range(100)))
        run = [psutil.Process(), *children()]
        ends = [end for process in run for end in process.net_connections("all")]
        print(len(run), len(ends) > 0, [end for end in ends if end.family != 1 or end.laddr or end.raddr])
    """
    assert scoop_run(program(source), n=3) == Run(0, "6 True []\n", "")
