"""A worker that is stopped is told of, and its results count when it goes on."""

import os
import signal
import sys

from background import Background, Command, background
from scripts import program

__all__ = ["background"]

HELPERS = """
    def stay():
        with open("pid.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename("pid.new", "pid")
        is_open()
"""


def _stop(background: Background, source: str) -> tuple[Command, int]:
    """Run a program; stop the worker of which a task stays; return the run, and the pid."""
    pid_file = background.folder / "pid"
    (background.folder / "script.py").write_text(program(HELPERS + source))
    words = "-X", "scoop_tuning=standing_look_seconds=0.1", "-m", "scoop", "-n", "2", "script.py"
    run = background(sys.executable, *words)
    while not pid_file.exists():
        assert run.process.poll() is None, run.err
    pid = int(pid_file.read_text())
    os.kill(pid, signal.SIGSTOP)
    return run, pid


def test_a_stopped_worker_is_told_of_and_its_results_count(background: Background) -> None:
    source = """
    def work(x):
        if x == 3:
            stay()
        time.sleep(0.01)  # so the program leaves it to its workers
        return x * x

    if __name__ == "__main__":
        assert [*futures.map(work, range(50))] == [x * x for x in range(50)]
        print("fine")
    """
    run, pid = _stop(background, source)
    run.says(f"kill -CONT {pid}")
    (background.folder / "gate").touch()
    os.kill(pid, signal.SIGCONT)
    assert (run.end(), run.out) == (0, "fine\n"), run.err
    assert f"(pid {pid} on " in run.err
    assert run.err.count("\n") == 1, run.err


def test_a_stopped_worker_may_be_killed_instead(background: Background) -> None:
    source = """
    def work():
        if not os.path.exists("pid"):
            stay()
        return "done"

    if __name__ == "__main__":
        print(elsewhere(work))
    """
    run, pid = _stop(background, source)
    run.says("has stood still since")
    os.kill(pid, signal.SIGKILL)
    assert (run.end(), run.out) == (0, "done\n"), run.err
