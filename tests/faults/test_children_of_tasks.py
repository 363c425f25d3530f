"""What tasks have started ends with the run, however that ends; only what has a session of its own may live."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from faults.hostile import Struck
from running import LIMIT, RunScoop
from scripts import program

CHILDREN = """
    import subprocess

    def note(pid):
        with open("children", "a") as file:
            file.write(f"{pid}\\n")

    def start(**options):
        child = subprocess.Popen(["sleep", "300"], **options)
        note(child.pid)
        return child

    def start_and_wait(x):
        child = start()
        open_gate(f"ready{x}")
        child.wait()

    """


def children(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "children").read_text().split()]


def see_that_all_end(folder: Path) -> None:
    """Fail if a child lives on: the run's own end may be a moment before theirs."""
    pids = children(folder)
    assert pids
    deadline = time.monotonic() + LIMIT
    while any(map(lives, pids)):
        assert time.monotonic() < deadline, "children of tasks live on"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("whom", ["group", "origin"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_tasks_have_started_ends_with_a_run_that_a_signal_ends(tmp_path: Path, whom: str, number: int) -> None:
    if whom == "group" and number == signal.SIGKILL:
        pytest.skip("that kills the children as well")
    body = """
    def main():
        tasks = [futures.submit(start_and_wait, x) for x in range(20)]
        is_open("never")
    """
    struck = Struck(tmp_path, CHILDREN + body)
    struck.until("ready0")
    struck.strike(number, whom)
    assert struck.end().status == -number
    see_that_all_end(tmp_path)


@pytest.mark.parametrize("end", ["pass", "os._exit(4)", "1 / 0"])
@pytest.mark.parametrize("options", [(), ("--max-tasks-per-worker", "1")])
def test_what_tasks_have_left_behind_ends_with_the_run(
    scoop_run: RunScoop, tmp_path: Path, end: str, options: tuple[str, ...]
) -> None:
    source = f"""
    def leave(x):
        start()

    def leave_grandchild(x):
        subprocess.run(["sh", "-c", "sleep 300 & echo $! >> children"])

    if __name__ == "__main__":
        for function in (leave, leave_grandchild, leave):
            send(function, 1).result()
        {end}
    """
    scoop_run(program(CHILDREN + source), options=options)
    assert len(children(tmp_path)) == 3
    see_that_all_end(tmp_path)


def test_what_a_task_has_started_in_a_session_of_its_own_lives_on(scoop_run: RunScoop, tmp_path: Path) -> None:
    source = """
    def leave():
        start(start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    if __name__ == "__main__":
        send(leave).result()
    """
    scoop_run(program(CHILDREN + source))
    (pid,) = children(tmp_path)
    try:
        assert lives(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_no_task_begins_after_a_control_c_that_ended_others_children(tmp_path: Path) -> None:
    body = """
    def main():
        tasks = [futures.submit(start_and_wait, x) for x in range(100)]
        until(lambda: os.path.exists("children") and len(open("children").readlines()) >= scoop.SIZE)
        open_gate("ready")
        is_open("never")
    """
    struck = Struck(tmp_path, CHILDREN + body)
    struck.until("ready")
    struck.strike(signal.SIGINT)
    struck.end()
    assert len(children(tmp_path)) == 3
    see_that_all_end(tmp_path)
