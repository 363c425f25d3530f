"""``--trace FILE``: what the file of a run has, however the run ends; and ``scoop report FILE``."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from background import Background, background, until
from running import Run, RunScoop, run_python
from scoop.report.reading import NotATrace, read
from scoop.report.trace import Trace
from scoop.trace.briefly import arguments

__all__ = ["background"]

PROGRAM = """
import time
from scoop import futures

def leaf(x):
    time.sleep(0.002)
    return x

def branch(n):
    return sum(each.result() for each in [futures.submit(leaf, x) for x in range(n)])

def fail():
    raise ValueError

if __name__ == "__main__":
    assert sum(each.result() for each in [futures.submit(branch, 3) for _ in range(20)]) == 60
    assert list(futures.map(leaf, range(50), chunksize=5)) == [*range(50)]
    assert futures.submit(fail).exception()
    print("done")
"""


def report(tmp_path: Path, *words: str) -> Run:
    return run_python("-m", "scoop", "report", *words, cwd=tmp_path)


def calls_of(trace: Trace, name: str) -> int:
    return sum(task.rows or 1 for task in trace.tasks if task.function == name and not task.chunk)


def begun(path: Path) -> bool:
    """Return whether a trace has more than its first bracket by now."""
    try:
        return bool(read(str(path)).processes)
    except NotATrace:
        return False


@pytest.mark.parametrize("options", [("-n", "1"), ("-n", "2", "--max-tasks-per-worker", "9")])
def test_every_task_is_in_the_file_with_what_made_it(
    scoop_run: RunScoop, tmp_path: Path, options: tuple[str, ...]
) -> None:
    name = "t.json.gz"
    run = scoop_run(PROGRAM, options=("--trace", name, *options))
    assert (run.out, run.err, run.status) == ("done\n", "", 0)
    trace = read(str(tmp_path / name))
    assert trace.is_whole
    assert [calls_of(trace, each) for each in ("leaf", "branch", "fail")] == [110, 20, 1]
    by_key = {task.key: task for task in trace.tasks}
    for task in trace.tasks:
        if task.function == "leaf" and not task.rows and not task.chunk:
            assert task.parent is not None
            assert by_key[task.parent].function == "branch"
            assert task.made <= task.start <= task.end
        assert task.failed == (task.function == "fail")


def test_the_file_is_json_that_other_programs_read(scoop_run: RunScoop, tmp_path: Path) -> None:
    scoop_run(PROGRAM, options=("--trace", "t.json"))
    events = json.loads((tmp_path / "t.json").read_text())
    assert {event["ph"] for event in events} == {"M", "X", "i"}
    assert all({"name", "pid"} <= event.keys() for event in events)


def test_arguments_are_cut_or_left_out(scoop_run: RunScoop, tmp_path: Path) -> None:
    program = """
from scoop import futures
def f(*args, **kwargs): pass
if __name__ == "__main__":
    futures.submit(f, "x" * 100, [1, 2, 3], key=object()).result()
    futures.submit(f, 7).result()
"""
    for characters, expected in ((0, {""}), (12, {"'xxxxxxxx...", "7"})):
        scoop_run(program, n=1, options=("--trace", "t.json", "--trace-args", str(characters)))
        trace = read(str(tmp_path / "t.json"))
        assert {task.arguments for task in trace.tasks if task.function == "f"} == expected


def test_arguments_are_shown_without_code_of_the_program() -> None:
    class Loud:
        def __repr__(self) -> str:
            raise AssertionError

    assert arguments(("x" * 9, [1, 2, 3], Loud()), {"key": None}, 99) == "'xxxxxxxxx', <list of 3>, <Loud>, key=None"
    assert arguments((10**40, 1.5), {}, 99) == "<int of 133 bits>, 1.5"
    assert len(arguments((1,) * 1000, {}, 20)) == 20


@pytest.mark.parametrize("name", ["t.json.gz"])
def test_what_was_written_can_be_read_after_a_kill(background: Background, tmp_path: Path, name: str) -> None:
    (tmp_path / "script.py").write_text(PROGRAM.replace('print("done")', 'print("done", flush=True); time.sleep(99)'))
    run = background(sys.executable, "-m", "scoop", "-n", "2", "--trace", name, "script.py")
    until(lambda: "done" in run.out)
    until(lambda: begun(tmp_path / name) and calls_of(read(str(tmp_path / name)), "leaf") == 110)
    os.kill(run.process.pid, signal.SIGKILL)
    run.end()
    trace = read(str(tmp_path / name))
    assert not trace.is_whole
    assert calls_of(trace, "leaf") == 110
    assert "has no end" in report(tmp_path, name, "--text").out


def test_what_was_running_when_a_run_was_killed_is_shown(background: Background, tmp_path: Path) -> None:
    program = """
import os, time
from scoop import futures
def outer(x):
    return futures.submit(inner, x).result()
def inner(x):
    open(f"begun{x}", "w").close()
    time.sleep(99)
if __name__ == "__main__":
    [*futures.map(outer, range(2), chunksize=1)]
"""
    (tmp_path / "script.py").write_text(program)
    run = background(sys.executable, "-m", "scoop", "-n", "2", "--trace", "t.json", "script.py")
    until(
        lambda: (
            (tmp_path / "t.json").exists()
            and begun(tmp_path / "t.json")
            and len(read(str(tmp_path / "t.json")).unfinished) >= 5
        )
    )
    os.kill(run.process.pid, signal.SIGKILL)
    run.end()
    trace = read(str(tmp_path / "t.json"))
    tasks = [trace.tasks.task(place) for place in trace.unfinished]
    assert {"the program", "outer", "inner"} <= {task.function for task in tasks}
    assert sorted(task.arguments for task in tasks if task.function == "inner") == ["0", "1"]
    assert all(task.end > task.start for task in tasks)
    shown = report(tmp_path, "t.json", "--text").out
    assert "Running when their processes ended" in shown
    assert "inner(1)" in shown


def test_a_file_that_is_cut_anywhere_has_what_is_before(scoop_run: RunScoop, tmp_path: Path) -> None:
    scoop_run(PROGRAM, n=1, options=("--trace", "t.json"))
    whole = (tmp_path / "t.json").read_bytes()
    counts = []
    for part in (1, 2, 3, 4):
        for data in (whole, gzip.compress(whole)):
            (tmp_path / "cut").write_bytes(data[: len(data) * part // 4])
            counts.append(len(read(str(tmp_path / "cut")).tasks))
    assert counts[-1] == len(read(str(tmp_path / "t.json")).tasks)
    assert all(counts)


def test_a_full_disk_ends_the_trace_and_not_the_run(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM, options=("--trace", "/dev/full"))
    assert (run.out, run.status) == ("done\n", 0)
    assert run.err == "scoop: the trace /dev/full ends here, and the run goes on: No space left on device (SC-54)\n"


def test_a_file_that_cannot_be_opened_is_told_before_anything_starts(scoop_run: RunScoop) -> None:
    run = scoop_run(PROGRAM, options=("--trace", "nowhere/t.json"))
    assert (run.out, run.status) == ("", 2)
    assert run.err == "scoop: the trace nowhere/t.json cannot be written: No such file or directory (SC-01)\n"


def test_a_child_that_a_task_forks_writes_nothing(scoop_run: RunScoop, tmp_path: Path) -> None:
    program = """
import os
from scoop import futures
def f():
    if (child := os.fork()) == 0:
        os._exit(0)
    return os.waitpid(child, 0)[1]
if __name__ == "__main__":
    print(sum(each.result() for each in [futures.submit(f) for _ in range(10)]))
"""
    run = scoop_run(program, options=("--trace", "t.json"))
    assert run.out == "0\n"
    assert calls_of(read(str(tmp_path / "t.json")), "f") == 10


def test_a_report_is_a_page_a_text_or_json(scoop_run: RunScoop, tmp_path: Path) -> None:
    scoop_run(PROGRAM, options=("--trace", "t.json.gz"))
    run = report(tmp_path, "t.json.gz")
    assert (run.out, run.err, run.status) == ("", "t.html: open it in a browser\n", 0)
    assert "branch" in (tmp_path / "t.html").read_text()
    assert "Critical path" in report(tmp_path, "t.json.gz", "--text").out
    assert json.loads(report(tmp_path, "t.json.gz", "--json").out)["run"]["failed"] == 1


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    for content in ("", "[]", "hello\n", '{"a": 1}', "[1, 2]", '[{"ph": "X"}]'):
        (tmp_path / "t.json").write_text(content)
        with pytest.raises(NotATrace):
            read(str(tmp_path / "t.json"))
    run = report(tmp_path, "t.json")
    assert run.status == 2
    assert run.err.startswith("scoop: t.json is no trace of SCOOP's")
    assert report(tmp_path, "missing").err == "scoop: can't open file 'missing': No such file or directory\n"


SSH = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift 2
exec sh -c "$1"
"""


@pytest.mark.thorough
def test_workers_of_other_hosts_send_their_traces_home(tmp_path: Path) -> None:
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    (tmp_path / "script.py").write_text(PROGRAM.replace("0.002", "0.03"))
    ssh = ("--ssh-executable", str(tmp_path / "ssh"), "--external-hostname", "127.0.0.1")
    words = [sys.executable, "-m", "scoop", "--trace", "t.json", *ssh, "--hosts", "one", "two", "--", "script.py"]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, text=True).stdout == "done\n"
    trace = read(str(tmp_path / "t.json"))
    assert calls_of(trace, "leaf") == 110
    machine = {process.number: process.machine for process in trace.processes}
    assert len({machine[task.process] for task in trace.tasks}) > 1
