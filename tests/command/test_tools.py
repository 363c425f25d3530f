"""Tools that run programs, and programs in archives, do under SCOOP what they do under plain python."""

import os
import sys
import zipfile
from pathlib import Path

import pytest

from running import run_both, run_python, write
from scripts import program

SCRIPT = program("""
class Box:
    def __init__(self, value):
        self.value = value

def work(box):
    return Box(box.value * 2), os.getpid()

if __name__ == "__main__":
    tasks = [futures.submit(work, Box(x)) for x in range(3)]
    left_alone(tasks[0]) if scoop.IS_RUNNING else None
    results = [task.result() for task in tasks]
    assert all(type(box) is Box for box, _ in results)
    assert os.getpid() not in {results[0][1]}
    print([box.value for box, _ in results], sys.argv[1:], flush=True)
""")

TESTS = """
import os, unittest
from scoop import futures

def work(x):
    return x * 2

class Tests(unittest.TestCase):
    def test_work(self):
        self.assertEqual([*futures.map(work, range(3))], [0, 2, 4])
"""


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "runpy", "script", "a"),
        ("-m", "cProfile", "-o", os.devnull, "script.py", "a"),
        ("-m", "trace", "--count", "-C", "counts", "script.py", "a"),
        ("-m", "pdb", "-c", "continue", "-c", "quit", "script.py", "a"),
        ("archive.pyz", "a"),
        ("{}/archive.pyz", "a"),
    ],
    ids=" ".join,
)
def test_a_program_runs_in_a_tool_or_an_archive(tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path / "script.py", "import sys\n" + SCRIPT)
    with zipfile.ZipFile(tmp_path / "archive.pyz", "w") as archive:
        archive.writestr("__main__.py", "import sys\nimport beside\n" + SCRIPT)
        archive.writestr("beside.py", "")
    words = tuple(word.format(tmp_path) for word in words)
    run = run_python("-m", "scoop", "-n", "2", *words, cwd=tmp_path)
    assert "[0, 2, 4] ['a']\n" in run.out
    assert (run.status, run.err) == (0, "")


@pytest.mark.parametrize(
    "words", [("-m", "unittest"), ("-m", "unittest", "test_work"), ("-m", "pytest", "-q", "-p", "no:cacheprovider")]
)
def test_tests_run_as_under_plain_python(tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path / "test_work.py", TESTS)
    run = run_python("-m", "scoop", "-n", "2", *words, cwd=tmp_path)
    assert run.status == 0
    assert "OK" in run.err or "1 passed" in run.out


def test_timeit_times_calls_of_futures(tmp_path: Path) -> None:
    words = ("-m", "timeit", "-n", "1", "-r", "1", "-s", "from scoop import futures", "[*futures.map(abs, range(9))]")
    run = run_python("-m", "scoop", "-n", "2", *words, cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("1 loop, best of 1:")


def test_an_archive_without_a_main_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "archive.pyz", "w") as archive:
        archive.writestr("beside.py", "")
    ours, plain = run_both("archive.pyz", cwd=tmp_path)
    assert ours.status == 2
    assert plain.status != 0
    assert "archive.pyz" in ours.err
    assert "__main__" in ours.err


@pytest.mark.parametrize("first", ["#!{python}\n", "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n"])
def test_a_python_script_on_the_path_is_found_by_its_name(tmp_path: Path, first: str) -> None:
    tool = write(tmp_path / "bin" / "some-tool", first.format(python=sys.executable) + "import sys\n" + SCRIPT)
    tool.chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run = run_python("-m", "scoop", "-n", "2", "some-tool", "a", cwd=tmp_path, env={"PATH": path})
    assert (run.status, run.err) == (0, "")
    assert run.out == "[0, 2, 4] ['a']\n"


def test_what_is_on_the_path_but_is_not_python_is_refused(tmp_path: Path) -> None:
    run = run_python("-m", "scoop", "-n", "2", "sh", cwd=tmp_path)
    assert run.status == 2
    assert "sh" in run.err
